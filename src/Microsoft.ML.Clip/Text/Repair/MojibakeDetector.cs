using System.Collections.Frozen;
using System.Text;

namespace Microsoft.ML.Clip.Text.Repair;

/// <summary>
/// Tells whether a text has neighbours that nobody writes but that UTF-8 read in another encoding is full of, such as <c>Ã©</c> or
/// <c>â€™</c>. Which neighbours count is the judgement of ftfy 6.3's <c>is_bad</c> (Robyn Speer), which CLIP's tokenizer relies on; here as
/// a table of sequences of sets.
/// </summary>
internal static class MojibakeDetector
{
    // The characters that the encodings of SingleByteEncoding give to bytes from 128 on, by the part they play in writing.
    private const string Common = "\u00A0\u00AD·´–—―…’";
    private const string Odd = "¦¤¨¬¯¸ƒˆˇ˘˛˜†‡‰⌐◊\uFFFDªº";
    private const string Law = "¶§";
    private const string Currency = "¢£¥₧€";
    private const string Opening = "¡«¿©΄΅‘‚“„•‹\uF8FF";
    private const string Closing = "®»˝”›™";
    private const string Numeric = "²³¹±¼½¾×µ÷⁄∂∆∏∑√∞∩∫≈≠≡≤≥№";
    private const string Box = "│┌┐┘├┤┬┼═║╒╓╔╕╖╗╘╙╚╛╜╝╞╟╠╡╢╣╤╥╦╧╨╩╪╫╬▀▄█▌▐░▒▓";
    private const string Face = "ÒÓÔÕÖÙÚÛÜòóôõöøùúûüŐŌŪŲ°"; // letters that are also eyes in emoticons, as in (°ロ°)
    private const string UpperAccented = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑØÜÝĂĀĄĆČĎĐĘĚĒĖĞĢİĪĶĹĽŁĻŃŇŅŒŘŚŞŠŢŤŮŰŸŹŻŽҐ";
    private const string LowerAccented = "ßàáâãäåæçèéêëìíîïðñăąāćčďđęěēėğģįīķĺľłļœŕśşšťüźżžґﬁﬂ";
    private const string UpperCommon = "ÞΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏΪΫ"
        + "ЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ";
    private const string LowerCommon = "αβγδεζηθικλμνξοπρςστυφχψωάέήίΰ"
        + "абвгдежзийклмнопрстуфхцчшщъыьэюяѐёђѓєѕіїјљњћќѝўџ";
    private const string Lower = "abcdefghijklmnopqrstuvwxyz";
    private const string Letter = Lower + "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private const string Control = "\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F"
        + "\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F";

    private const string Accented = LowerAccented + UpperAccented;
    private const string Visible = Accented + Box + Opening + Closing + Currency + Numeric + Law;
    private const string AfterArabicLead = Common + Currency + Odd + Numeric + Opening + "ŸŠ®°µ»";
    private const string AfterCyrillicLead = Control + Odd + Opening + Closing + Currency + "°µ";
    private const string AfterGreekLead = Control + Odd + Opening + Closing + Currency + "°";

    // Sets known by what they are, not by a list.
    private const string Any = "any", Space = "space", Word = "word", NotLetter = "not a letter";

    private static readonly string[][] Sequences =
    [
        [Control],
        [Visible + Odd, Odd],
        [Odd, Visible],
        [Letter, LowerCommon + UpperCommon, Odd],
        [LowerAccented + LowerCommon + Box + Closing + Currency + Numeric, UpperAccented],
        [Box + Closing + Currency + Numeric, LowerAccented],
        [LowerAccented + Box + Closing, Currency],
        [Space, UpperAccented, Currency],
        [UpperAccented + Box, Numeric + Law],
        [Accented + Box + Currency + Closing, Opening, Numeric],
        [Accented + Currency + Numeric + Box + Law, Closing, Opening],
        [Currency + Numeric + Box, Opening],
        [Lower, UpperAccented, Opening + Currency],
        [Box, Face + Closing],
        [Accented + Currency + Numeric + Opening + Closing + Law, Box],
        [Accented, Opening + Closing, Word],
        ["Œœ", NotLetter],
        [UpperAccented, "°"],
        ["×", "²³"],
        // Windows-1252, also for Arabic and the scripts of South Asia
        ["ÂÃÎÐ", Opening + Closing + "€œŠš¢£Ÿž\u00A0\u00AD®©°·»–—´"],
        ["ØÙ", AfterArabicLead, "ØÙ", AfterArabicLead],
        ["à", "²µ¹¼½¾"],
        ["Ã", "\u00A0¡"],
        [Lower, "ÃÂ", " "],
        [Lower, Space, "ÃÂ", " "],
        [Lower + ".,?!" + Closing, "Â", " " + Opening + Closing],
        // Mac OS Roman
        ["√", "±∂†≠®™´≤≥¥µø"],
        ["≈", "°¢"],
        ["‚", "Ä", "ìîïòôúùû†°¢π"],
        ["‚", "âó", "àä°ê"],
        // Windows-1251, 1253 and 1257
        ["в", "Ђ"],
        ["ВГРС", AfterCyrillicLead, "ВГРС"],
        ["Г", "ў", "В", "Ђ", "В", Any, Letter + " "],
        ["β", "€", "™\u00A0Ά\u00AD®°"],
        ["ΒΓΞΟ", AfterGreekLead, "ΒΓΞΟ"],
        ["ā", "€"],
    ];

    // Each distinct set is one bit (there are about 70), so that a step of a sequence is one AND.
    private static readonly string[] Sets = [.. Sequences.SelectMany(s => s).Distinct()];
    private static readonly UInt128[][] Masks =
        [.. Sequences.Select(s => s.Select(set => UInt128.One << Array.IndexOf(Sets, set)).ToArray())];
    private static readonly FrozenDictionary<char, UInt128> Listed = ListedCharacters();
    private static readonly UInt128 AsciiBit = UInt128.One << 127;
    private static readonly UInt128 AnyBit = Bit(Any), SpaceBit = Bit(Space), WordBit = Bit(Word), NotLetterBit = Bit(NotLetter);

    /// <summary>Whether the text looks as if it had been decoded with the wrong encoding.</summary>
    public static bool LooksWrong(ReadOnlySpan<char> text)
    {
        if (text is ['Ã' or 'Â', ' ', ..]) return true;

        // By code point: a letter beyond U+FFFF is one letter here.
        var room = text.Length <= 512 ? stackalloc UInt128[text.Length] : new UInt128[text.Length];
        var count = 0;
        foreach (var rune in text.EnumerateRunes()) room[count++] = SetsOf(rune);

        var bits = room[..count];
        for (var i = 0; i < bits.Length; i++)
        {
            // Every sequence has a character beyond ASCII in its first three.
            if ((bits[i] & AsciiBit) != 0 && (i + 1 >= count || (bits[i + 1] & AsciiBit) != 0)
                && (i + 2 >= count || (bits[i + 2] & AsciiBit) != 0)) continue;
            foreach (var mask in Masks)
            {
                if ((bits[i] & mask[0]) != 0 && Matches(bits[i..], mask)) return true;
            }
        }

        return false;
    }

    private static bool Matches(ReadOnlySpan<UInt128> bits, UInt128[] mask)
    {
        if (bits.Length < mask.Length) return false;
        for (var i = 1; i < mask.Length; i++)
        {
            if ((bits[i] & mask[i]) == 0) return false;
        }

        return true;
    }

    private static UInt128 SetsOf(Rune rune)
    {
        var bits = rune.IsBmp ? Listed.GetValueOrDefault((char)rune.Value) : 0;
        // White space, word and "any" as Python's patterns have them: four separators count as space, a line feed is not "any".
        if (rune.Value != '\n') bits |= AnyBit;
        if (Rune.IsWhiteSpace(rune) || rune.Value is >= 0x1C and <= 0x1F) bits |= SpaceBit;
        if (rune.Value == '_' || Rune.IsLetter(rune) || Rune.IsNumber(rune)) bits |= WordBit;
        if (rune.IsAscii) bits |= AsciiBit;
        if (!(rune.IsAscii && char.IsAsciiLetter((char)rune.Value))) bits |= NotLetterBit;
        return bits;
    }

    private static UInt128 Bit(string set) => UInt128.One << Array.IndexOf(Sets, set);

    private static FrozenDictionary<char, UInt128> ListedCharacters()
    {
        var result = new Dictionary<char, UInt128>();
        foreach (var set in Sets.Except([Any, Space, Word, NotLetter]))
        {
            foreach (var c in set) result[c] = result.GetValueOrDefault(c) | Bit(set);
        }

        return result.ToFrozenDictionary();
    }
}
