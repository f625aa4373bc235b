namespace Clip.Evaluation.Report;

/// <summary>What a model made of one picture: its best labels, and where the right ones stand.</summary>
/// <param name="Best">Numbers of the best labels, best first; of labels with equal scores the wrong ones come first.</param>
/// <param name="Scores">Their probabilities, from 0 to 1.</param>
/// <param name="Place">Where the best right label stands; null where none is known.</param>
/// <param name="RightScore">The probability of the best right label; NaN where none is known.</param>
internal sealed record PictureOutcome(IReadOnlyList<int> Best, IReadOnlyList<float> Scores, Placing? Place, float RightScore)
{
    /// <summary>How many labels are kept, as in the figures of CLIP's paper.</summary>
    public const int Kept = 5;

    /// <summary>Whether the first label is right, and none ties with it that is not.</summary>
    public bool IsRight => Place is { Better: 0, Wrong: 0 };

    /// <summary>The rank of the best right label, from 1; ties count as the last of them, so that rank 1 means right.</summary>
    public int Rank => Place is { } place ? place.Better + place.Wrong + 1 : 0;

    /// <summary>Tells the outcome by all scores.</summary>
    /// <param name="scores">One for each label, by which they are ranked.</param>
    /// <param name="chances">What is shown of them, from 0 to 1.</param>
    /// <param name="right">The right labels' numbers; null or none where none are known.</param>
    /// <param name="kept">How many of the best labels to keep.</param>
    /// <exception cref="ClipException">A score is not a finite number.</exception>
    public static PictureOutcome Of(float[] scores, float[] chances, IReadOnlyList<int>? right, int kept = Kept)
    {
        Placing.RequireFinite(scores);
        var best = Enumerable.Range(0, scores.Length)
            .OrderByDescending(label => scores[label]).ThenBy(label => right?.Contains(label) ?? false).Take(kept).ToArray();
        float[] ofBest = [.. best.Select(label => chances[label])];
        return right is not { Count: > 0 }
            ? new PictureOutcome(best, ofBest, null, float.NaN)
            : new PictureOutcome(best, ofBest, Placing.Of(scores, [.. right]), right.Max(label => chances[label]));
    }
}
