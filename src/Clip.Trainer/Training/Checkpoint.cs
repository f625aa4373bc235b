using System.Globalization;
using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Clip.Trainer.Modeling;

namespace Clip.Trainer.Training;

/// <summary>
/// Everything an interrupted run needs to go on as if nothing had happened: weights, their average, both moments and the step. Order, crops
/// and captions follow from the seed and the step, so no generator state is owed. One safetensors file, written whole or not at all.
/// </summary>
internal static class Checkpoint
{
    private const string Step = "step", Options = "options", Seconds = "seconds", Weights = "model.";

    /// <summary>Stands in the file of a run that was stopped while it validated.</summary>
    private const string ValidationDue = "validation_due";

    /// <summary>Writes a run's state.</summary>
    /// <param name="path">The file.</param>
    /// <param name="state">The state.</param>
    /// <param name="course">What a run that goes on from it is compared by.</param>
    /// <param name="validationDue">Whether the epoch that ended here has not been validated.</param>
    /// <exception cref="ClipException">
    /// The file cannot be written, for the disk is full or the like; what was there before is as it was.
    /// </exception>
    public static void Save(string path, TrainingStep state, IReadOnlyDictionary<string, string> course, bool validationDue = false)
    {
        var tensors = TorchWeights.Of(state.Module).Select(p => KeyValuePair.Create(Weights + p.Key, p.Value))
            .Concat(state.State.Select(s => KeyValuePair.Create(s.Name, TorchWeights.Copy(s.Value))));
        var metadata = new Dictionary<string, string>
        {
            [Step] = state.Steps.ToString(CultureInfo.InvariantCulture),
            [Options] = JsonSerializer.Serialize(course),
            [Seconds] = state.Seconds.ToString("R", CultureInfo.InvariantCulture),
        };
        if (validationDue) metadata.Add(ValidationDue, "true");
        try
        {
            SafetensorsWriter.Write(path, tensors, metadata);
        }
        catch (IOException e)
        {
            throw new ClipException(
                $"The checkpoint {path} could not be written: {e.Message.TrimEnd('.')}; "
                + "make room, then go on from the one before with `Resume`.", e);
        }
    }

    /// <summary>Puts a run into the state of a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <param name="state">Receives the state.</param>
    /// <param name="course">This run's.</param>
    /// <returns>What this run does in another way, and may; and whether the epoch that ended there has not been validated.</returns>
    /// <exception cref="ClipException">The file is not a checkpoint, or of a run with other options that may not change.</exception>
    public static (IReadOnlyList<CourseChange> Changes, bool ValidationDue) Load(
        string path, TrainingStep state, IReadOnlyDictionary<string, string> course)
    {
        using var reader = SafetensorsReader.Open(path);
        if (!reader.Metadata.TryGetValue(Step, out var step) || !reader.Metadata.TryGetValue(Options, out var trained))
            throw new ClipException($"{path} is not a checkpoint of this program; give a file from a run's checkpoints folder.");
        var changes = Course.Changes(Read(trained, path), course);
        var other = changes.Where(change => !Course.MayChange.Contains(change.Name)).ToList();
        if (other.Count > 0)
            throw new ClipException(
                $"{path} comes from a run with other options: {string.Join(", ", other.Take(5))}"
                + $"{(other.Count > 5 ? $", and {other.Count - 5} more" : "")}; "
                + "go on with the same ones, or start anew with another `ModelFolder`.");

        var names = reader.Names.Where(n => n.StartsWith(Weights, StringComparison.Ordinal));
        TorchWeights.Load(state.Module, names.ToDictionary(n => n[Weights.Length..], reader.Read), path);
        foreach (var (name, value) in state.State) TorchWeights.CopyInto(value, reader.Read(name), name);
        state.Seconds = double.Parse(reader.Metadata[Seconds], CultureInfo.InvariantCulture);
        state.Steps = long.Parse(step, CultureInfo.InvariantCulture);
        return (changes, reader.Metadata.ContainsKey(ValidationDue));
    }

    private static Dictionary<string, string> Read(string course, string path)
    {
        try
        {
            var read = JsonSerializer.Deserialize<Dictionary<string, string>>(course)!;
            if (!Course.IsOfAnEarlierVersion(read)) return read;
        }
        catch (JsonException e)
        {
            throw Earlier(e);
        }

        throw Earlier(null);

        ClipException Earlier(Exception? e) => new(
            $"{path} was written by an earlier version of this program, whose options cannot be compared; start anew.", e);
    }
}
