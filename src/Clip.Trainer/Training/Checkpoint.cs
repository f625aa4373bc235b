using System.Globalization;
using Clip.Conversion.Checkpoints;

namespace Clip.Trainer.Training;

/// <summary>
/// Everything an interrupted run needs to go on as if nothing had happened: weights, their average, both moments and the step. Order, crops
/// and captions follow from the seed and the step, so no generator state is owed. One safetensors file, written whole or not at all.
/// </summary>
internal static class Checkpoint
{
    private const string Step = "step", Options = "options", Seconds = "seconds", Weights = "model.";

    /// <summary>Writes a run's state.</summary>
    /// <exception cref="ClipException">
    /// The file cannot be written, for the disk is full or the like; what was there before is as it was.
    /// </exception>
    public static void Save(string path, TrainingStep state, string options)
    {
        var tensors = TorchWeights.Of(state.Module).Select(p => KeyValuePair.Create(Weights + p.Key, p.Value))
            .Concat(state.State.Select(s => KeyValuePair.Create(s.Name, TorchWeights.Copy(s.Value))));
        var metadata = new Dictionary<string, string>
        {
            [Step] = state.Steps.ToString(CultureInfo.InvariantCulture),
            [Options] = options,
            [Seconds] = state.Seconds.ToString("R", CultureInfo.InvariantCulture),
        };
        try
        {
            SafetensorsWriter.Write(path, tensors, metadata);
        }
        catch (IOException e)
        {
            throw new ClipException(
                $"The checkpoint {path} could not be written: {e.Message.TrimEnd('.')}; "
                + "make room, then go on from the one before with --resume latest.", e);
        }
    }

    /// <summary>Puts a run into the state of a checkpoint.</summary>
    /// <exception cref="ClipException">The file is not a checkpoint, or of a run with other options.</exception>
    public static void Load(string path, TrainingStep state, string options)
    {
        using var reader = SafetensorsReader.Open(path);
        if (!reader.Metadata.TryGetValue(Step, out var step) || !reader.Metadata.TryGetValue(Options, out var trained))
            throw new ClipException($"{path} is not a checkpoint of this program; give a file from a run's checkpoints folder.");
        if (trained != options)
            throw new ClipException(
                $"{path} comes from a run with other options ({trained}) than this one ({options}); "
                + "resume with the same ones, or start anew with another --output.");

        var names = reader.Names.Where(n => n.StartsWith(Weights, StringComparison.Ordinal));
        TorchWeights.Load(state.Module, names.ToDictionary(n => n[Weights.Length..], reader.Read), path);
        foreach (var (name, value) in state.State) TorchWeights.CopyInto(value, reader.Read(name), name);
        state.Seconds = double.Parse(reader.Metadata[Seconds], CultureInfo.InvariantCulture);
        state.Steps = long.Parse(step, CultureInfo.InvariantCulture);
    }
}
