using Clip.Data;
using Clip.Evaluation;
using Clip.Trainer.Objectives;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Imaging;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Validation;

/// <summary>
/// Zero-shot accuracy of a model in training: the torch model itself, with the preprocessing and the prompts of its later use.
/// </summary>
/// <param name="tokenizer">Makes token ids of the prompts.</param>
/// <param name="contextLength">The most tokens of a text.</param>
/// <param name="images">Makes pixels as inference does.</param>
/// <param name="imageSize">Their height and width.</param>
/// <param name="batchSize">Pictures at once.</param>
internal sealed class ZeroShotProbe(ClipTokenizer tokenizer, int contextLength, ClipImagePreprocessor images, int imageSize, int batchSize)
{
    /// <summary>Told of a picture that cannot be read, with the reason; it is left out.</summary>
    public Action<string, string>? OnBroken { get; init; }

    /// <summary>Classifies every picture of a set among all its labels, with a module in evaluation mode.</summary>
    /// <exception cref="ClipException">No picture could be read, or a score is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">It was stopped, perhaps while a picture's file blocked.</exception>
    public ZeroShotResult Measure(IObjective objective, LabeledSet set, CancellationToken cancellation = default)
    {
        using var unused = no_grad();
        using var scope = NewDisposeScope();
        var device = objective.Module.parameters().First().device;
        var templates = set.Templates ?? PromptTemplates.Default;
        var prompts = set.Labels.SelectMany(label => templates.Select(template => PromptTemplates.Apply(template, label))).ToArray();
        var classify = objective.Classifier(Ids(prompts).to(device), templates.Count);
        var index = set.Labels.Select((label, i) => (label, i)).ToDictionary(l => l.label, l => l.i);
        var placings = new List<Placing>();
        foreach (var chunk in set.Images.Chunk(batchSize))
        {
            using var inner = NewDisposeScope();
            var (pixels, readable) = Interruptible.Run(() => Pixels(chunk), cancellation);
            if (readable.Count == 0) continue;
            var scores = classify(tensor(pixels, [readable.Count, 3, imageSize, imageSize]).to(device));
            var rows = scores.@float().cpu().data<float>().ToArray();
            placings.AddRange(readable.Select((image, row) =>
                Placing.Of(rows.AsSpan(row * set.Labels.Count, set.Labels.Count), index[image.Class])));
        }

        return placings.Count > 0
            ? new ZeroShotResult(set.Name, placings.Average(p => p.Hit(1)), placings.Average(p => p.Hit(5)))
            : throw new ClipException($"None of the pictures of {set.Name} could be read; check its paths.");
    }

    /// <summary>The chances of labels for each picture: a softmax over the objective's scores, with a module in evaluation mode.</summary>
    /// <exception cref="InvalidDataException">A picture cannot be read.</exception>
    public IReadOnlyList<float[]> Classify(
        IObjective objective, IReadOnlyList<string> labels, IReadOnlyList<string>? templates, IReadOnlyList<string> paths)
    {
        using var unused = no_grad();
        using var scope = NewDisposeScope();
        var device = objective.Module.parameters().First().device;
        templates ??= PromptTemplates.Default;
        var prompts = labels.SelectMany(label => templates.Select(template => PromptTemplates.Apply(template, label))).ToArray();
        var classify = objective.Classifier(Ids(prompts).to(device), templates.Count);
        var chances = new List<float[]>();
        foreach (var path in paths)
        {
            using var inner = NewDisposeScope();
            var pixels = new float[images.FloatCount];
            ImageFile.Prepare(images, path, pixels);
            var scores = classify(tensor(pixels, [1, 3, imageSize, imageSize]).to(device));
            chances.Add(scores.@float().softmax(-1).cpu().data<float>().ToArray());
        }

        return chances;
    }

    private Tensor Ids(string[] texts)
    {
        var encoded = texts.Select(text => tokenizer.Encode(text, contextLength)).ToArray();
        var length = encoded.Max(ids => ids.Length);
        var padded = new long[texts.Length * length];
        for (var i = 0; i < encoded.Length; i++)
        {
            for (var j = 0; j < encoded[i].Length; j++) padded[i * length + j] = encoded[i][j];
        }

        return tensor(padded, [texts.Length, length]);
    }

    private (float[] Pixels, List<LabeledImage> Readable) Pixels(LabeledImage[] chunk)
    {
        var size = images.FloatCount;
        var pixels = new float[(long)chunk.Length * size];
        var reasons = new string?[chunk.Length];
        Parallel.For(0, chunk.Length, i =>
        {
            try
            {
                images.Preprocess(chunk[i].Read(), pixels.AsSpan(i * size, size));
            }
            catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                reasons[i] = e.Message;
            }
        });

        var readable = new List<LabeledImage>();
        for (var i = 0; i < chunk.Length; i++)
        {
            if (reasons[i] is { } reason)
            {
                OnBroken?.Invoke(chunk[i].ImagePath, reason);
                continue;
            }

            pixels.AsSpan(i * size, size).CopyTo(pixels.AsSpan(readable.Count * size));
            readable.Add(chunk[i]);
        }

        return (pixels[..(readable.Count * size)], readable);
    }
}
