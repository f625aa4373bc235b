using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;

namespace Clip.Trainer.Training;

/// <summary>
/// Layer-wise learning rate decay (BEiT, timm's <c>layer_decay</c>): a tower's top learns at the full rate, each layer below it at
/// <c>decay</c> times the rate of the one above. The embeddings, with what comes before the first block, are the lowest layer; the
/// projection, with the norm before it, is the top. A ResNet's layers are its stem and its four stages.
/// </summary>
internal static class LayerDecay
{
    /// <summary>Gives each parameter its factor.</summary>
    /// <param name="layout">The model's.</param>
    /// <param name="names">The parameters' names; an update of LoRA's stands where its weight does.</param>
    /// <param name="decay">Above 0, at most 1.</param>
    public static Dictionary<string, double> Factors(ParameterLayout layout, IEnumerable<string> names, double decay)
    {
        if (decay is not (> 0 and <= 1))
            throw new ClipException(FormattableString.Invariant($"`LayerDecay` must be above 0, at most 1, and is {decay}."));
        var tops = Enum.GetValues<Tower>().ToDictionary(tower => tower, layout.TopLayer);
        return names.ToDictionary(name => name, name => Place(name) is { Tower: { } tower } place
            ? Math.Pow(decay, tops[tower] - place.Layer)
            : 1);

        Place? Place(string name) => LowRankMerge.Targets(name).Prepend(name).Select(layout.Find).FirstOrDefault(p => p is not null)?.Place;
    }
}
