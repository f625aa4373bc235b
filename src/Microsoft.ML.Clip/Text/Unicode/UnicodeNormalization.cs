using System.Collections;
using System.Text;

namespace Microsoft.ML.Clip.Text.Unicode;

/// <summary>
/// Unicode's normalization forms (Unicode Standard Annex 15) from embedded tables, because <see cref="string.Normalize()"/> does
/// nothing in applications that run with InvariantGlobalization.
/// </summary>
internal static class UnicodeNormalization
{
    // Hangul syllables are composed by arithmetic (The Unicode Standard, section 3.12).
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28, SyllableCount = LeadCount * VowelCount * TailCount;

    // All that composes, reorders or decomposes lies below this code point.
    private const int TableEnd = 0x30000;

    private static readonly Lazy<Tables> Data = new(static () => new Tables());

    private static readonly Lazy<Dictionary<int, int[]>> Compatible = new(static () => DataTable.Lines("compatibility.txt")
        .Select(DataTable.CodePoints).ToDictionary(codes => codes[0], codes => codes[1..]));

    /// <summary>Gives the text in a normalization form.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="isComposed">Whether in form C or KC, not D or KD.</param>
    /// <param name="isCompatible">Whether in form KC or KD, not C or D.</param>
    public static string ToForm(string text, bool isComposed, bool isCompatible)
    {
        if (Ascii.IsValid(text)) return text;
        var (tables, codes) = (Data.Value, new List<int>(text.Length + 8));
        foreach (var rune in text.EnumerateRunes())
        {
            if (isCompatible && Compatible.Value.TryGetValue(rune.Value, out var parts)) codes.AddRange(parts);
            else tables.Decompose(rune.Value, codes);
        }

        tables.Reorder(codes);
        if (isComposed) tables.Compose(codes);
        return Text(codes);
    }

    /// <summary>Gives the text in normalization form C: the same instance where it already is.</summary>
    public static string ToFormC(string text)
    {
        // No character below U+0300 combines or decomposes to something else in form C.
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', '\u02FF') < 0) return text;
        var tables = Data.Value;
        if (!tables.MayChange(text)) return text;

        var codes = new List<int>(text.Length + 8);
        foreach (var rune in text.EnumerateRunes()) tables.Decompose(rune.Value, codes);
        tables.Reorder(codes);
        tables.Compose(codes);
        return Text(codes);
    }

    private static string Text(List<int> codes)
    {
        var result = new StringBuilder(codes.Count);
        foreach (var code in codes) result.Append(new Rune(code));
        return result.ToString();
    }

    private sealed class Tables
    {
        private readonly Dictionary<int, (int First, int Second)> _decompositions = [];
        private readonly Dictionary<(int First, int Second), int> _compositions = [];
        private readonly Dictionary<int, byte> _classes = [];
        private readonly BitArray _mayChange = new(TableEnd);

        public Tables()
        {
            var excluded = new HashSet<int>();
            foreach (var line in DataTable.Lines("normalization.txt"))
            {
                var fields = line[2..].Split(": ");
                switch (line[0])
                {
                    case '+':
                        AddPairs(DataTable.CodePoint(fields[0]), DataTable.CodePoints(fields[1]));
                        break;
                    case '=':
                        AddSingletons(DataTable.CodePoints(fields[0]));
                        break;
                    case 'x':
                        excluded.UnionWith(DataTable.CodePoints(fields[0]));
                        break;
                    case 'c':
                        AddClass((byte)DataTable.CodePoint(fields[0]), fields[1].Split(' '));
                        break;
                }
            }

            foreach (var code in excluded)
            {
                _compositions.Remove(_decompositions[code]);
                _mayChange[code] = true;
            }

            for (var code = VowelBase; code < VowelBase + VowelCount; code++) _mayChange[code] = true;
            for (var code = TailBase + 1; code < TailBase + TailCount; code++) _mayChange[code] = true;
        }

        public bool MayChange(string text)
        {
            foreach (var rune in text.EnumerateRunes())
            {
                if (rune.Value < TableEnd && _mayChange[rune.Value]) return true;
            }

            return false;
        }

        public void Decompose(int code, List<int> result)
        {
            var syllable = code - SyllableBase;
            if ((uint)syllable < SyllableCount)
            {
                result.Add(LeadBase + syllable / (VowelCount * TailCount));
                result.Add(VowelBase + syllable / TailCount % VowelCount);
                if (syllable % TailCount != 0) result.Add(TailBase + syllable % TailCount);
            }
            else if (_decompositions.TryGetValue(code, out var parts))
            {
                Decompose(parts.First, result);
                if (parts.Second != 0) result.Add(parts.Second);
            }
            else
            {
                result.Add(code);
            }
        }

        /// <summary>Puts each run of combining marks in the order of their classes, keeping the order within a class.</summary>
        public void Reorder(List<int> codes)
        {
            for (var start = 0; start < codes.Count; start++)
            {
                var end = start;
                while (end < codes.Count && Class(codes[end]) != 0) end++;
                if (end - start < 2) continue;
                int[] ordered = [.. codes.GetRange(start, end - start).OrderBy(code => Class(code))];
                for (var i = 0; i < ordered.Length; i++) codes[start + i] = ordered[i];
                start = end;
            }
        }

        /// <summary>Joins each starter with the marks after it that no mark of the same or a higher class separates from it.</summary>
        public void Compose(List<int> codes)
        {
            int starter = -1, kept = 0, lastClass = 0;
            for (var i = 0; i < codes.Count; i++)
            {
                var (code, combining) = (codes[i], Class(codes[i]));
                var reachable = starter >= 0 && (starter == kept - 1 || (lastClass < combining && lastClass != 0));
                if (reachable && TryCompose(codes[starter], code, out var composite))
                {
                    codes[starter] = composite;
                    continue;
                }

                if (combining == 0) starter = kept;
                lastClass = combining;
                codes[kept++] = code;
            }

            codes.RemoveRange(kept, codes.Count - kept);
        }

        private bool TryCompose(int first, int second, out int composite)
        {
            var (lead, vowel) = (first - LeadBase, second - VowelBase);
            if ((uint)lead < LeadCount && (uint)vowel < VowelCount)
            {
                composite = SyllableBase + (lead * VowelCount + vowel) * TailCount;
                return true;
            }

            var (syllable, tail) = (first - SyllableBase, second - TailBase);
            if ((uint)syllable < SyllableCount && syllable % TailCount == 0 && tail is > 0 and < TailCount)
            {
                composite = first + tail;
                return true;
            }

            return _compositions.TryGetValue((first, second), out composite);
        }

        private byte Class(int code) => _classes.GetValueOrDefault(code);

        private void AddPairs(int second, int[] firstsAndComposites)
        {
            _mayChange[second] = true;
            for (var i = 0; i < firstsAndComposites.Length; i += 2)
            {
                var pair = (firstsAndComposites[i], second);
                _decompositions.Add(firstsAndComposites[i + 1], pair);
                // Composites that never compose share no pair with one that does, so the last one in is removed again later.
                _compositions[pair] = firstsAndComposites[i + 1];
            }
        }

        private void AddSingletons(int[] codesAndTargets)
        {
            for (var i = 0; i < codesAndTargets.Length; i += 2)
            {
                _mayChange[codesAndTargets[i]] = true;
                _decompositions.Add(codesAndTargets[i], (codesAndTargets[i + 1], 0));
            }
        }

        private void AddClass(byte combining, string[] ranges)
        {
            foreach (var range in ranges)
            {
                var ends = range.Split('-');
                for (var code = DataTable.CodePoint(ends[0]); code <= DataTable.CodePoint(ends[^1]); code++)
                {
                    _classes.Add(code, combining);
                    _mayChange[code] = true;
                }
            }
        }
    }
}
