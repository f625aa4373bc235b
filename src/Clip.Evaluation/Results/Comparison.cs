using Clip.Evaluation.Metrics;

namespace Clip.Evaluation.Results;

/// <summary>A metric of two models on the same pictures.</summary>
/// <param name="First">The first model's result.</param>
/// <param name="Second">The second's.</param>
/// <param name="Metric">The metric's name.</param>
/// <param name="FirstValue">Its value for the first.</param>
/// <param name="SecondValue">Its value for the second.</param>
/// <param name="Difference">The second's less the first's, and whether it is real.</param>
internal sealed record Comparison(
    EvaluationResult First, EvaluationResult Second, string Metric, double FirstValue, double SecondValue, PairedDifference Difference)
{
    /// <summary>Compares two files' results of the same subject: data set, task and shots.</summary>
    /// <param name="first">The first file's results.</param>
    /// <param name="second">The second's.</param>
    /// <param name="bootstrap">The draws, the same for both.</param>
    /// <exception cref="ClipException">
    /// They have no subject in common, or one is of other pictures, or a file does not say what its metrics are made of.
    /// </exception>
    public static IReadOnlyList<Comparison> Of(
        IReadOnlyList<EvaluationResult> first, IReadOnlyList<EvaluationResult> second, Bootstrap bootstrap)
    {
        var pairs = first.Join(second, a => a.Subject, b => b.Subject, (a, b) => (First: a, Second: b)).ToArray();
        if (pairs.Length == 0)
            throw new ClipException(
                $"The files have no data set and task in common: {Subjects(first)} in one, {Subjects(second)} in the other.");
        if (pairs.GroupBy(pair => pair.First.Subject).FirstOrDefault(group => group.Count() > 1) is { } several)
            throw new ClipException(
                $"A file has several results of {several.Key.Dataset}, {several.Key.Task}, as of several models; "
                + "compare files of one each.");
        return [.. pairs.SelectMany(pair => Of(pair.First, pair.Second, bootstrap))];
    }

    private static IEnumerable<Comparison> Of(EvaluationResult a, EvaluationResult b, Bootstrap bootstrap)
    {
        if (a.Metrics.Concat(b.Metrics).All(metric => metric.Statistic is null))
            throw new ClipException(
                $"The results of {a.Dataset} do not tell picture by picture what was right; measure again with clip evaluate --output.");
        if (a.Data != b.Data)
            throw new ClipException(
                $"The results of {a.Dataset} are of different pictures or labels ({Pictures(a)} pictures and {Pictures(b)}, "
                + $"fingerprints {a.Data} and {b.Data}), so a difference would not be the models'; measure both on the same data.");
        return
            from metric in a.Metrics
            join other in b.Metrics on metric.Name equals other.Name
            where metric.Statistic is not null && other.Statistic is not null
            select new Comparison(
                a, b, metric.Name, metric.Value, other.Value, bootstrap.Compare(metric.Statistic!, other.Statistic!));
    }

    private static string Subjects(IReadOnlyList<EvaluationResult> results) =>
        string.Join(", ", results.Select(result => $"{result.Dataset} {result.Task}"));

    private static int Pictures(EvaluationResult result) => result.Metrics.Max(metric => metric.Statistic?.Count ?? 0);
}
