namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>Who goes on in successive halving.</summary>
internal static class Halving
{
    /// <summary>The better half, and those within the standard error of the best, the best first; equals stay in their order.</summary>
    /// <param name="measured">Those that were measured.</param>
    /// <param name="value">What is to be best, from 0 to 1.</param>
    /// <param name="seen">The rows that it was measured on.</param>
    public static T[] Better<T>(IReadOnlyCollection<T> measured, Func<T, double> value, int seen)
    {
        if (measured.Count == 0) return [];
        var ordered = measured.Select(one => (One: one, Value: value(one))).OrderByDescending(pair => pair.Value).ToArray();
        var best = ordered[0].Value;
        var error = Math.Sqrt(best * (1 - best) / seen);
        var half = (ordered.Length + 1) / 2;
        return [.. ordered.Where((pair, place) => place < half || pair.Value >= best - error).Select(pair => pair.One)];
    }
}
