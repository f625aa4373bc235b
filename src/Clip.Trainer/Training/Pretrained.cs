using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Trainer.Modeling;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>Starts a model from existing weights.</summary>
internal static class Pretrained
{
    private const string OfThisModel = "use weights of this architecture (`Model`)";

    /// <summary>
    /// Copies into a model all that a checkpoint has for it. What only the model has (a bias, a head, decoders) keeps its random start, and
    /// what only the checkpoint has (the text tower, where an image tower is all that is wanted) is left; both by whole parts only.
    /// </summary>
    /// <param name="module">The model; its parameters have OpenAI's names.</param>
    /// <param name="config">Its sizes.</param>
    /// <param name="path">A file or folder that <see cref="CheckpointFile"/> opens; LoRA's updates in it are merged.</param>
    /// <returns>Names of the parameters that keep their random start.</returns>
    /// <exception cref="ClipException">
    /// A part is incomplete or of another shape, nothing fits, a weight is NaN or infinite, or the model computes otherwise.
    /// </exception>
    public static IReadOnlyList<string> Load(nn.Module module, ClipConfig config, string path)
    {
        using var file = CheckpointFile.OpenFor(config, path, OfThisModel);
        var weights = LowRankMerge.Apply(file.Weights);
        FiniteWeights.Require(weights, path);
        RequireSameComputation(file, config, path);
        var layout = ParameterLayout.Of(config);
        var state = module.state_dict();
        var missing = state.Keys.Where(name => !weights.ContainsKey(name)).ToArray();
        var found = state.Keys.Except(missing).Select(Part).ToHashSet();
        if (missing.FirstOrDefault(name => found.Contains(Part(name))) is { } hole)
            throw new ClipException(
                $"{path} has no weight '{hole}', though others of the same part; {OfThisModel}.");
        if (!found.Contains(nameof(Tower.Image)))
            throw new ClipException($"{path} has no image tower for this model; {OfThisModel}.");
        if (weights.Keys.FirstOrDefault(name => found.Contains(Part(name)) && !state.ContainsKey(name)) is { } stray)
            throw new ClipException(
                $"{path} holds a weight '{stray}' that the model has no place for; {OfThisModel}.");

        foreach (var (name, target) in state)
        {
            if (weights.TryGetValue(name, out var value)) TorchWeights.CopyInto(target, value, name);
        }

        return missing;

        // A tower, or a parameter of its own.
        string Part(string name) => layout.TowerOf(name)?.ToString() ?? name;
    }

    /// <summary>Rows of the token embeddings that a checkpoint has for a model's text tower; null where it has none.</summary>
    /// <inheritdoc cref="Load"/>
    public static int? TableRows(ClipConfig config, string path)
    {
        if (config.TextSide != TextSide.Tower) return null;
        using var file = CheckpointFile.OpenFor(config, path, OfThisModel);
        return file.Weights.TryGetValue(ClipNames.Text.Tokens, out var table) ? checked((int)table.Shape[0]) : null;
    }

    /// <summary>
    /// Refuses weights of a model that does something else with weights of the same shapes: other heads, another activation. What the
    /// weights were trained with stands in the config beside them; OpenAI's own files all have quick-GELU.
    /// </summary>
    private static void RequireSameComputation(CheckpointFile file, ClipConfig config, string path)
    {
        if (CompanionFiles.Of(path).Config is { } source)
        {
            var theirs = ModelConfigFile.Read(source);
            foreach (var (what, there, here) in Unseen(theirs.OfVision, config.OfVision).Concat(
                theirs.TextSide == config.TextSide ? UnseenInText(theirs, config) : []))
            {
                if (!there.Equals(here))
                    throw new ClipException(
                        $"{path} was trained with {what} {there} (by {source}), the model to be trained has {here}, which would make "
                        + "another model of the same weights; leave `Model` out, or correct the one that is wrong.");
            }
        }
        else if (file.IsOpenAIs && (config.Activation, config.OfVision.Activation) != (Activation.QuickGelu, Activation.QuickGelu))
            throw new ClipException(
                $"{path} is OpenAI's, whose models have quick-GELU, and the model to be trained another activation; "
                + "give a `Model` with quick_gelu.");
    }

    private static IEnumerable<(string What, object There, object Here)> Unseen(ClipConfig there, ClipConfig here)
    {
        if (there.Vision is VisionTransformerConfig vit && here.Vision is VisionTransformerConfig other)
        {
            yield return ("vision heads", vit.Heads, other.Heads);
            yield return ("vision activation", there.Activation, here.Activation);
            yield return ("vision LayerNorm epsilon", there.LayerNormEps, here.LayerNormEps);
            yield return ("vision pooling", vit.Pooling, other.Pooling);
            if (vit.Pooling == VisionPooling.Average) yield return ("vision norm behind the pooling", vit.NormsPooled, other.NormsPooled);
            yield return ("vision pooling heads", vit.AttentionalPool?.Heads ?? 0, other.AttentionalPool?.Heads ?? 0);
        }
        else if (there.Vision is ConvNextConfig convNext && here.Vision is ConvNextConfig mine)
        {
            yield return ("vision LayerNorm epsilon", convNext.LayerNormEps, mine.LayerNormEps);
        }
        else if (there.Vision is ResNetConfig resNet && here.Vision is ResNetConfig ours)
        {
            yield return ("vision heads", resNet.Heads, ours.Heads);
        }
    }

    private static IEnumerable<(string What, object There, object Here)> UnseenInText(ClipConfig there, ClipConfig here)
    {
        if (there.TextSide == TextSide.Words) yield break;
        yield return ("text heads", there.Text.Heads, here.Text.Heads);
        yield return ("text activation", there.Activation, here.Activation);
        yield return ("text LayerNorm epsilon", there.LayerNormEps, here.LayerNormEps);
        yield return ("text pooling", Pooling(there), Pooling(here));
        yield return ("causal text attention", there.Text.IsCausal, here.Text.IsCausal);

        // The largest id is the end of text of the vocabularies that say nothing else.
        static TextPooling Pooling(ClipConfig config) => config.Text.Pooling == TextPooling.Argmax ? TextPooling.Eos : config.Text.Pooling;
    }
}
