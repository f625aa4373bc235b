using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Clip.Evaluation.Metrics;

namespace Clip.Evaluation.Results;

/// <summary>
/// Results in CLIP_benchmark's JSON: <c>dataset</c>, <c>model</c>, <c>pretrained</c>, <c>task</c>, <c>metrics</c>, <c>language</c>; and
/// beside these <c>intervals_95</c>, numbers, <c>reliability</c>, <c>data</c>, and <c>outcomes</c>, what each metric is made of.
/// </summary>
internal static class ResultJson
{
    /// <summary>Writes a result.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="result">The result.</param>
    /// <param name="outcomes">Whether to write what its metrics are made of, a value a picture.</param>
    public static void Write(Utf8JsonWriter json, EvaluationResult result, bool outcomes)
    {
        json.WriteStartObject();
        json.WriteString("dataset", result.Dataset);
        json.WriteString("model", result.Model);
        json.WriteString("pretrained", result.Pretrained);
        json.WriteString("task", result.Task);
        json.WriteStartObject("metrics");
        foreach (var metric in result.Metrics) json.WriteNumber(metric.Name, metric.Value);
        if (result.Task == EvaluationResult.ProbeTask) json.WriteNumber("fewshot_k", result.FewShot);
        json.WriteEndObject();
        json.WriteString("language", result.Language);
        json.WriteStartObject("intervals_95");
        foreach (var metric in result.Metrics)
        {
            if (metric.Interval is { } interval) Raw(metric.Name, $"[{Text(interval.Low)}, {Text(interval.High)}]");
        }

        json.WriteEndObject();
        foreach (var (name, value) in result.Facts) json.WriteNumber(name, value);
        json.WriteString("data", result.Data);
        if (result.Calibration is { } calibration)
        {
            json.WriteStartArray("reliability");
            foreach (var bin in calibration.Bins.Where(bin => bin.Count > 0))
            {
                json.WriteRawValue(
                    $"{{\"low\": {Text(bin.Low)}, \"high\": {Text(bin.High)}, \"images\": {bin.Count}, "
                    + $"\"confidence\": {Text(bin.Confidence)}, \"accuracy\": {Text(bin.Accuracy)}}}");
            }

            json.WriteEndArray();
        }

        if (outcomes)
        {
            json.WriteStartObject("outcomes");
            foreach (var metric in result.Metrics)
            {
                if (metric.Statistic is not null) Write(metric.Name, metric.Statistic);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();

        void Write(string name, Statistic statistic)
        {
            json.WriteStartObject(name);
            switch (statistic)
            {
                case MeanStatistic mean:
                    Values(mean.Values);
                    break;
                case ClassMeanStatistic mean:
                    Values(mean.Values);
                    Raw("classes", $"[{string.Join(',', mean.Classes)}]");
                    break;
                case AveragePrecisionStatistic precision:
                    json.WriteBase64String(
                        "scores", MemoryMarshal.AsBytes<float>([.. precision.Scores.SelectMany(scores => scores)]));
                    Raw("right", $"[{string.Join(',', precision.Right.Select(right => $"[{string.Join(',', right)}]"))}]");
                    break;
                default:
                    throw new NotSupportedException($"A {statistic.GetType().Name} cannot be written.");
            }

            json.WriteEndObject();
        }

        // Right or wrong is a character; only where scores tie is there anything between.
        void Values(IReadOnlyList<double> values)
        {
            if (values.All(value => value is 0 or 1)) json.WriteString("values", string.Concat(values.Select(v => v == 0 ? '0' : '1')));
            else Raw("values", $"[{string.Join(',', values.Select(Text))}]");
        }

        void Raw(string name, string value)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value);
        }
    }

    /// <summary>Reads a result, and what its metrics are made of where it was written.</summary>
    /// <exception cref="InvalidDataException">It is none of these.</exception>
    public static EvaluationResult Read(JsonElement json)
    {
        try
        {
            var made = json.TryGetProperty("outcomes", out var outcomes) ? outcomes : default;
            var metrics = json.GetProperty("metrics");
            return new EvaluationResult
            {
                Dataset = json.GetProperty("dataset").GetString()!,
                Model = json.GetProperty("model").GetString()!,
                Pretrained = json.GetProperty("pretrained").GetString()!,
                Task = json.GetProperty("task").GetString()!,
                Language = json.TryGetProperty("language", out var language) ? language.GetString()! : "en",
                Data = json.TryGetProperty("data", out var data) ? data.GetString()! : "",
                FewShot = metrics.TryGetProperty("fewshot_k", out var shots) ? shots.GetInt32() : -1,
                Metrics =
                [
                    .. metrics.EnumerateObject()
                        .Where(metric => metric.Name != "fewshot_k" && metric.Value.ValueKind == JsonValueKind.Number)
                        .Select(metric => new Metric(metric.Name, metric.Value.GetDouble(), StatisticOf(made, metric.Name))),
                ],
            };
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"It is no result of an evaluation ({e.Message.TrimEnd('.')}).", e);
        }
    }

    private static Statistic? StatisticOf(JsonElement outcomes, string metric)
    {
        if (outcomes.ValueKind != JsonValueKind.Object || !outcomes.TryGetProperty(metric, out var made)) return null;
        if (made.TryGetProperty("scores", out var packed))
        {
            int[][] right = [.. made.GetProperty("right").EnumerateArray().Select(Integers)];
            var scores = MemoryMarshal.Cast<byte, float>(packed.GetBytesFromBase64()).ToArray();
            return new AveragePrecisionStatistic([.. scores.Chunk(scores.Length / right.Length)], right);
        }

        var given = made.GetProperty("values");
        double[] values = given.ValueKind == JsonValueKind.String
            ? [.. given.GetString()!.Select(c => c == '0' ? 0.0 : 1.0)]
            : [.. given.EnumerateArray().Select(v => v.GetDouble())];
        return made.TryGetProperty("classes", out var classes)
            ? new ClassMeanStatistic(values, Integers(classes))
            : new MeanStatistic(values);
    }

    private static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetInt32())];

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
