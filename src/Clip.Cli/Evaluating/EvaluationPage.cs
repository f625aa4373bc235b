using System.CommandLine;
using Clip.Cli.Reporting;
using Clip.Evaluation.Outcomes;
using Clip.Evaluation.Report;

namespace Clip.Cli.Evaluating;

/// <summary>Gathers what <c>clip evaluate</c> measures, model by model, for the page of <c>--report</c>.</summary>
internal sealed class EvaluationPage
{
    private readonly List<(int Model, ClassificationOutcome Outcome, IReadOnlyList<ReportedMetric> Metrics)> _sets = [];
    private readonly List<(int Model, string Set, ClassificationOutcome Outcome, IReadOnlyList<ReportedMetric> Metrics)> _probes = [];
    private readonly List<ReportedRetrieval> _retrievals = [];

    /// <summary>A model's zero-shot classification of a set.</summary>
    public void Add(int model, ClassificationOutcome outcome, IReadOnlyList<ReportedMetric> metrics) =>
        _sets.Add((model, outcome, metrics));

    /// <summary>A probe of a model's embeddings, of a set that was or will be classified too.</summary>
    public void AddProbe(int model, ClassificationOutcome outcome, IReadOnlyList<ReportedMetric> metrics) =>
        _probes.Add((model, outcome.Set.Name, outcome, metrics));

    /// <summary>A model's retrieval.</summary>
    public void Add(int model, RetrievalOutcome outcome, IReadOnlyList<ReportedMetric> metrics) =>
        _retrievals.Add(ReportedOutcomes.Retrieval(model, outcome, metrics));

    /// <summary>Writes the page.</summary>
    /// <param name="report">The option that names it.</param>
    /// <param name="parsed">The command.</param>
    /// <param name="models">Names and fingerprints of the models, by their numbers.</param>
    /// <param name="published">What others have measured.</param>
    public void Write(
        ReportOption report, ParseResult parsed, IReadOnlyList<(string Name, string Fingerprint)> models,
        IReadOnlyList<PublishedResult> published)
    {
        var title = models.Count == 1 ? "How good is the model?" : $"How good are the {models.Count} models?";
        ReportedSet[] sets = [.. _sets.GroupBy(s => s.Outcome.Set.Name).Select(same => WithProbes(ReportedOutcomes.Set([.. same])))];
        report.Write(parsed, title, models, sets, _retrievals, published);
    }

    private ReportedSet WithProbes(ReportedSet set) => set with { Runs = [.. set.Runs.Select(run => WithProbe(set, run))] };

    /// <summary>A probe's numbers stand beside zero-shot's; its labels begin with the set's.</summary>
    private ReportedRun WithProbe(ReportedSet set, ReportedRun run) =>
        _probes.FirstOrDefault(p => p.Model == run.Model && p.Set == set.Name) is { Outcome: { } outcome, Metrics: { } metrics }
            ? run with
            {
                Metrics = [.. run.Metrics, .. metrics],
                ProbeRecalls = [.. ReportedOutcomes.Recalls(outcome).Take(set.Labels.Count)],
            }
            : run;
}
