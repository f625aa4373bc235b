namespace Clip.Conversion.Checkpoints;

/// <summary>
/// WiSE-FT (Wortsman et al. 2022, section 2): the weights between two models of one architecture, usually one before and one after
/// fine-tuning; what was learned anew and what was known before then hold together better than in either.
/// </summary>
public static class WeightInterpolation
{
    /// <summary>(1 − α)·before + α·after, weight by weight.</summary>
    /// <param name="before">All weights of a model.</param>
    /// <param name="after">Weights of the same names and shapes.</param>
    /// <param name="alpha">
    /// From 0, which gives <paramref name="before"/>, to 1, which gives <paramref name="after"/>; both to the bit.
    /// </param>
    /// <exception cref="ClipException">The models differ in a weight's name or shape, or alpha is out of range.</exception>
    public static Dictionary<string, WeightTensor> Between(
        IReadOnlyDictionary<string, WeightTensor> before, IReadOnlyDictionary<string, WeightTensor> after, double alpha)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        if (alpha is not (>= 0 and <= 1))
            throw new ClipException(FormattableString.Invariant($"The alpha {alpha} is out of range; give a number from 0 to 1."));
        if (before.Keys.Concat(after.Keys).FirstOrDefault(name => !before.ContainsKey(name) || !after.ContainsKey(name)) is { } stray)
            throw new ClipException($"Only one of the models has a weight '{stray}'; give two of one architecture.");
        return before.ToDictionary(w => w.Key, w => Between(w.Key, w.Value, after[w.Key], alpha));
    }

    private static WeightTensor Between(string name, WeightTensor before, WeightTensor after, double alpha)
    {
        if (!before.Shape.SequenceEqual(after.Shape))
            throw new ClipException(
                $"The weight '{name}' has shape [{string.Join(", ", before.Shape)}] in one model "
                + $"and [{string.Join(", ", after.Shape)}] in the other; give two of one architecture.");
        var values = new float[before.Data.Length];
        // In double precision, so that only the result is rounded.
        for (var i = 0; i < values.Length; i++) values[i] = (float)((1 - alpha) * before.Data.Span[i] + alpha * after.Data.Span[i]);
        return before with { Data = values };
    }
}
