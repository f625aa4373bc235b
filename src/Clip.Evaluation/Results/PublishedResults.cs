using System.Globalization;

namespace Clip.Evaluation.Results;

/// <summary>A published zero-shot result.</summary>
/// <param name="Dataset">The data set, by CLIP_benchmark's name without its <c>vtab/</c>.</param>
/// <param name="Metric">The metric.</param>
/// <param name="Model">The model, by open_clip's name.</param>
/// <param name="Pretrained">Its weights, by open_clip's name.</param>
/// <param name="Value">What was published.</param>
/// <param name="Source">Where.</param>
internal sealed record PublishedResult(string Dataset, string Metric, string Model, string Pretrained, double Value, string Source)
{
    /// <summary>The model and its weights.</summary>
    public string Name => $"{Model} {Pretrained}";
}

/// <summary>Results of well-known models, as CLIP_benchmark and open_clip publish them: numbers to stand beside one's own.</summary>
internal static class PublishedResults
{
    private const string Resource = "Clip.Evaluation.Results.published.tsv";

    private static readonly Lazy<IReadOnlyList<PublishedResult>> Rows = new(Read);

    /// <summary>The data sets of which there are results.</summary>
    public static IEnumerable<string> Datasets => Rows.Value.Select(row => row.Dataset).Distinct();

    /// <summary>Those of a result's data set, by its metrics; none where it is no known one.</summary>
    public static IReadOnlyList<PublishedResult> Of(EvaluationResult result) => result.Known is null
        ? []
        :
        [
            .. Rows.Value.Where(row => string.Equals(row.Dataset, result.Known, StringComparison.OrdinalIgnoreCase)
                && result.Metrics.Any(metric => metric.Name == row.Metric)),
        ];

    private static List<PublishedResult> Read()
    {
        using var stream = typeof(PublishedResults).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        var rows = new List<PublishedResult>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#') || line.Length == 0) continue;
            var cells = line.Split('\t');
            rows.Add(new PublishedResult(
                cells[0], cells[1], cells[2], cells[3], double.Parse(cells[4], CultureInfo.InvariantCulture), cells[5]));
        }

        return rows;
    }
}
