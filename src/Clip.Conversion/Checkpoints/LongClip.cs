using Clip.Conversion.Architectures;

namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Long-CLIP (arXiv:2403.15378) keeps two position tables for its longer context: the first places are read from one, the others from the
/// other. Together they are one table, and the model is a CLIP.
/// </summary>
internal static class LongClip
{
    private const string Second = "positional_embedding_res";

    /// <summary>How many places stay as CLIP trained them (Long-CLIP, section 3.2; mask1 and mask2 of its model_longclip.py).</summary>
    private const int Kept = 20;

    /// <summary>The weights with one table.</summary>
    /// <exception cref="ClipException">The two are not of one shape.</exception>
    public static Dictionary<string, WeightTensor> Join(Dictionary<string, WeightTensor> weights)
    {
        string first = ClipNames.Text.Positions;
        if (!weights.TryGetValue(Second, out var late) || !weights.TryGetValue(first, out var early)) return weights;
        if (early.Shape.Count != 2 || !early.Shape.SequenceEqual(late.Shape) || early.Shape[0] < Kept)
            throw new ClipException($"The weights '{first}' and '{Second}' are no pair of position tables; get the checkpoint again.");
        var values = late.Data.ToArray();
        early.Data.Span[..(Kept * (int)early.Shape[1])].CopyTo(values);
        var joined = weights.Where(w => w.Key != Second).ToDictionary();
        joined[first] = early with { Data = values };
        return joined;
    }
}
