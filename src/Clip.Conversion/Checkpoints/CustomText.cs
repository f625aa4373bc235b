using Clip.Conversion.Architectures;

namespace Clip.Conversion.Checkpoints;

/// <summary>open_clip's <c>CustomTextCLIP</c> keeps the text tower under <c>text.</c>; plain towers are OpenAI's otherwise.</summary>
internal static class CustomText
{
    private const string Prefix = "text.";

    public static Dictionary<string, WeightTensor> Rename(Dictionary<string, WeightTensor> weights) =>
        weights.ContainsKey(Prefix + ClipNames.Text.Tokens) && !weights.ContainsKey(ClipNames.Text.Tokens)
            ? weights.ToDictionary(w => w.Key.StartsWith(Prefix, StringComparison.Ordinal) ? w.Key[Prefix.Length..] : w.Key, w => w.Value)
            : weights;
}
