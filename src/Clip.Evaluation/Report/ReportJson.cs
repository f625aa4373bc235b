using System.Text.Json;
using Clip.Evaluation.Metrics;

namespace Clip.Evaluation.Report;

/// <summary>
/// What the report's script reads. A picture is its place in lists, a label its number, and a score a whole number of ten-thousandths,
/// so that ten thousand pictures are half a megabyte.
/// </summary>
internal static class ReportJson
{
    private const int ShownConfusions = 200, ShownOfConfusion = 12;

    /// <summary>What is told of pictures and captions.</summary>
    /// <param name="models">The models' names.</param>
    /// <param name="sets">Sets and what is shown of them; their albums come first.</param>
    /// <param name="retrievals">Examples of retrievals; their albums come after.</param>
    /// <param name="placed">Pictures of the last album, which stand at places of their own.</param>
    public static ReadOnlyMemory<byte> Results(
        IReadOnlyList<string> models, IReadOnlyList<ShownSet> sets, IReadOnlyList<ShownRetrieval> retrievals,
        int placed) => Document(json =>
    {
        Strings(json, "models", models);
        json.WriteStartArray("sets");
        for (var i = 0; i < sets.Count; i++) Set(json, sets[i], album: i);
        json.WriteEndArray();
        json.WriteStartArray("retrievals");
        for (var i = 0; i < retrievals.Count; i++) Retrieval(json, retrievals[i], album: sets.Count + i);
        json.WriteEndArray();
        json.WriteStartObject("placed");
        json.WriteNumber("album", sets.Count + retrievals.Count);
        json.WriteNumber("pictures", placed);
        json.WriteEndObject();
    });

    /// <summary>How thumbnails lie in their sheets.</summary>
    public static ReadOnlyMemory<byte> Albums(IEnumerable<Sheets> sheets) => Document(json =>
    {
        json.WriteStartArray("albums");
        foreach (var album in sheets)
        {
            json.WriteStartObject();
            json.WriteNumber("edge", album.Edge);
            json.WriteNumber("columns", album.Columns);
            json.WriteNumber("perSheet", album.PerSheet);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static ReadOnlyMemory<byte> Document(Action<Utf8JsonWriter> write)
    {
        var buffer = new MemoryStream();
        // Its encoder escapes what would end a script's element.
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    private static void Set(Utf8JsonWriter json, ShownSet shown, int album)
    {
        var set = shown.Set;
        json.WriteStartObject();
        json.WriteString("name", set.Name);
        json.WriteNumber("album", album);
        json.WriteNumber("all", set.Pictures.Count);
        Strings(json, "labels", set.Labels);
        Strings(json, "prompts", set.Prompts);
        Strings(json, "names", shown.Pictures.Select(picture => picture.Name));
        if (set.Right is { } right)
        {
            json.WriteStartArray("right");
            foreach (var i in shown.Order) Numbers(json, null, right[i]);
            json.WriteEndArray();
        }

        json.WriteStartArray("runs");
        foreach (var run in set.Runs) Run(json, shown, run);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Run(Utf8JsonWriter json, ShownSet shown, ReportedRun run)
    {
        var outcomes = shown.Order.Select(i => run.Outcomes[i]).ToArray();
        json.WriteStartObject();
        json.WriteNumber("model", run.Model);
        Metrics(json, run.Metrics);
        json.WriteNumber("kept", outcomes.Length == 0 ? 0 : outcomes[0].Best.Count);
        Numbers(json, "best", outcomes.SelectMany(outcome => outcome.Best));
        Numbers(json, "scores", outcomes.SelectMany(outcome => outcome.Scores).Select(Whole));
        if (shown.Set.Right is not null)
        {
            Numbers(json, "ranks", outcomes.Select(outcome => outcome.Rank));
            Numbers(json, "rightScores", outcomes.Select(outcome => Whole(outcome.RightScore)));
            Classes(json, run);
            Confusions(json, shown, run);
            if (run.Calibration is { } calibration) Reliability(json, calibration);
        }

        if (run.Embeddings is { } embeddings && outcomes.Length >= EmbeddingMap.FewestPoints)
            Map(json, EmbeddingMap.Of([.. shown.Order.Select(i => embeddings[i])]));
        json.WriteEndObject();
    }

    private static void Classes(Utf8JsonWriter json, ReportedRun run)
    {
        var mistaken = run.Confusions.GroupBy(pair => pair.Right).ToDictionary(pairs => pairs.Key, pairs => pairs.First().Taken);
        json.WriteStartArray("classes");
        foreach (var result in run.Classes)
        {
            json.WriteStartArray();
            json.WriteNumberValue(result.Pictures);
            json.WriteNumberValue(Math.Round(result.Recalled, 3));
            json.WriteNumberValue(Math.Round(result.Chosen, 3));
            json.WriteNumberValue(mistaken.GetValueOrDefault(result.Class, -1));
            json.WriteEndArray();
        }

        json.WriteEndArray();
        if (run.ProbeRecalls is { } probe) Numbers(json, "probe", probe.Select(recall => Whole((float)recall)));
    }

    private static void Confusions(Utf8JsonWriter json, ShownSet shown, ReportedRun run)
    {
        var places = shown.Places();
        json.WriteStartArray("confusions");
        foreach (var pair in run.Confusions.Take(ShownConfusions))
        {
            json.WriteStartObject();
            json.WriteNumber("right", pair.Right);
            json.WriteNumber("taken", pair.Taken);
            json.WriteNumber("count", Math.Round(pair.Count, 1));
            Numbers(json, "pictures", pair.Pictures.Select(i => places[i]).Where(place => place >= 0).Take(ShownOfConfusion));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Reliability(Utf8JsonWriter json, Calibration calibration)
    {
        json.WriteNumber("calibrationError", Math.Round(calibration.ExpectedError, 5));
        json.WriteStartArray("bins");
        foreach (var bin in calibration.Bins)
        {
            json.WriteStartArray();
            json.WriteNumberValue(bin.Count);
            json.WriteNumberValue(Math.Round(bin.Confidence, 4));
            json.WriteNumberValue(Math.Round(bin.Accuracy, 4));
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    /// <summary>Both axes to the same scale, so that distances are those of the plane.</summary>
    private static void Map(Utf8JsonWriter json, EmbeddingMap map)
    {
        float left = map.Points.Min(p => p.X), top = map.Points.Min(p => p.Y);
        var extent = Math.Max(map.Points.Max(p => p.X) - left, map.Points.Max(p => p.Y) - top);
        var scale = extent > 0 ? 10_000 / extent : 0;
        Numbers(json, "map", map.Points.SelectMany(p => new[] { (int)((p.X - left) * scale), (int)((p.Y - top) * scale) }));
        json.WriteNumber("variance", Math.Round(map.Variance, 4));
    }

    private static void Retrieval(Utf8JsonWriter json, ShownRetrieval shown, int album)
    {
        json.WriteStartObject();
        json.WriteString("name", shown.Retrieval.Name);
        json.WriteNumber("model", shown.Retrieval.Model);
        json.WriteNumber("album", album);
        json.WriteNumber("pictures", shown.Retrieval.Pictures.Count);
        json.WriteNumber("texts", shown.Retrieval.Texts.Count);
        Metrics(json, shown.Retrieval.Metrics);
        Strings(json, "names", shown.Pictures.Select(picture => picture.Name));
        json.WriteStartArray("byText");
        foreach (var query in shown.ByText)
        {
            json.WriteStartObject();
            json.WriteString("text", query.Text);
            json.WriteNumber("own", query.Own);
            json.WriteNumber("rank", query.Rank);
            Numbers(json, "best", query.Best);
            Numbers(json, "scores", query.Scores.Select(Whole));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("byPicture");
        foreach (var query in shown.ByPicture)
        {
            json.WriteStartObject();
            json.WriteNumber("picture", query.Picture);
            json.WriteNumber("rank", query.Rank);
            Strings(json, "own", query.Own);
            Strings(json, "best", query.Best);
            Numbers(json, "isOwn", query.IsOwn.Select(own => own ? 1 : 0));
            Numbers(json, "scores", query.Scores.Select(Whole));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Metrics(Utf8JsonWriter json, IEnumerable<ReportedMetric> metrics)
    {
        json.WriteStartArray("metrics");
        foreach (var metric in metrics)
        {
            json.WriteStartObject();
            json.WriteString("id", metric.Name);
            json.WriteString("name", ReportTables.NameOf(metric.Name));
            json.WriteNumber("value", Math.Round(metric.Value, 5));
            if (metric is { Low: { } low, High: { } high })
            {
                json.WriteNumber("low", Math.Round(low, 5));
                json.WriteNumber("high", Math.Round(high, 5));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static int Whole(float score) => float.IsNaN(score) ? -1 : (int)MathF.Round(10_000 * score);

    private static void Strings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static void Numbers(Utf8JsonWriter json, string? name, IEnumerable<int> values)
    {
        if (name is null) json.WriteStartArray();
        else json.WriteStartArray(name);
        foreach (var value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
