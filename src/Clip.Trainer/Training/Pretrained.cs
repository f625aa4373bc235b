using Clip.Trainer.Modeling;
using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>Starts a model from existing weights.</summary>
internal static class Pretrained
{
    /// <summary>
    /// Copies into a model all that a checkpoint has for it. What only the model has (a bias, a head, decoders) keeps its random start, and
    /// what only the checkpoint has (the text tower, where an image tower is all that is wanted) is left; both by whole parts only.
    /// </summary>
    /// <param name="module">The model; its parameters have OpenAI's names.</param>
    /// <param name="config">Its sizes.</param>
    /// <param name="path">A file or folder that <see cref="CheckpointFile"/> opens; LoRA's updates in it are merged.</param>
    /// <returns>Names of the parameters that keep their random start.</returns>
    /// <exception cref="ClipException">A part is incomplete or of another shape, or nothing fits.</exception>
    public static IReadOnlyList<string> Load(nn.Module module, ClipConfig config, string path)
    {
        using var file = CheckpointFile.Open(path);
        var weights = LowRankMerge.Apply(file.Weights);
        var layout = ParameterLayout.Of(config);
        var state = module.state_dict();
        var missing = state.Keys.Where(name => !weights.ContainsKey(name)).ToArray();
        var found = state.Keys.Except(missing).Select(Part).ToHashSet();
        if (missing.FirstOrDefault(name => found.Contains(Part(name))) is { } hole)
            throw new ClipException(
                $"{path} has no weight '{hole}', though others of the same part; use weights of this architecture (`Model`).");
        if (!found.Contains(nameof(Tower.Image)))
            throw new ClipException($"{path} has no image tower for this model; use weights of this architecture (`Model`).");
        if (weights.Keys.FirstOrDefault(name => found.Contains(Part(name)) && !state.ContainsKey(name)) is { } stray)
            throw new ClipException(
                $"{path} holds a weight '{stray}' that the model has no place for; use weights of this architecture (`Model`).");

        foreach (var (name, target) in state)
        {
            if (weights.TryGetValue(name, out var value)) TorchWeights.CopyInto(target, value, name);
        }

        return missing;

        // A tower, or a parameter of its own.
        string Part(string name) => layout.TowerOf(name)?.ToString() ?? name;
    }
}
