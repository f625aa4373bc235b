using Clip.Conversion.Architectures;

namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Translates between the names that open_clip's SigLIP models have (timm's <c>VisionTransformer</c> under <c>visual.trunk</c>, the text
/// tower under <c>text</c>) and those used here, which are OpenAI's as far as those go; <see cref="NameMap"/> does the same
/// for Hugging Face's.
/// </summary>
internal static class SiglipNames
{
    private const string Trunk = ClipNames.Image.TimmPrefix, Text = "text.";

    /// <summary>Whether these are the names of an open_clip model with timm's SigLIP tower.</summary>
    public static bool IsTimms(IEnumerable<string> names) => names.Contains(ClipNames.Image.Probe.Timm!);

    /// <summary>Scale and bias of the logits: Hugging Face's have a dimension of 1, open_clip's none.</summary>
    public static bool IsScalar(string name) => name == ClipNames.LogitScale || name == ClipNames.LogitBias;

    /// <summary>Renames timm's parameters; the text tower's must have lost its prefix (<see cref="CustomText"/>).</summary>
    /// <exception cref="ClipException">A parameter of the image tower is none of SigLIP's.</exception>
    public static Dictionary<string, WeightTensor> FromOpenClip(IReadOnlyDictionary<string, WeightTensor> weights)
    {
        var result = new Dictionary<string, WeightTensor>();
        foreach (var (name, tensor) in weights)
        {
            if (!name.StartsWith(Trunk, StringComparison.Ordinal))
            {
                result[name] = tensor;
                continue;
            }

            var stored = NameTable.Timm.OfTheirs(name) ?? throw Unknown(name);
            if (!stored.IsStacked) result[stored.Ours] = stored.Ours == ClipNames.Image.Positions ? WithoutBatch(tensor) : tensor;
            else if (!result.ContainsKey(stored.Ours)) result[stored.Ours] = StackedPieces.Join(stored, weights);
        }

        return result;
    }

    /// <summary>Renames to open_clip's names, the text tower's with its prefix.</summary>
    /// <exception cref="ClipException">A parameter is none of SigLIP's.</exception>
    public static Dictionary<string, WeightTensor> ToOpenClip(IReadOnlyDictionary<string, WeightTensor> weights)
    {
        var result = new Dictionary<string, WeightTensor>();
        foreach (var (name, tensor) in weights)
        {
            if (IsScalar(name))
            {
                result[name] = tensor with { Shape = [] };
                continue;
            }

            if (!name.StartsWith(ClipNames.Image.Prefix, StringComparison.Ordinal))
            {
                result[Text + name] = tensor;
                continue;
            }

            var stored = NameTable.Timm.OfOurs(name) ?? throw Unknown(name);
            var parts = stored.IsStacked ? StackedPieces.Cut(stored, tensor)
                : [(stored.Pieces[0].Name, name == ClipNames.Image.Positions ? tensor with { Shape = [1, .. tensor.Shape] } : tensor)];
            foreach (var (piece, part) in parts) result[piece] = part;
        }

        return result;
    }

    private static WeightTensor WithoutBatch(WeightTensor positions) =>
        positions.Shape is [1, _, _] ? positions with { Shape = [.. positions.Shape.Skip(1)] } : positions;

    private static ClipException Unknown(string name) =>
        new($"The parameter '{name}' is none of a SigLIP's; give a checkpoint of such a model.");
}
