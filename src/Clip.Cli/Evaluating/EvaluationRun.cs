using System.CommandLine;
using System.Diagnostics;
using Clip.Evaluation;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Outcomes;
using Clip.Evaluation.Results;
using Clip.Evaluation.Tasks;

namespace Clip.Cli.Evaluating;

/// <summary>A result, and what it is made of.</summary>
/// <param name="Result">The numbers.</param>
/// <param name="Classification">Of a labeled set: what the model made of each picture; null for a few-shot probe, which has many.</param>
/// <param name="Retrieval">Of captions: the embeddings.</param>
internal sealed record Evaluated(
    EvaluationResult Result, ClassificationOutcome? Classification = null, RetrievalOutcome? Retrieval = null);

/// <summary>Measures models on everything that was asked for.</summary>
/// <param name="parsed">The command line.</param>
/// <param name="options">Its options.</param>
/// <param name="data">What is evaluated on.</param>
internal sealed class EvaluationRun(ParseResult parsed, EvaluationOptions options, EvaluationData data)
{
    private readonly Bootstrap _bootstrap = options.Bootstrap(parsed);

    /// <summary>Refuses what makes no sense.</summary>
    /// <exception cref="ClipException">Few-shot probes are asked for, and there are no pictures to fit them on.</exception>
    public void Check()
    {
        if (options.Shots(parsed).Count > 0 && data.Labeled.All(labeled => labeled.Train is null))
            throw new ClipException("--few-shot takes its pictures from those of --linear-probe; give them.");
    }

    /// <summary>The results of a model, one after the other.</summary>
    /// <param name="name">The model, as it was named.</param>
    /// <param name="folder">Its folder.</param>
    /// <param name="cancellation">Stops it; embeddings that are done are kept.</param>
    public IEnumerable<Evaluated> Of(string name, string folder, CancellationToken cancellation)
    {
        using var model = new EvaluatedModel(folder, options.Cache(parsed), options.MaxBadPercent(parsed));
        foreach (var (set, train) in data.Labeled)
        {
            var clock = Stopwatch.StartNew();
            var zeroShot = model.ZeroShot(set, cancellation);
            yield return Classified(EvaluationResult.ZeroShotTask, zeroShot, "", clock);
            if (train is null) continue;
            clock.Restart();
            var probe = model.LinearProbe(train, set, options.Seed(parsed), cancellation);
            yield return Classified(
                EvaluationResult.ProbeTask, probe.Outcome, "lp_", clock, [("l2", probe.L2Weight), ("train_images", probe.TrainImages)]);
            foreach (var shots in options.Shots(parsed))
            {
                clock.Restart();
                var probes = model.FewShot(train, set, shots, options.Draws(parsed), options.Seed(parsed), cancellation);
                yield return FewShot(probes, shots, clock);
            }
        }

        foreach (var set in data.Captioned)
        {
            var clock = Stopwatch.StartNew();
            var outcome = model.Retrieval(set, cancellation);
            var result = Result(
                EvaluationResult.RetrievalTask, set.Name, set.Known, RetrievalRecalls.Of(outcome, _bootstrap), DataFingerprint.Of(outcome),
                [("images", outcome.Images.Count), ("captions", outcome.Captions.Count)], outcome.Broken.Count, clock);
            yield return new Evaluated(result, Retrieval: outcome);
        }

        Evaluated Classified(
            string task, ClassificationOutcome outcome, string prefix, Stopwatch clock, (string, double)[]? more = null) => new(
            Result(
                task, outcome.Set.Name, outcome.Set.Known, ClassificationMetrics.Of(outcome, _bootstrap, prefix),
                DataFingerprint.Of(outcome), Facts(outcome, more ?? []), outcome.Broken.Count, clock) with
            {
                Calibration = outcome.Set.IsMultiLabel ? null : Calibration.Of(outcome),
            },
            outcome);

        Evaluated FewShot(IReadOnlyList<LinearProbe> probes, int shots, Stopwatch clock)
        {
            var outcome = probes[0].Outcome;
            return new Evaluated(Result(
                EvaluationResult.ProbeTask, outcome.Set.Name, outcome.Set.Known,
                FewShotMetrics.Of([.. probes.Select(probe => probe.Outcome)], _bootstrap), DataFingerprint.Of(outcome),
                Facts(outcome, [("train_images", probes[0].TrainImages), ("draws", probes.Count)]), outcome.Broken.Count, clock) with
            {
                FewShot = shots,
            });
        }

        EvaluationResult Result(
            string task, string dataset, string? known, IReadOnlyList<Metric> metrics, string fingerprint,
            IEnumerable<(string, double)> facts, int skipped, Stopwatch clock) => new()
            {
                Dataset = dataset,
                Known = known,
                Model = name,
                Pretrained = model.Fingerprint,
                Task = task,
                Language = options.Language(parsed),
                Metrics = metrics,
                Data = fingerprint,
                Facts = [.. facts, ("skipped", skipped), ("seconds", Math.Round(clock.Elapsed.TotalSeconds, 3))],
            };
    }

    private static IEnumerable<(string, double)> Facts(ClassificationOutcome outcome, IEnumerable<(string, double)> more) =>
    [
        ("images", outcome.Pictures.Count), ("labels", outcome.Set.Labels.Count), ("chance", 1.0 / outcome.Set.Labels.Count), .. more,
    ];
}
