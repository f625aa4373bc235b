using Clip.Cli.Evaluating;
using Clip.Evaluation;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;
using Clip.Evaluation.Results;

namespace Clip.Cli.Tests.Evaluating;

/// <summary>Results as evaluations give them, of numbers that are easy to follow.</summary>
internal static class Results
{
    /// <summary>Five pictures of cats, dogs and emus: two dogs are taken for cats, one for an emu, and nobody drew a gnu.</summary>
    public static ClassificationOutcome Pets { get; } = Outcome(
        "pets", ["cat", "dog", "emu", "gnu"], ("cat", "cat"), ("dog", "cat"), ("dog", "cat"), ("dog", "emu"), ("emu", "emu"));

    /// <summary>What a model made of pictures: the right label of each, and the one that it takes them for.</summary>
    public static ClassificationOutcome Outcome(string name, string[] labels, params (string Right, string Taken)[] pictures) =>
        ClassificationOutcome.Of(
            new LabeledSet(
                name, [.. pictures.Select((p, i) => new LabeledImage { ImagePath = $"{i}.png", Class = p.Right })], labels, null),
            [.. pictures.Select(p => labels.Select(label => label == p.Taken ? 0.7f : 0.1f).ToArray())]);

    public static EvaluationResult Result(
        string task, IReadOnlyList<Metric> metrics, (string, double)[] facts, string dataset = "pets", string model = "model") => new()
        {
            Dataset = dataset,
            Model = model,
            Pretrained = $"fingerprint of {model}",
            Task = task,
            Metrics = metrics,
            Data = "data",
            Facts = facts,
        };

    public static EvaluationResult ZeroShot(double top1 = 0.4, string dataset = "pets", string model = "model") => Result(
        EvaluationResult.ZeroShotTask,
        [new("acc1", top1), new("acc5", 0.9), new("mean_per_class_recall", 0.667)],
        [("images", 1234), ("labels", 3), ("chance", 1.0 / 3), ("skipped", 0), ("seconds", 1.26)], dataset, model);

    public static EvaluationResult Probe(double top1 = 0.5, string dataset = "pets", string model = "model") => Result(
        EvaluationResult.ProbeTask,
        [new("lp_acc1", top1), new("lp_acc5", 0.9), new("lp_mean_per_class_recall", 0.25), new("lp_acc1_std", 0.0125)],
        [("images", 5), ("labels", 3), ("l2", 0.031623), ("train_images", 60), ("draws", 3), ("skipped", 2), ("seconds", 0.04)],
        dataset, model);

    public static string[] Lines(EvaluationResult result, ClassificationOutcome? outcome = null) =>
        [.. EvaluationText.Lines(new Evaluated(result, outcome))];
}
