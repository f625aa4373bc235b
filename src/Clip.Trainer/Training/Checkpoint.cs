using System.Globalization;
using Clip.Trainer.Checkpoints;

namespace Clip.Trainer.Training;

/// <summary>
/// Everything an interrupted run needs to go on as if nothing had happened: weights, their average, both moments and the step. Order, crops
/// and captions follow from the seed and the step, so no generator state is owed. One safetensors file, written whole or not at all.
/// </summary>
internal static class Checkpoint
{
    private const string Step = "step", Options = "options", Weights = "model.";
    private const int Kept = 2;

    /// <summary>Writes a run's state to <c>FOLDER/step_N.safetensors</c> and drops all but the latest two files.</summary>
    public static string Save(string folder, TrainingStep state, string options)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"step_{state.Steps:D8}.safetensors");
        var tensors = TorchWeights.Of(state.Module).Select(p => KeyValuePair.Create(Weights + p.Key, p.Value))
            .Concat(state.State.Select(s => KeyValuePair.Create(s.Name, TorchWeights.Copy(s.Value))));
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string>
        {
            [Step] = state.Steps.ToString(CultureInfo.InvariantCulture),
            [Options] = options,
        });
        foreach (var old in Files(folder).SkipLast(Kept)) File.Delete(old);
        return path;
    }

    /// <summary>The newest checkpoint in a folder, or null.</summary>
    public static string? Latest(string folder) => Files(folder).LastOrDefault();

    /// <summary>Puts a run into the state of a checkpoint.</summary>
    /// <exception cref="ClipException">The file is not a checkpoint, or of a run with other options.</exception>
    public static void Load(string path, TrainingStep state, string options)
    {
        using var reader = SafetensorsReader.Open(path);
        if (!reader.Metadata.TryGetValue(Step, out var step) || !reader.Metadata.TryGetValue(Options, out var trained))
            throw new ClipException($"{path} is not a checkpoint of this program; give a file from a run's checkpoints folder.");
        if (trained != options)
            throw new ClipException($"{path} comes from a run with other options ({trained}) than this one ({options}); resume with the same ones, or start anew with another --output.");

        TorchWeights.Load(state.Module, reader.Names.Where(n => n.StartsWith(Weights, StringComparison.Ordinal)).ToDictionary(n => n[Weights.Length..], reader.Read), path);
        foreach (var (name, value) in state.State) TorchWeights.CopyInto(value, reader.Read(name), name);
        state.Steps = long.Parse(step, CultureInfo.InvariantCulture);
    }

    private static string[] Files(string folder)
    {
        if (!Directory.Exists(folder)) return [];
        var files = Directory.GetFiles(folder, "step_*.safetensors");
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }
}
