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

    // The last label is longer than the model's context: both must cut it alike.
    private static readonly string[] Labels = [.. Pictures.Classes, "red square and a green cross and a blue ring and a yellow square and yet another ring"];

    /// <summary>Pictures of the model's own size need no resizing, which leaves the arithmetic of the towers, the tokenizer and the softmax.</summary>
    [SkippableFact]
    public Task TransformersJsComputesTheSameProbabilities() => CompareAsync(side: 32, tolerance: 1e-5);

    /// <summary>transformers.js leaves resizing to sharp, whose bicubic filter is not Pillow's to the last bit.</summary>
    [SkippableFact]
    public Task TransformersJsAgreesOnResizedPicturesAsFarAsItsResizingDoes() => CompareAsync(side: 40, tolerance: 0.05);

    private async Task CompareAsync(int side, double tolerance)
    {
        var modules = Environment.GetEnvironmentVariable("CLIP_TEST_NODE_MODULES");
        Skip.If(modules is null, "CLIP_TEST_NODE_MODULES names no node_modules folder.");
        Skip.IfNot(Directory.Exists(Path.Combine(modules!, "@huggingface", "transformers")), $"{modules} has no @huggingface/transformers.");

        using var folder = new TempFolder();
        Pictures.Draw(folder, "pictures", ofEach: 1, side);
        var images = Directory.GetFiles(folder["pictures"]);
        var script = Path.Combine(AppContext.BaseDirectory, "TransformersJs", "zero-shot.cjs");
        using var node = ChildProcess.Start("node", folder.Path, [script, modules!, trained.Folder, JsonSerializer.Serialize(Labels), Template, .. images]);
        var theirs = (await node.FinishAsync()).Succeeded().OutputLines.Select(line => JsonSerializer.Deserialize<float[]>(line)!).ToArray();

        var ml = new MLContext();
        var rows = ml.Data.LoadFromEnumerable(images.Select(image => new Question { ImagePath = image }));
        using var model = ml.Transforms.ClipClassifyZeroShot("Score", nameof(Question.ImagePath), trained.Folder, Labels, [Template]).Fit(rows);
        var ours = model.Transform(rows).GetColumn<float[]>("Score").ToArray();
        Assert.Equal(ours.Length, theirs.Length);
        var worst = ours.Zip(theirs, (mine, other) => mine.Zip(other, (a, b) => Math.Abs(a - b)).Max()).Max();
        Assert.True(worst <= tolerance, $"Probabilities differ by up to {worst}.");
    }
}
