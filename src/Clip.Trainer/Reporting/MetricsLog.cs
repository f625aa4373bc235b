using System.Globalization;
using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Clip.Trainer.Training;

namespace Clip.Trainer.Reporting;

/// <summary>
/// <c>metrics.jsonl</c>: an object a line, one for each step and one for each validation, told apart by their keys. Lines are
/// written out as they come, so a killed run leaves all but perhaps the last.
/// </summary>
/// <param name="time">Stamps the lines.</param>
internal sealed class MetricsLog(TimeProvider time) : IRunListener
{
    public const string FileName = "metrics.jsonl";

    private StreamWriter? _writer;

    public void Start(RunStart start)
    {
        var path = Path.Combine(start.Folder, FileName);
        Forget(path, start.StepsDone);
        _writer = new StreamWriter(path, append: true) { AutoFlush = true, NewLine = "\n" };
    }

    public void Step(StepReport step) => Write(step.Step, step.Values);

    public void Validation(ValidationReport validation) =>
        Write(validation.Step, [("epoch", validation.Epoch), .. validation.Metrics.Values]);

    public void End(RunEnd end) => Dispose();

    public void Dispose()
    {
        _writer?.Dispose();
        _writer = null;
    }

    /// <summary>The series in a file: names, and (step, value) in order.</summary>
    public static Dictionary<string, List<(long Step, double Value)>> Read(string path)
    {
        var series = new Dictionary<string, List<(long, double)>>();
        foreach (var line in File.ReadLines(path))
        {
            using var json = JsonDocument.Parse(line);
            var step = json.RootElement.GetProperty("step").GetInt64();
            var numbers = json.RootElement.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Number && p.Name != "step");
            foreach (var property in numbers)
            {
                if (!series.TryGetValue(property.Name, out var points)) series[property.Name] = points = [];
                points.Add((step, property.Value.GetDouble()));
            }
        }

        return series;
    }

    /// <summary>Drops what a resumed run will do again, and a line that was cut when the process was killed.</summary>
    private static void Forget(string path, long stepsDone)
    {
        if (!File.Exists(path)) return;
        AtomicFile.Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
            foreach (var line in File.ReadLines(path).TakeWhile(line => StepOf(line) <= stepsDone)) writer.WriteLine(line);
        });
    }

    private static long StepOf(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.GetProperty("step").GetInt64();
        }
        catch (JsonException)
        {
            return long.MaxValue;
        }
    }

    private void Write(long step, IEnumerable<(string Name, double Value)> values)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteNumber("step", step);
            json.WriteString("time", time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            foreach (var (name, value) in values) json.WriteNumber(name, value);
            json.WriteEndObject();
        }

        _writer!.WriteLine(System.Text.Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length));
    }
}
