using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Microsoft.ML.Clip.Text.Repair;

/// <summary>
/// Undoes UTF-8 that was read in an encoding of one byte a character, once or several times over (<c>cafÃ©</c> → <c>café</c>), as ftfy's
/// <c>fix_encoding</c> does, which CLIP's tokenizer applies to every text.
/// </summary>
internal static class MojibakeRepair
{
    // What the bytes that begin and continue a UTF-8 sequence look like when read in one of the encodings close to Latin-1.
    private static readonly SearchValues<char> LeadOf2 = LooksOf(0xC2, 0xDF), LeadOf3 = LooksOf(0xE0, 0xEF);
    private static readonly SearchValues<char> LeadOf4 = LooksOf(0xF0, 0xF0, 0xF3, 0xF3);
    private static readonly SearchValues<char> Continuation = LooksOf(0x80, 0xBF, 0x20, 0x20);

    // Those that often stand for themselves beside mojibake do not show that a sequence began before them.
    private const string OwnMeaning = " –—―•‘’‚“”„…";

    /// <summary>Gives the text with what was decoded wrongly decoded rightly: the same instance where nothing was.</summary>
    public static string Apply(string text)
    {
        while (true)
        {
            var better = Step(text);
            if (better == text) return text;
            text = better;
        }
    }

    private static string Step(string text)
    {
        if (Ascii.IsValid(text) || !MojibakeDetector.LooksWrong(text)) return text;

        foreach (var encoding in SingleByteEncoding.All)
        {
            if (encoding.TryEncode(text) is not { } bytes) continue;
            if (!encoding.IsMacRoman) bytes = Utf8Mending.RestoreNoBreakSpaces(bytes);
            if (encoding.IsWindows) bytes = Utf8Mending.ReplaceLostSequences(bytes);
            if (Utf8Variants.TryDecode(bytes) is { } decoded) return decoded;
        }

        var mended = RepairParts(text);
        return mended != text ? mended : ReadControlsAsWindows1252(text);
    }

    /// <summary>Repairs the runs that are UTF-8 in a text that as a whole is not.</summary>
    private static string RepairParts(string text)
    {
        var result = new StringBuilder();
        var copied = 0;
        for (var start = 0; start < text.Length; start++)
        {
            if (start > 0 && Continuation.Contains(text[start - 1]) && !OwnMeaning.Contains(text[start - 1], StringComparison.Ordinal))
                continue;
            var end = start;
            while (SequenceLength(text, end) is > 0 and var length) end += length;
            if (end == start) continue;
            // All of the text was tried already: nothing else is left to try, neither from a later start.
            if (end - start == text.Length) return text;

            if (MojibakeDetector.LooksWrong(text.AsSpan(start, end - start)))
            {
                result.Append(text, copied, start - copied).Append(Apply(text[start..end]));
                copied = end;
            }

            start = end - 1;
        }

        return copied == 0 ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>A character may be the look of several bytes, so each length is tried.</summary>
    private static int SequenceLength(string text, int at)
    {
        if (at >= text.Length) return 0;
        if (LeadOf2.Contains(text[at]) && Continues(text, at + 1, 1)) return 2;
        if (LeadOf3.Contains(text[at]) && Continues(text, at + 1, 2)) return 3;
        return LeadOf4.Contains(text[at]) && Continues(text, at + 1, 3) ? 4 : 0;
    }

    private static bool Continues(string text, int at, int count) =>
        at + count <= text.Length && !text.AsSpan(at, count).ContainsAnyExcept(Continuation);

    /// <summary>Control characters 128 to 159 in a text are Windows-1252 that was read as Latin-1.</summary>
    private static string ReadControlsAsWindows1252(string text) =>
        text.AsSpan().IndexOfAnyInRange('\u0080', '\u009F') < 0 ? text : string.Create(text.Length, text, static (result, text) =>
        {
            for (var i = 0; i < result.Length; i++)
                result[i] = text[i] is >= '\u0080' and <= '\u009F' ? SingleByteEncoding.Windows1252.Decode((byte)text[i]) : text[i];
        });

    private static SearchValues<char> LooksOf(params int[] ranges)
    {
        var characters = new HashSet<char>();
        // Latin-1 and the Windows code pages 1250 to 1254 and 1257.
        foreach (var encoding in SingleByteEncoding.All.Where(e => e.IsWindows || e == SingleByteEncoding.Latin1))
        {
            for (var i = 0; i < ranges.Length; i += 2)
            {
                for (var b = ranges[i]; b <= ranges[i + 1]; b++) characters.Add(encoding.Decode((byte)b));
            }
        }

        return SearchValues.Create([.. characters]);
    }
}
