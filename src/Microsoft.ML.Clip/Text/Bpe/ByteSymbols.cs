using System.Text;

namespace Microsoft.ML.Clip.Text.Bpe;

/// <summary>
/// The printable character that stands for each byte in a byte-level vocabulary (GPT-2's <c>bytes_to_unicode</c>): itself where it is
/// printable in Latin-1, otherwise the next one from U+0100 on.
/// </summary>
internal static class ByteSymbols
{
    private static readonly char[] Symbols = Build();
    private static readonly Dictionary<char, byte> Bytes =
        Symbols.Select((symbol, b) => (symbol, b)).ToDictionary(p => p.symbol, p => (byte)p.b);

    /// <summary>The symbols in the order of CLIP's vocabulary: the printable bytes first, then the others.</summary>
    public static IEnumerable<char> InVocabularyOrder => Symbols.Order();

    public static char Of(byte value) => Symbols[value];

    /// <summary>A text with a symbol for each byte of its UTF-8.</summary>
    public static string Spell(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(Of));

    /// <summary>The bytes that the symbols of a token stand for, or null where one of them stands for none.</summary>
    public static byte[]? TryDecode(ReadOnlySpan<char> token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            if (!Bytes.TryGetValue(token[i], out bytes[i])) return null;
        }

        return bytes;
    }

    private static char[] Build()
    {
        var symbols = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++)
            symbols[b] = b is (>= '!' and <= '~') or (>= '¡' and <= '¬') or (>= '®' and <= 'ÿ') ? (char)b : (char)next++;
        return symbols;
    }
}
