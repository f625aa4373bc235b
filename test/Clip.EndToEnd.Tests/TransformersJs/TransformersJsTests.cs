using System.Text.Json;
using Application;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Clip.EndToEnd.Tests;

/// <summary>
/// Another reader of the model folder: transformers.js. Runs where <c>CLIP_TEST_NODE_MODULES</c> names a <c>node_modules</c> folder into which
/// <c>npm install --ignore-scripts @huggingface/transformers</c> has put it.
/// </summary>
[Collection(SharedModel.Name)]
public sealed class TransformersJsTests(TrainedModel trained)
{
    private const string Template = "a photo of a {}.";

    /// <summary>Pictures of the model's own size need no resizing, which leaves the arithmetic of the towers, the tokenizer and the softmax.</summary>
    [SkippableFact]
    public Task TransformersJsComputesTheSameProbabilities() => CompareAsync(side: 32, tolerance: 1e-5);

    /// <summary>transformers.js leaves resizing to sharp, whose bicubic filter is not Pillow's to the last bit.</summary>
    [SkippableFact]
    public Task TransformersJsAgreesOnResizedPicturesAsFarAsItsResizingDoes() => CompareAsync(side: 40, tolerance: 0.05);

    /// <summary>It cuts off the end-of-text token too, so its numbers are its own; but a text too long for the model must not break it.</summary>
    [SkippableFact]
    public async Task TransformersJsCutsTextsToTheModelsContext()
    {
        string[] labels = ["red square", string.Join(" and ", Pictures.Classes)];
        var probabilities = await ClassifyAsync([trained.Picture("red", "square")], labels);
        Assert.Equal(1, Assert.Single(probabilities).Sum(), tolerance: 1e-4);
    }

    private async Task CompareAsync(int side, double tolerance)
    {
        using var folder = new TempFolder();
        Pictures.Draw(folder, "pictures", ofEach: 1, side);
        var images = Directory.GetFiles(folder["pictures"]);
        var theirs = await ClassifyAsync(images, Pictures.Classes);

        var ml = new MLContext();
        var rows = ml.Data.LoadFromEnumerable(images.Select(image => new Question { ImagePath = image }));
        using var model = ml.Transforms.ClipClassifyZeroShot("Score", nameof(Question.ImagePath), trained.Folder, Pictures.Classes, [Template]).Fit(rows);
        var ours = model.Transform(rows).GetColumn<float[]>("Score").ToArray();
        Assert.Equal(ours.Length, theirs.Length);
        var worst = ours.Zip(theirs, (mine, other) => mine.Zip(other, (a, b) => Math.Abs(a - b)).Max()).Max();
        Assert.True(worst <= tolerance, $"Probabilities differ by up to {worst}.");
    }

    private async Task<float[][]> ClassifyAsync(string[] images, string[] labels)
    {
        var modules = Environment.GetEnvironmentVariable("CLIP_TEST_NODE_MODULES");
        Skip.If(modules is null, "CLIP_TEST_NODE_MODULES names no node_modules folder.");
        Skip.IfNot(Directory.Exists(Path.Combine(modules!, "@huggingface", "transformers")), $"{modules} has no @huggingface/transformers.");
        Skip.IfNot(HasNode, "There is no node on the PATH.");

        var script = Path.Combine(AppContext.BaseDirectory, "TransformersJs", "zero-shot.cjs");
        using var node = ChildProcess.Start("node", trained.Folder, [script, modules!, trained.Folder, JsonSerializer.Serialize(labels), Template, .. images]);
        return [.. (await node.FinishAsync()).Succeeded().OutputLines.Select(line => JsonSerializer.Deserialize<float[]>(line)!)];
    }

    private static bool HasNode =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(f => File.Exists(Path.Combine(f, "node")) || File.Exists(Path.Combine(f, "node.exe")));
}
