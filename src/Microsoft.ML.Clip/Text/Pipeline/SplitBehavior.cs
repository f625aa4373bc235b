namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>What a split does with the matches of its pattern; the names are Hugging Face's.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

internal static class TextSplit
{
    /// <summary>A splitter at the matches of a pattern.</summary>
    public static TextSplitter At(TextPattern pattern, SplitBehavior behavior, bool invert = false) => text =>
    {
        var parts = Cover(text.Text, pattern);
        if (invert) parts = parts.ConvertAll(p => p with { IsMatch = !p.IsMatch });
        var joined = behavior switch
        {
            SplitBehavior.Removed => parts.FindAll(p => !p.IsMatch),
            SplitBehavior.Isolated => parts,
            SplitBehavior.Contiguous => Join(parts, (before, part) => before.IsMatch == part.IsMatch),
            SplitBehavior.MergedWithPrevious => Join(parts, (before, part) => part.IsMatch && !before.IsMatch),
            SplitBehavior.MergedWithNext => MergeWithNext(parts),
            _ => throw new ArgumentOutOfRangeException(nameof(behavior), behavior, "Not a behavior."),
        };
        return joined.Where(p => p.End > p.Start).Select(p => text.Slice(p.Start, p.End - p.Start));
    };

    private static List<Part> Cover(string text, TextPattern pattern)
    {
        var parts = new List<Part>();
        var from = 0;
        foreach (var (start, length) in pattern(text))
        {
            if (start > from) parts.Add(new(from, start, false));
            parts.Add(new(start, start + length, true));
            from = start + length;
        }

        if (from < text.Length) parts.Add(new(from, text.Length, false));
        return parts;
    }

    /// <summary>Joins a part to what is before it; <paramref name="isJoined"/> gets the part just before and this one.</summary>
    private static List<Part> Join(List<Part> parts, Func<Part, Part, bool> isJoined)
    {
        var result = new List<Part>(parts.Count);
        for (var i = 0; i < parts.Count; i++)
        {
            if (i > 0 && isJoined(parts[i - 1], parts[i])) result[^1] = result[^1] with { End = parts[i].End };
            else result.Add(parts[i]);
        }

        return result;
    }

    private static List<Part> MergeWithNext(List<Part> parts)
    {
        var result = new List<Part>(parts.Count);
        for (var i = parts.Count - 1; i >= 0; i--)
        {
            if (i + 1 < parts.Count && parts[i].IsMatch && !parts[i + 1].IsMatch) result[^1] = result[^1] with { Start = parts[i].Start };
            else result.Add(parts[i]);
        }

        result.Reverse();
        return result;
    }

    private readonly record struct Part(int Start, int End, bool IsMatch);
}
