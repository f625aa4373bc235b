using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Programs;

namespace Clip.EndToEnd.Tests;

/// <summary>
/// Another reader of the model folder: transformers.js.
/// </summary>
[Collection(SharedModel.Name)]
public sealed class TransformersJsTests(TrainedModel trained)
{
    private const string Template = "a photo of a {}.";

    /// <summary>
    /// Pictures of the model's own size need no resizing: what is compared is towers, tokenizer, normalization and softmax.
    /// </summary>
    [SkippableFact]
    public async Task TransformersJsComputesTheSameProbabilities()
    {
        var (ours, theirs) = await CompareAsync(side: 32);
        Assert.All(ours.Zip(theirs), pair =>
            Assert.All(pair.First.Zip(pair.Second), p => Assert.Equal(p.First, p.Second, tolerance: 1e-5)));
    }

    /// <summary>
    /// What it calls bicubic is an affine transform without antialiasing (sharp's), so probabilities differ; the answers should not.
    /// </summary>
    [SkippableFact]
    public async Task TransformersJsGivesTheSameAnswersForResizedPictures()
    {
        var (ours, theirs) = await CompareAsync(side: 40);
        var same = ours.Zip(theirs, (mine, other) => Best(mine) == Best(other)).Count(equal => equal);
        Assert.InRange(same, 10, 12);

        static int Best(float[] probabilities) => Array.IndexOf(probabilities, probabilities.Max());
    }

    /// <summary>
    /// It cuts off the end-of-text token too, so its numbers are its own; but a text too long for the model must not break it.
    /// </summary>
    [SkippableFact]
    public async Task TransformersJsCutsTextsToTheModelsContext()
    {
        string[] labels = ["red square", string.Join(" and ", Pictures.Classes)];
        var probabilities = await ClassifyAsync([trained.Picture("red", "square")], labels);
        Assert.Equal(1, Assert.Single(probabilities).Sum(), tolerance: 1e-4);
    }

    private async Task<(float[][] Ours, float[][] Theirs)> CompareAsync(int side)
    {
        using var folder = new TempFolder();
        Pictures.Draw(folder, "pictures", ofEach: 1, side);
        var images = Directory.GetFiles(folder["pictures"]);
        var theirs = await ClassifyAsync(images, Pictures.Classes);

        var ml = new MLContext();
        var rows = ml.Data.LoadFromEnumerable(images.Select(image => new Question { ImagePath = image }));
        using var model = ml.Transforms
            .ClipClassifyZeroShot("Score", nameof(Question.ImagePath), trained.Folder, Pictures.Classes, [Template])
            .Fit(rows);
        var ours = model.Transform(rows).GetColumn<float[]>("Score").ToArray();
        Assert.Equal(ours.Length, theirs.Length);
        return (ours, theirs);
    }

    private async Task<float[][]> ClassifyAsync(string[] images, string[] labels)
    {
        NodeScript.SkipWithout("@huggingface/transformers");
        var lines = await NodeScript.RunAsync(
            "TransformersJs/zero-shot.cjs", trained.Folder, [trained.Folder, JsonSerializer.Serialize(labels), Template, .. images]);
        return [.. lines.Select(line => JsonSerializer.Deserialize<float[]>(line)!)];
    }
}
