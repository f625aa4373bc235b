using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Clip.Cli.Options;

/// <summary>
/// Numbers on the command line: what each option takes, in one table, and how they are read, in the same way in every country. A point
/// parts decimals, and nothing parts thousands: read by .NET's usual rules, 0,001 would be 1.
/// </summary>
internal static class Numbers
{
    private const double Most = 1_000_000;

    /// <summary>What an option takes, by its name; options of one name take the same everywhere.</summary>
    private static readonly Dictionary<string, NumberRange> Ranges = new()
    {
        ["--accum-freq"] = new(1, 65_536),
        ["--alpha"] = new(0, 1),
        ["--aug-blur"] = new(0, 1),
        ["--aug-color-jitter"] = new(0, 1),
        ["--aug-flip"] = new(0, 1),
        ["--aug-grayscale"] = new(0, 1),
        ["--aug-hue"] = new(0, 0.5),
        ["--aug-outlines"] = new(0, 1),
        ["--aug-rotate"] = new(0, 180),
        ["--aug-scale"] = new(0, 1) { IsAbove = true },
        ["--aug-translate"] = new(0, 1),
        ["--aug-zoom"] = new(0, 0.9),
        ["--batch-delay"] = new(0, 10_000),
        ["--batch-size"] = new(2, Most) { Why = "each picture is told from the others of its batch" },
        ["--beam-size"] = new(1, 256),
        ["--beta1"] = new(0, 1) { IsBelow = true },
        ["--beta2"] = new(0, 1) { IsBelow = true },
        ["--caption-dropout"] = new(0, 1) { IsBelow = true },
        ["--caption-first"] = new(0, 1),
        ["--caption-join"] = new(0, 1),
        ["--caption-shuffle"] = new(0, 1),
        ["--epochs"] = new(1, Most),
        ["--epochs-cooldown"] = new(0, Most) { IsAbove = true },
        ["--eps"] = new(0, 1) { IsAbove = true },
        ["--few-shot"] = new(1, Most),
        ["--few-shot-draws"] = new(1, 1_000),
        ["--grad-clip-norm"] = new(0, 1e9) { IsAbove = true },
        ["--hold-out"] = new(0, 1) { IsAbove = true, IsBelow = true },
        ["--image-weight"] = new(-100, 100),
        ["--images-seen"] = new(1, 1e12),
        ["--folds"] = new(2, 100),
        ["--gflops"] = new(1e-3, 1e12),
        ["--keep"] = new(1, Most),
        ["--label-smoothing"] = new(0, 1) { IsBelow = true },
        ["--labels"] = new(1, Most),
        ["--layer-decay"] = new(0, 1) { IsAbove = true },
        ["--lock-image-unlocked-groups"] = new(0, 1_000),
        ["--lock-text-unlocked-layers"] = new(0, 1_000),
        ["--lora-alpha"] = new(0, Most) { IsAbove = true },
        ["--lora-rank"] = new(0, 1_024),
        ["--lr"] = new(0, 10) { IsAbove = true },
        ["--lr-cooldown-end"] = new(0, 10),
        ["--lr-cooldown-power"] = new(0, 100) { IsAbove = true },
        ["--max-bad"] = new(0, 100),
        ["--image-size"] = new(1, 8_192),
        ["--max-batch"] = new(1, 1_024),
        ["--max-logit-scale"] = new(1, 100),
        ["--max-minutes"] = new(0, 10 * 366 * 24 * 60) { IsAbove = true },
        ["--max-steps"] = new(1, 1e12),
        ["--mean-cosine"] = new(0, 1) { IsAbove = true, IsBelow = true },
        ["--min-score"] = new(0, 1) { IsAbove = true },
        ["--minutes"] = new(0, 10 * 366 * 24 * 60) { IsAbove = true },
        ["--model-ema-decay"] = new(0, 1) { IsBelow = true },
        ["--pictures"] = new(1, Most),
        ["--points"] = new(1, 1_000),
        ["--port"] = new(0, 65_535),
        ["--queue"] = new(1, Most),
        ["--read-timeout"] = new(0, 86_400) { IsAbove = true },
        ["--records-per-file"] = new(1, 1e8),
        ["--samples"] = new(1, Most),
        ["--save-frequency"] = new(1, Most),
        ["--save-steps"] = new(1, 1e12),
        ["--seed"] = new(long.MinValue, long.MaxValue),
        ["--shard-size"] = new(0, Most) { IsAbove = true },
        ["--suggest"] = new(1, Most),
        ["--text-heads"] = new(1, 1_024),
        ["--top"] = new(1, Most),
        ["--val-frequency"] = new(1, Most),
        ["--vision-heads"] = new(1, 1_024),
        ["--vocab-size"] = new(514, Most) { Why = "every byte, inside and at the end of a word, and the two special tokens are 514" },
        ["--warmup"] = new(0, 1e12),
        ["--wd"] = new(0, 100),
        ["--without-weight"] = new(0, 100),
        ["--workers"] = new(0, 1_024),
        ["--zeroshot-frequency"] = new(1, Most),
    };

    /// <summary>Reads a number: digits, a sign, a point and an exponent where the type has them, and nothing else.</summary>
    public static bool TryParse<T>(string text, out T number)
        where T : INumber<T>
    {
        const NumberStyles whole = NumberStyles.AllowLeadingSign;
        const NumberStyles real = whole | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return T.TryParse(text, typeof(T) == typeof(double) ? real : whole, CultureInfo.InvariantCulture, out number!);
    }

    /// <summary>What an option takes; null where it takes no number.</summary>
    /// <exception cref="InvalidOperationException">It takes a number, and the table does not say which.</exception>
    public static NumberRange? RangeOf(Option option)
    {
        var type = option.ValueType.GetElementType() ?? Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        if (type != typeof(int) && type != typeof(long) && type != typeof(double)) return null;
        return Ranges.TryGetValue(option.Name, out var range)
            ? range with { IsWhole = type != typeof(double) }
            : throw new InvalidOperationException($"The table of numbers lacks {option.Name}.");
    }

    /// <summary>Makes every option with a number, of a command and of those below it, take what the table says.</summary>
    public static void Guard(Command command)
    {
        foreach (var sub in command.Subcommands) Guard(sub);
        foreach (var option in command.Options)
        {
            if (RangeOf(option) is not { } range) continue;
            Action guard = option switch
            {
                Option<int> one => () => one.CustomParser = result => Read<int>(result, range),
                Option<long> one => () => one.CustomParser = result => Read<long>(result, range),
                Option<double> one => () => one.CustomParser = result => Read<double>(result, range),
                Option<int?> one => () => one.CustomParser = result => Read<int>(result, range),
                Option<long?> one => () => one.CustomParser = result => Read<long>(result, range),
                Option<double?> one => () => one.CustomParser = result => Read<double>(result, range),
                Option<int[]> some => () => some.CustomParser =
                    result => [.. result.Tokens.Select(token => Read<int>(result, token.Value, range))],
                Option<double[]> some => () => some.CustomParser =
                    result => [.. result.Tokens.Select(token => Read<double>(result, token.Value, range))],
                _ => throw new InvalidOperationException($"{option.Name} takes numbers of a kind that cannot be read."),
            };
            guard();
        }
    }

    private static T Read<T>(ArgumentResult result, NumberRange range)
        where T : struct, INumber<T> => result.Tokens is [.., var last] ? Read<T>(result, last.Value, range) : default;

    private static T Read<T>(ArgumentResult result, string text, NumberRange range)
        where T : struct, INumber<T>
    {
        if (TryParse<T>(text, out var number) && range.Contains(double.CreateChecked(number))) return number;
        var comma = text.Contains(',', StringComparison.Ordinal) ? "; write a point before decimals, and nothing between thousands" : "";
        result.AddError($"{((OptionResult)result.Parent!).Option.Name} must be {range}, and is '{text}'{comma}.");
        return default;
    }
}

/// <summary>What a number may be.</summary>
/// <param name="Least">The smallest.</param>
/// <param name="Most">The largest.</param>
internal sealed record NumberRange(double Least, double Most)
{
    /// <summary>Whether the smallest itself is too small.</summary>
    public bool IsAbove { get; init; }

    /// <summary>Whether the largest itself is too large.</summary>
    public bool IsBelow { get; init; }

    /// <summary>Whether it has no decimals.</summary>
    public bool IsWhole { get; init; }

    /// <summary>Why it is so, where one may wonder.</summary>
    public string? Why { get; init; }

    /// <summary>Whether a number is in it; one that is not a number is not.</summary>
    public bool Contains(double number) =>
        (IsAbove ? number > Least : number >= Least) && (IsBelow ? number < Most : number <= Most);

    /// <summary>The range in words, to follow "must be".</summary>
    public override string ToString()
    {
        var kind = IsWhole ? "a whole number" : "a number";
        var why = Why is null ? "" : $" ({Why})";
        var (least, most) = (Text(Least), Text(Most));
        return (IsAbove, IsBelow) switch
        {
            _ when Least == long.MinValue => kind,
            (false, false) => $"{kind} from {least} to {most}{why}",
            (true, false) => $"{kind} above {least}, at most {most}{why}",
            (false, true) => $"{kind} from {least} to below {most}{why}",
            _ => $"{kind} above {least} and below {most}{why}",
        };
    }

    private static string Text(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}
