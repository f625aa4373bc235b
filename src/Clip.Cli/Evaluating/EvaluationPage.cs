using System.CommandLine;
using Clip.Cli.Reporting;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Report;
using Clip.Evaluation.Results;

namespace Clip.Cli.Evaluating;

/// <summary>What <c>clip evaluate</c> measured, for the page of <c>--report</c>.</summary>
/// <param name="done">All results.</param>
/// <param name="models">Names and fingerprints of the models; results tell theirs by its place.</param>
internal sealed class EvaluationPage(IReadOnlyList<Evaluated> done, IReadOnlyList<(string Name, string Fingerprint)> models)
{
    /// <summary>A page of these results. Few-shot probes are in numbers elsewhere.</summary>
    public static EvaluationPage Of(IReadOnlyList<Evaluated> done) => new(
        [.. done.Where(d => d.Result.FewShot < 0)], [.. done.Select(d => (d.Result.Model, d.Result.Pretrained)).Distinct()]);

    /// <summary>Writes the page.</summary>
    /// <param name="report">The option that names it.</param>
    /// <param name="parsed">The command.</param>
    public void Write(ReportOption report, ParseResult parsed)
    {
        var title = models.Count == 1 ? "How good is the model?" : $"How good are the {models.Count} models?";
        ReportedSet[] sets =
        [
            .. done.Where(d => d.Classification is not null && d.Result.Task == EvaluationResult.ZeroShotTask)
                .GroupBy(d => d.Result.Dataset)
                .Select(same => WithProbes(ReportedOutcomes.Set(
                    [.. same.Select(d => (Model(d.Result), d.Classification!, Metrics(d.Result)))]))),
        ];
        ReportedRetrieval[] retrievals =
        [
            .. done.Where(d => d.Retrieval is not null)
                .Select(d => ReportedOutcomes.Retrieval(Model(d.Result), d.Retrieval!, Metrics(d.Result))),
        ];
        report.Write(parsed, title, models, sets, retrievals, [.. Published().Distinct()]);
    }

    private ReportedSet WithProbes(ReportedSet set) => set with { Runs = [.. set.Runs.Select(run => WithProbe(set, run))] };

    /// <summary>A probe's numbers stand beside zero-shot's; its labels begin with the set's.</summary>
    private ReportedRun WithProbe(ReportedSet set, ReportedRun run)
    {
        var probe = done.FirstOrDefault(d =>
            d.Result.Task == EvaluationResult.ProbeTask && d.Result.Dataset == set.Name && Model(d.Result) == run.Model);
        return probe is null
            ? run
            : run with
            {
                Metrics = [.. run.Metrics, .. Metrics(probe.Result)],
                ProbeRecalls = [.. ReportedOutcomes.Recalls(probe.Classification!).Take(set.Labels.Count)],
            };
    }

    private IEnumerable<PublishedResult> Published() =>
        done.SelectMany(d => PublishedResults.Of(d.Result).Select(published => published with { Dataset = d.Result.Dataset }));

    private int Model(EvaluationResult result) => models.ToList().IndexOf((result.Model, result.Pretrained));

    private static IReadOnlyList<ReportedMetric> Metrics(EvaluationResult result) =>
        [.. result.Metrics.Select(metric => new ReportedMetric(metric.Name, metric.Value, metric.Interval?.Low, metric.Interval?.High))];
}
