using Clip.Data;
using Clip.Evaluation;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;
using Clip.Trainer.Objectives;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Imaging;
using Microsoft.ML.Clip.Inference;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Validation;

/// <summary>
/// Zero-shot accuracy of a model in training: the torch model itself, with the preprocessing and the prompts of its later use.
/// </summary>
/// <param name="texts">Makes the text tower's input of the prompts.</param>
/// <param name="images">Makes pixels as inference does.</param>
/// <param name="imageSize">Their height and width.</param>
/// <param name="batchSize">Pictures at once.</param>
internal sealed class ZeroShotProbe(TokenRows texts, ClipImagePreprocessor images, int imageSize, int batchSize)
{
    /// <summary>Told of a picture that cannot be read, with the reason; it is left out.</summary>
    public Action<string, string>? OnBroken { get; init; }

    /// <summary>Classifies every picture of a set among all its labels, with a module in evaluation mode.</summary>
    /// <exception cref="ClipException">
    /// No picture could be read, a score is NaN or infinite, or the set's pictures have several labels or its labels different numbers of
    /// prompts.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was stopped, perhaps while a picture's file blocked.</exception>
    public ZeroShotResult Measure(IObjective objective, LabeledSet set, CancellationToken cancellation = default)
    {
        if (set.IsMultiLabel)
            throw new ClipException($"Pictures of {set.Name} have any number of labels, so they have no accuracy; take another set.");
        var accuracy = Accuracy.Of(Outcome(objective, set, cancellation));
        return new ZeroShotResult(set.Name, accuracy.Top1, accuracy.Top5);
    }

    /// <summary>What a module in evaluation mode makes of a set's pictures: the objective's scores, whose softmax are chances.</summary>
    /// <inheritdoc cref="Measure"/>
    public ClassificationOutcome Outcome(IObjective objective, LabeledSet set, CancellationToken cancellation = default)
    {
        using var unused = no_grad();
        using var scope = NewDisposeScope();
        var device = objective.Module.parameters().First().device;
        var templates = set.Templates ?? PromptTemplates.Default;
        var prompts = ClipLabelEmbeddings.Prompts(set.Labels, templates, set.Prompts);
        if (prompts.Select(own => own.Count).Distinct().Count() > 1)
            throw new ClipException(
                $"The labels of {set.Name} have different numbers of prompts; give each as many.");
        var classify = objective.Classifier(Ids([.. prompts.SelectMany(own => own)]).to(device), prompts[0].Count);
        var scores = new List<float[]?>();
        var broken = new Dictionary<string, string>();
        foreach (var chunk in set.Images.Chunk(batchSize))
        {
            using var inner = NewDisposeScope();
            var (pixels, reasons) = Interruptible.Run(() => Pixels(chunk), cancellation);
            for (var i = 0; i < chunk.Length; i++)
            {
                if (reasons[i] is not { } reason) continue;
                broken[chunk[i].ImagePath] = reason;
                OnBroken?.Invoke(chunk[i].ImagePath, reason);
            }

            var readable = reasons.Count(reason => reason is null);
            var rows = readable == 0
                ? []
                : classify(tensor(pixels, [readable, 3, imageSize, imageSize]).to(device)).@float().cpu().data<float>().ToArray();
            var row = 0;
            scores.AddRange(reasons.Select(reason =>
                reason is null ? rows.AsSpan(row++ * set.Labels.Count, set.Labels.Count).ToArray() : null));
        }

        return ClassificationOutcome.Of(set, scores) with { Prompts = prompts, Scoring = new ClipScoring(1, null), Broken = broken };
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

    private Tensor Ids(string[] prompts)
    {
        var ids = TrainingRows.Of(texts, [.. prompts.Select(prompt => texts.Tokenize(prompt, out _))], out var length);
        return tensor(ids, [prompts.Length, length]);
    }

    /// <summary>The pixels of those that can be read, one behind the other, and what is wrong with each.</summary>
    private (float[] Pixels, string?[] Reasons) Pixels(LabeledImage[] chunk)
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
            catch (Exception e) when (ReadFault.Is(e))
            {
                reasons[i] = e.Message;
            }
        });

        var readable = PixelRows.CloseUp(pixels, size, chunk.Length, i => reasons[i] is null);
        return (pixels[..(readable * size)], reasons);
    }
}
