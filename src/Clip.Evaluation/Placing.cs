namespace Clip.Evaluation;

/// <summary>
/// Where the best right candidate stands among all. Candidates with equal scores have no order, so a hit counts with its probability
/// when they are put into a random one: a model that gives all the same score is as good as guessing, and no better.
/// </summary>
/// <param name="Better">Wrong candidates with a higher score than the best right one.</param>
/// <param name="Right">Right candidates with that score, at least 1.</param>
/// <param name="Wrong">Wrong candidates with that score.</param>
internal readonly record struct Placing(int Better, int Right, int Wrong)
{
    /// <summary>Compares the scores of all candidates with that of the one right one.</summary>
    /// <exception cref="ClipException">A score is not a finite number.</exception>
    public static Placing Of(ReadOnlySpan<float> scores, int right) => Of(scores, [right]);

    /// <summary>Compares the scores of all candidates with the best of several right ones.</summary>
    /// <param name="scores">A score for each candidate.</param>
    /// <param name="right">The right candidates, at least one, each once.</param>
    /// <exception cref="ClipException">A score is not a finite number.</exception>
    public static Placing Of(ReadOnlySpan<float> scores, ReadOnlySpan<int> right)
    {
        RequireFinite(scores);
        var own = float.NegativeInfinity;
        foreach (var index in right) own = Math.Max(own, scores[index]);
        var ties = 0;
        foreach (var index in right) ties += scores[index] == own ? 1 : 0;
        int better = 0, equal = 0;
        foreach (var score in scores)
        {
            if (score > own) better++;
            else if (score == own) equal++;
        }

        return new Placing(better, ties, equal - ties);
    }

    /// <summary>The probability that a right candidate is among the first <paramref name="k"/>.</summary>
    public double Hit(int k)
    {
        // Of those that tie, this many are among the first k; none of them is right with the product's probability.
        var places = Math.Min(k - Better, Right + Wrong);
        var missed = 1.0;
        for (var i = 0; i < places; i++) missed *= Math.Max(0.0, Wrong - i) / (Right + Wrong - i);
        return places <= 0 ? 0 : 1 - missed;
    }

    /// <summary>Refuses what cannot be ranked: nothing is larger than NaN, and so every rank would be the first.</summary>
    /// <exception cref="ClipException">A number is NaN or infinite.</exception>
    public static void RequireFinite(ReadOnlySpan<float> scores)
    {
        foreach (var score in scores)
        {
            if (!float.IsFinite(score))
                throw new ClipException(
                    $"The model's features or scores are not finite ({FormattableString.Invariant($"{score}")}), so nothing can be ranked "
                    + "by them; its weights are damaged, or too large for their precision: take an earlier checkpoint, or fp32.");
        }
    }
}
