using System.Globalization;
using Clip.Evaluation.Results;

namespace Clip.Cli.Evaluating;

/// <summary>Published results beside one's own.</summary>
internal static class PublishedText
{
    /// <summary>For each known set the models by their results, one's own among them.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<EvaluationResult> results)
    {
        var known = results.Where(result => result.Task != EvaluationResult.ProbeTask && PublishedResults.Of(result).Count > 0).ToArray();
        if (known.Length == 0)
        {
            yield return "No results of these data sets are published here; there are some of "
                + $"{string.Join(", ", PublishedResults.Datasets)}.";
            yield break;
        }

        foreach (var group in known.GroupBy(result => (result.Known, result.Task)))
        {
            var published = PublishedResults.Of(group.First());
            foreach (var metric in published.Select(p => p.Metric).Distinct())
            {
                yield return $"{group.Key.Known} {metric}:";
                var rows = published.Where(p => p.Metric == metric).Select(p => (p.Value, p.Name, p.Source))
                    .Concat(group.SelectMany(result => result.Metrics.Where(m => m.Name == metric)
                        .Select(m => (m.Value, Name: result.Model, Source: "measured here"))));
                foreach (var (value, name, source) in rows.OrderByDescending(row => row.Value))
                    yield return string.Create(CultureInfo.InvariantCulture, $"    {100 * value,5:F1} %  {name}  ({source})");
            }
        }
    }
}
