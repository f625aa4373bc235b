using System.Buffers;
using System.Text;
using Microsoft.ML.Clip.Text.Unicode;

namespace Microsoft.ML.Clip.Text.Repair;

/// <summary>
/// The repairs that CLIP's tokenizer has made on every text by ftfy (<c>fix_text</c> with its defaults, version 6.3): mojibake, HTML
/// entities, ligatures, full- and half-width forms, curly quotes, line breaks, terminal escapes, control characters, normalization form C.
/// </summary>
internal static class TextRepair
{
    // FF5F-FFEE: what each half- or full-width form stands for (its NFKC mapping); itself where there is none.
    private const string Widths = "⦅⦆。「」、・ヲァィゥェォャュョッー"
        + "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\u3099\u309A"
        + "\u1160\u1100\u1101\u11AA\u1102\u11AC\u11AD\u1103\u1104\u1105\u11B0\u11B1\u11B2\u11B3\u11B4\u11B5"
        + "\u111A\u1106\u1107\u1108\u1121\u1109\u110A\u110B\u110C\u110D\u110E\u110F\u1110\u1111\u1112\uFFBF"
        + "\uFFC0\uFFC1\u1161\u1162\u1163\u1164\u1165\u1166\uFFC8\uFFC9\u1167\u1168\u1169\u116A\u116B\u116C"
        + "\uFFD0\uFFD1\u116D\u116E\u116F\u1170\u1171\u1172\uFFD8\uFFD9\u1173\u1174\u1175\uFFDD\uFFDE\uFFDF"
        + "¢£¬\uFFE3¦¥₩\uFFE7│←↑→↓■○";

    private static readonly SearchValues<char> Replaceable = SearchValues.Create(ReplaceableCharacters());

    public static string Apply(string text)
    {
        // Lines may come from different sources. Once a line has a '<' the text may be HTML, whose entities mean something.
        if (!text.Contains('\n', StringComparison.Ordinal))
            return ApplyToLine(text, unescape: !text.Contains('<', StringComparison.Ordinal));
        var unescape = true;
        var result = new StringBuilder();
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start) + 1;
            if (end == 0) end = text.Length;
            var line = text[start..end];
            unescape &= !line.Contains('<', StringComparison.Ordinal);
            result.Append(ApplyToLine(line, unescape));
            start = end;
        }

        return result.ToString();
    }

    private static string ApplyToLine(string text, bool unescape)
    {
        // One repair may bring to light what another can mend, such as mojibake made of entities.
        while (true)
        {
            var better = unescape ? HtmlEntities.UnescapeTerminated(text) : text;
            better = MojibakeRepair.Apply(better);
            better = ReplaceCharacters(better);
            better = RemoveControls(RemoveTerminalEscapes(better));
            better = UnicodeNormalization.ToFormC(better);
            if (better == text) return text;
            text = better;
        }
    }

    private static string ReplaceCharacters(string text)
    {
        if (text.AsSpan().IndexOfAny(Replaceable) < 0) return text;
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (!Replaceable.Contains(c)) result.Append(c);
            else if (c == '\r' && i + 1 < text.Length && text[i + 1] == '\n') continue;
            else if (char.IsSurrogatePair(c, i + 1 < text.Length ? text[i + 1] : ' ')) result.Append(c).Append(text[++i]);
            else if (Ligature(c) is { } letters) result.Append(letters);
            else result.Append(Replace(c));
        }

        return result.ToString();
    }

    private static string? Ligature(char c) => c switch
    {
        'Ĳ' => "IJ",
        'ĳ' => "ij",
        'ŉ' => "'n",
        'Ǆ' => "DŽ",
        'ǅ' => "Dž",
        'ǆ' => "dž",
        'Ǉ' => "LJ",
        'ǈ' => "Lj",
        'ǉ' => "lj",
        'Ǌ' => "NJ",
        'ǋ' => "Nj",
        'ǌ' => "nj",
        'Ǳ' => "DZ",
        'ǲ' => "Dz",
        'ǳ' => "dz",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' => "ſt",
        'ﬆ' => "st",
        '\uFFE3' => " \u0304",
        _ => null,
    };

    private static char Replace(char c) => c switch
    {
        >= '\u0080' and <= '\u009F' when SingleByteEncoding.Windows1252.Decode((byte)c) is var read && read != c => Replace(read),
        'ʼ' or (>= '\u2018' and <= '\u201B') => '\'',
        >= '\u201C' and <= '\u201F' => '"',
        '\u3000' => ' ',
        '\r' or '\u2028' or '\u2029' => '\n',
        >= '\uFF01' and <= '\uFF5E' => (char)(c - 0xFEE0),
        >= '\uFF5F' and <= '\uFFEE' => Widths[c - 0xFF5F],
        >= '\uD800' and <= '\uDFFF' => '\uFFFD',
        _ => c,
    };

    /// <summary>Removes the sequences that colour text in a terminal: ESC, [, numbers and semicolons, a letter.</summary>
    private static string RemoveTerminalEscapes(string text)
    {
        var escape = text.IndexOf("\u001B[", StringComparison.Ordinal);
        if (escape < 0) return text;

        var result = new StringBuilder(text.Length);
        var copied = 0;
        while (escape >= 0)
        {
            var end = escape + 2;
            while (end < text.Length && (char.IsDigit(text[end]) || text[end] == ';')) end++;
            if (end < text.Length && char.IsAsciiLetter(text[end]))
            {
                result.Append(text, copied, escape - copied);
                copied = end + 1;
            }

            escape = text.IndexOf("\u001B[", end, StringComparison.Ordinal);
        }

        return result.Append(text, copied, text.Length - copied).ToString();
    }

    private static string RemoveControls(string text)
    {
        foreach (var c in text)
        {
            if (IsUnwantedControl(c)) return string.Concat(text.Where(c => !IsUnwantedControl(c)));
        }

        return text;
    }

    /// <summary>
    /// Those of ASCII that are not white space, deprecated and interlinear ones, the object placeholder, the byte order mark.
    /// </summary>
    private static bool IsUnwantedControl(char c) => c is
        <= '\u0008' or '\u000B' or (>= '\u000E' and <= '\u001F') or '\u007F'
        or (>= '\u206A' and <= '\u206F') or '\uFEFF' or (>= '\uFFF9' and <= '\uFFFC');

    private static char[] ReplaceableCharacters() =>
    [
        .. Enumerable.Range(0, 0x10000).Select(c => (char)c)
            .Where(c => char.IsSurrogate(c) || Ligature(c) is not null || Replace(c) != c),
    ];
}
