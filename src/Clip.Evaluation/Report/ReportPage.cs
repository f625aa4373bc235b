using Clip.Conversion.Checkpoints;
using Clip.Conversion.Initialization;

namespace Clip.Evaluation.Report;

/// <summary><c>report.html</c>: what a model made of pictures, to be looked at.</summary>
internal static class ReportPage
{
    /// <summary>Pictures that a report shows at most; of more, this many are drawn.</summary>
    public const int MostPictures = 10_000;

    /// <summary>A report's size at most, in bytes; only texts without end could make it larger.</summary>
    public const long MostBytes = 15_000_000;

    /// <summary>Style, script, tables and tags.</summary>
    private const long Rest = 400_000;

    /// <summary>Writes or replaces a report.</summary>
    /// <param name="path">Its file; the folder exists.</param>
    /// <param name="data">What it tells.</param>
    /// <exception cref="ClipException">A picture cannot be read.</exception>
    public static void Write(string path, ReportData data)
    {
        var shares = Shares([.. data.Sets.Select(set => set.Pictures.Count)]);
        var sets = data.Sets.Select((set, i) => new ShownSet(set, Draw(set.Pictures.Count, shares[i]))).ToArray();
        var retrievals = data.Retrievals.Select(ShownRetrieval.Of).ToArray();
        var results = ReportJson.Results(data.Models, sets, retrievals, data.Pictures.Count);
        var budget = MostBytes - Rest - results.Length;
        var sheets = Sheets.Of(
            [.. sets.Select(set => set.Pictures), .. retrievals.Select(r => r.Pictures), data.Pictures], budget * 3 / 4);
        var page = new HtmlPage(data.Title, data.Kind, [.. Sections(data)])
        {
            Data = [("results-json", results), ("albums-json", ReportJson.Albums(sheets))],
            Files = [.. sheets.SelectMany((s, album) => s.Files.Select((file, i) => ($"sheet-{album}-{i}", file)))],
        };
        AtomicFile.Write(path, page.Write);
    }

    private static IEnumerable<HtmlSection> Sections(ReportData data)
    {
        foreach (var section in data.Sections) yield return section;
        if (data.Sets.Count > 0) yield return new("pictures", "Pictures", "");
        if (data.Sets.Any(set => set.Right is not null))
        {
            yield return new("classes", "Classes", "");
            yield return new("confusions", "Confusions", "");
        }

        if (data.Sets.Any(set => set.Runs.Any(run => run.Calibration is not null))) yield return new("calibration", "Calibration", "");

        if (data.Retrievals.Count > 0) yield return new("retrieval", "Retrieval", "");
        if (data.Sets.Any(set => set.Runs.Any(run => run.Embeddings is not null))) yield return new("map", "Map", "");
        if (ReportTables.Numbers(data) is { Length: > 0 } numbers) yield return new("numbers", "Numbers", numbers);
        yield return new("run", "What was run", ReportTables.Facts(data.Facts));
    }

    /// <summary>How many pictures of each set are shown: small sets whole, and the large ones alike.</summary>
    internal static int[] Shares(int[] counts)
    {
        var shares = new int[counts.Length];
        var (left, sets) = (MostPictures, counts.Length);
        foreach (var i in Enumerable.Range(0, counts.Length).OrderBy(i => counts[i]))
        {
            shares[i] = Math.Min(counts[i], left / sets--);
            left -= shares[i];
        }

        return shares;
    }

    /// <summary>A seeded draw, in the order in which pictures are shown: right and wrong ones, and all classes, mixed.</summary>
    internal static int[] Draw(int count, int share)
    {
        var order = Enumerable.Range(0, count).ToArray();
        new SampleRandom(0, 0).Shuffle(order.AsSpan());
        return order[..share];
    }
}

/// <summary>A set and which of its pictures are shown, in order.</summary>
internal sealed record ShownSet(ReportedSet Set, int[] Order)
{
    public IReadOnlyList<ReportedPicture> Pictures { get; } = [.. Order.Select(i => Set.Pictures[i])];

    /// <summary>Where each picture is shown; -1 for those that are not.</summary>
    public int[] Places()
    {
        var places = new int[Set.Pictures.Count];
        Array.Fill(places, -1);
        for (var i = 0; i < Order.Length; i++) places[Order[i]] = i;
        return places;
    }
}
