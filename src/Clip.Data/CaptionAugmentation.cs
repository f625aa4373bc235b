using Clip.Conversion.Initialization;

namespace Clip.Data;

/// <summary>
/// What happens to a training image's captions before they are tokens, so that a text tower learns words rather than whole captions; it
/// matters where names are to be understood that training never showed. What is left at its default draws no random number.
/// </summary>
public sealed record CaptionAugmentation
{
    private static readonly char[] BetweenWords = [' ', '\t', '\r', '\n', ',', ';'];

    /// <summary>The chance that the first of several captions is shown; else one is drawn among all, or all are joined.</summary>
    public double FirstChance { get; init; }

    /// <summary>The chance that several captions are joined by commas, in a random order, rather than one of them drawn.</summary>
    public double JoinChance { get; init; }

    /// <summary>The chance that the words come in a random order.</summary>
    public double ShuffleChance { get; init; }

    /// <summary>The chance of each word to be left out; one always stays.</summary>
    public double WordDropout { get; init; }

    /// <summary>The text that an image is shown with.</summary>
    /// <param name="captions">At least one.</param>
    /// <param name="random">The sample's random numbers.</param>
    internal string Choose(IReadOnlyList<string> captions, ref SampleRandom random)
    {
        if (captions.Count == 1) return captions[0];
        if (FirstChance > 0 && random.NextDouble() < FirstChance) return captions[0];
        if (JoinChance == 0 || random.NextDouble() >= JoinChance) return captions[random.Next(captions.Count)];
        var all = captions.ToArray();
        random.Shuffle(all.AsSpan());
        return string.Join(", ", all);
    }

    /// <summary>A text with words left out and in another order; words are what blanks, commas and semicolons part.</summary>
    internal string Vary(string text, ref SampleRandom random)
    {
        var shuffles = ShuffleChance > 0 && random.NextDouble() < ShuffleChance;
        if (!shuffles && WordDropout == 0) return text;
        var words = text.Split(BetweenWords, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2) return text;
        if (shuffles) random.Shuffle(words.AsSpan());
        if (WordDropout > 0) words = Some(words, ref random);
        return string.Join(' ', words);
    }

    private string[] Some(string[] words, ref SampleRandom random)
    {
        var (kept, spare) = (new List<string>(words.Length), words[random.Next(words.Length)]);
        foreach (var word in words)
        {
            if (random.NextDouble() >= WordDropout) kept.Add(word);
        }

        return kept.Count > 0 ? [.. kept] : [spare];
    }
}
