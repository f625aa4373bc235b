using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Text.Pipeline;

/// <summary>
/// The patterns of a <c>tokenizer.json</c>: a string, or a regular expression of Oniguruma, which .NET's engine runs as far as both mean
/// the same. What they read differently is refused.
/// </summary>
internal static class PatternReader
{
    /// <summary>
    /// Oniguruma's <c>\w</c>; .NET's lacks marks, number letters, letters in circles, and Latin-1's raised digits and fractions.
    /// </summary>
    private const string WordCharacters = @"\p{L}\p{Nl}\p{M}\p{Nd}\p{Pc}\u24B6-\u24E9\u00B2\u00B3\u00B9\u00BC-\u00BE";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Reads the property <c>pattern</c>.</summary>
    public static TextPattern Read(PipelineStep step)
    {
        var pattern = step.Part("pattern", $"{step.What} {step.Type}'s pattern") ?? throw step.Wrong("has no 'pattern'");
        var (plain, expression) = (pattern.TextOrNull("String"), pattern.TextOrNull("Regex"));
        pattern.RequireAllRead();
        return plain is { Length: > 0 } ? Literal(plain)
            : expression is { Length: > 0 } ? Expression(expression, step)
            : throw step.Wrong("has a pattern that is neither a String nor a Regex");
    }

    public static TextPattern Literal(string wanted)
    {
        return Find;

        IEnumerable<(int Start, int Length)> Find(string text)
        {
            for (var at = 0; (at = text.IndexOf(wanted, at, StringComparison.Ordinal)) >= 0; at += wanted.Length)
                yield return (at, wanted.Length);
        }
    }

    /// <summary>Single characters.</summary>
    public static TextPattern Characters(Func<Rune, bool> isMatch)
    {
        return Find;

        IEnumerable<(int Start, int Length)> Find(string text)
        {
            for (var at = 0; at < text.Length;)
            {
                var rune = Rune.GetRuneAt(text, at);
                if (isMatch(rune)) yield return (at, rune.Utf16SequenceLength);
                at += rune.Utf16SequenceLength;
            }
        }
    }

    /// <summary>A regular expression.</summary>
    /// <param name="expression">What Oniguruma would read.</param>
    /// <param name="step">Whose it is, for messages.</param>
    public static TextPattern Expression(string expression, PipelineStep? step = null)
    {
        Regex regex;
        try
        {
            // Ruby's syntax, which Oniguruma reads, has ^ and $ at every line.
            regex = new Regex(Translate(expression), RegexOptions.CultureInvariant | RegexOptions.Multiline, Limit);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException(
                $"{step?.Path}: the pattern '{expression}' of its {step?.What} '{step?.Type}' cannot be read: {e.Message}", e);
        }

        return text => Matches(regex, text);
    }

    private static IEnumerable<(int Start, int Length)> Matches(Regex regex, string text)
    {
        var units = Flatten(text, out var starts);
        for (var match = regex.Match(units); match.Success; match = match.NextMatch())
        {
            if (match.Length == 0) continue;
            if (starts is null) yield return (match.Index, match.Length);
            else yield return (starts[match.Index], starts[match.Index + match.Length] - starts[match.Index]);
        }
    }

    /// <summary>
    /// .NET's engine sees the halves of a character beyond U+FFFF, which are of no kind: one of the same kind takes its place.
    /// </summary>
    private static string Flatten(string text, out int[]? starts)
    {
        starts = null;
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0) return text;
        var (result, places) = (new StringBuilder(text.Length), new List<int>(text.Length));
        for (var at = 0; at < text.Length;)
        {
            var rune = Rune.GetRuneAt(text, at);
            places.Add(at);
            result.Append(rune.IsBmp ? (char)rune.Value : IsCircled(rune) ? 'Ⓐ' : StandIn(Rune.GetUnicodeCategory(rune)));
            at += rune.Utf16SequenceLength;
        }

        starts = [.. places, text.Length];
        return result.ToString();
    }

    private static bool IsCircled(Rune rune) =>
        Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherSymbol && CharacterKinds.IsWord(rune);

    private static char StandIn(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => '\uA640',
        UnicodeCategory.LowercaseLetter => '\uA641',
        UnicodeCategory.TitlecaseLetter => '\u1F88',
        UnicodeCategory.ModifierLetter => '\uA015',
        UnicodeCategory.OtherLetter => '\uA000',
        UnicodeCategory.NonSpacingMark => '\uA66F',
        UnicodeCategory.SpacingCombiningMark => '\uA823',
        UnicodeCategory.EnclosingMark => '\uA670',
        UnicodeCategory.DecimalDigitNumber => '\uA8D0',
        UnicodeCategory.LetterNumber => '\uA6E6',
        UnicodeCategory.OtherNumber => '\uA830',
        UnicodeCategory.ConnectorPunctuation => '\uFE33',
        UnicodeCategory.DashPunctuation => '\uFE58',
        UnicodeCategory.OpenPunctuation => '\uFE59',
        UnicodeCategory.ClosePunctuation => '\uFE5A',
        UnicodeCategory.InitialQuotePunctuation => '\u2E02',
        UnicodeCategory.FinalQuotePunctuation => '\u2E03',
        UnicodeCategory.OtherPunctuation => '\uA673',
        UnicodeCategory.MathSymbol => '\uFE62',
        UnicodeCategory.CurrencySymbol => '\uA838',
        UnicodeCategory.ModifierSymbol => '\uA700',
        UnicodeCategory.OtherSymbol => '\uA490',
        UnicodeCategory.Format => '\uFFF9',
        UnicodeCategory.PrivateUse => '\uE000',
        _ => '\u2FE0',
    };

    /// <summary>The same expression for .NET's engine.</summary>
    /// <exception cref="ArgumentException">It has something that .NET's engine would read otherwise.</exception>
    private static string Translate(string expression)
    {
        var result = new StringBuilder(expression.Length);
        var isInClass = false;
        for (var i = 0; i < expression.Length; i++)
        {
            var c = expression[i];
            if (char.IsSurrogate(c)) throw Unsupported("a character beyond U+FFFF");
            if (c == '\\' && i + 1 < expression.Length)
            {
                var escaped = expression[++i];
                result.Append(escaped switch
                {
                    'w' => isInClass ? WordCharacters : $"[{WordCharacters}]",
                    'W' when !isInClass => $"[^{WordCharacters}]",
                    'W' => throw Unsupported(@"\W in brackets"),
                    'b' or 'B' or 'h' or 'H' or 'R' or 'X' or 'K' or 'Z' or 'y' or 'Y' or 'g' or 'k' => throw Unsupported($"\\{escaped}"),
                    _ => $"\\{escaped}",
                });
                continue;
            }

            if (isInClass && c == '[') throw Unsupported("brackets in brackets");
            if (isInClass && c == '&' && expression.AsSpan(i).StartsWith("&&")) throw Unsupported("&& in brackets");
            if (!isInClass && c == '{' && expression.AsSpan(i).StartsWith("{,")) throw Unsupported("{,");
            isInClass = c == '[' || (isInClass && c != ']');
            result.Append(c);
        }

        return result.ToString();

        static ArgumentException Unsupported(string what) => new($"{what} is not supported.");
    }
}
