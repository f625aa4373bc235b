using System.Globalization;
using System.Text.RegularExpressions;

namespace Clip.Trainer.Training;

/// <summary>
/// Layer-wise learning rate decay (BEiT, timm's <c>layer_decay</c>): a tower's top learns at the full rate, each layer below it at
/// <c>decay</c> times the rate of the one above. The embeddings, with what comes before the first block, are the lowest layer; the
/// projection, with the norm before it, is the top. A ResNet's layers are its stem and its four stages.
/// </summary>
internal static partial class LayerDecay
{
    /// <summary>Gives each parameter its factor.</summary>
    /// <param name="names">All parameters' names, OpenAI's.</param>
    /// <param name="decay">Above 0, at most 1.</param>
    public static Dictionary<string, double> Factors(IEnumerable<string> names, double decay)
    {
        if (decay is not (> 0 and <= 1))
            throw new ClipException(FormattableString.Invariant($"--layer-decay must be above 0, at most 1, and is {decay}."));
        var layers = names.ToDictionary(n => n, Of);
        var tops = layers.Values.GroupBy(l => l.Tower).ToDictionary(g => g.Key, g => g.Max(l => l.Layer ?? 0) + 1);
        return layers.ToDictionary(p => p.Key, p => Math.Pow(decay, p.Value.Layer is { } layer ? tops[p.Value.Tower] - layer : 0));
    }

    /// <summary>The tower, and the layer counted from the lowest; null for the top and for what belongs to no tower.</summary>
    private static (string Tower, int? Layer) Of(string name)
    {
        var tower = name.StartsWith("visual.", StringComparison.Ordinal) ? "visual" : "text";
        if (Block().Match(name) is { Success: true } block)
            return (tower, int.Parse(block.Groups[1].Value, CultureInfo.InvariantCulture) + 1);
        if (Stage().Match(name) is { Success: true } stage) return (tower, int.Parse(stage.Groups[1].Value, CultureInfo.InvariantCulture));
        return (tower, Lowest().IsMatch(name) ? 0 : null);
    }

    [GeneratedRegex(@"^(?:visual\.)?transformer\.resblocks\.(\d+)\.")]
    private static partial Regex Block();

    [GeneratedRegex(@"^visual\.layer(\d+)\.")]
    private static partial Regex Stage();

    [GeneratedRegex(@"^(?:visual\.(?:conv\d|bn\d|class_embedding|positional_embedding|ln_pre)|token_embedding|positional_embedding)\b")]
    private static partial Regex Lowest();
}
