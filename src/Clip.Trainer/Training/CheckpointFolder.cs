using System.Globalization;
using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Clip.Evaluation;
using Clip.Trainer.Validation;

namespace Clip.Trainer.Training;

/// <summary>
/// A run's checkpoints: <c>step_N.safetensors</c> for the latest few, and for the best by a validation metric, which <c>best.json</c>
/// names.
/// </summary>
/// <param name="path">The folder; created when there is something to keep.</param>
/// <param name="keep">How many of the latest to keep.</param>
/// <param name="metric">
/// What makes a checkpoint the best: a name of <see cref="ValidationMetrics.Values"/>; null where none is.
/// </param>
internal sealed class CheckpointFolder(string path, int keep, string? metric = null)
{
    private string BestFile => Path.Combine(path, "best.json");

    /// <summary>Writes a run's state and drops what is older than the latest few, unless it is the best.</summary>
    public void Save(TrainingStep state, IReadOnlyDictionary<string, string> course, bool validationDue = false)
    {
        Directory.CreateDirectory(path);
        Checkpoint.Save(FileOf(state.Steps), state, course, validationDue);
        var best = Best()?.Step is { } step ? FileOf(step) : null;
        foreach (var old in Files().SkipLast(keep).Where(file => file != best)) File.Delete(old);
    }

    /// <summary>
    /// Whether a validation is better than any before it in this run; one that did not measure the metric, which some do not in every
    /// epoch, is not compared.
    /// </summary>
    public bool IsBest(ValidationMetrics metrics)
    {
        if (ValueOf(metrics) is not { } value) return false;
        // Where the metric is another one than before, what was best by that says nothing.
        return Best() is not { } best || best.Metric != metric
            || (LowerIsBetter(best.Metric) ? value < best.Value : value > best.Value);
    }

    /// <summary>Notes that the state saved at a step is the best so far.</summary>
    public void MarkBest(long step, ValidationMetrics metrics)
    {
        var best = new BestCheckpoint(step, metric!, ValueOf(metrics)!.Value);
        AtomicFile.Write(BestFile, stream => JsonSerializer.Serialize(stream, best));
    }

    /// <summary>The best so far, or null.</summary>
    public BestCheckpoint? Best()
    {
        if (!File.Exists(BestFile)) return null;
        var best = JsonSerializer.Deserialize<BestCheckpoint>(File.ReadAllBytes(BestFile))!;
        return File.Exists(FileOf(best.Step)) ? best : null;
    }

    /// <summary>Whether there are any.</summary>
    public bool Any() => Files().Length > 0;

    /// <summary>The newest checkpoint that can be read, or null where there is none.</summary>
    /// <param name="onDamaged">Told of newer ones that cannot be, with the reason.</param>
    public string? Latest(Action<string, string>? onDamaged = null)
    {
        foreach (var file in Files().Reverse())
        {
            try
            {
                // Opening checks the header and that the file is as long as it says.
                using var reader = SafetensorsReader.Open(file);
                return file;
            }
            catch (Exception e) when (e is ClipException or IOException)
            {
                onDamaged?.Invoke(file, e.Message);
            }
        }

        return null;
    }

    private static bool LowerIsBetter(string name) => name.EndsWith("loss", StringComparison.Ordinal);

    private double? ValueOf(ValidationMetrics metrics) =>
        metrics.Values.Where(v => v.Name == metric).Select(v => (double?)v.Value).FirstOrDefault();

    private string FileOf(long step) => Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"step_{step:D8}.safetensors"));

    private string[] Files()
    {
        if (!Directory.Exists(path)) return [];
        var files = Directory.GetFiles(path, "step_*.safetensors");
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }
}

/// <summary>The best checkpoint of a run.</summary>
/// <param name="Step">The step after which it was saved.</param>
/// <param name="Metric">What it is the best by.</param>
/// <param name="Value">The metric's value.</param>
internal sealed record BestCheckpoint(long Step, string Metric, double Value);
