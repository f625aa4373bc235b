using System.Text;

namespace Microsoft.ML.Clip.Text.Repair;

/// <summary>
/// One of the encodings of one byte a character that UTF-8 gets read in by mistake. Lenient as browsers are: a byte that has no character
/// stands for the control character of its number, so that any bytes survive the round trip.
/// </summary>
internal sealed class SingleByteEncoding
{
    /// <summary>Stands for a byte whose character was lost (<c>U+FFFD</c>) in the Windows encodings.</summary>
    public const byte LostByte = 0x1A;

    private readonly char[] _characters = new char[256];
    private readonly Dictionary<char, byte> _bytes = [];

    private SingleByteEncoding(int codePage)
    {
        IsWindows = codePage is >= 1250 and <= 1258;
        IsMacRoman = codePage == 10000;
        var encoding = CodePagesEncodingProvider.Instance.GetEncoding(codePage) ?? Encoding.GetEncoding(codePage);
        for (var b = 0; b < 256; b++)
        {
            // .NET puts bytes without a character into the private use area; its Mac OS Roman is from before the euro, with the ohm sign.
            var c = encoding.GetString([(byte)b])[0];
            if (c is >= '\uF8F0' and <= '\uF8FE') c = (char)b;
            if (IsMacRoman && (b is 0xBD or 0xDB)) c = b == 0xDB ? '€' : 'Ω';
            if (IsWindows && b == LostByte) c = '\uFFFD';
            _characters[b] = c;
            _bytes[c] = (byte)b;
        }
    }

    public static SingleByteEncoding Latin1 { get; } = new(28591);

    public static SingleByteEncoding Windows1252 { get; } = new(1252);

    /// <summary>
    /// All, the likeliest mistake first (the order is ftfy's): Western, Cyrillic, Central European, Greek, Turkish, Baltic.
    /// </summary>
    public static IReadOnlyList<SingleByteEncoding> All { get; } =
        [Latin1, Windows1252, new(1251), new(1250), new(1253), new(1254), new(1257), new(28592), new(10000), new(437)];

    public bool IsWindows { get; }

    public bool IsMacRoman { get; }

    public char Decode(byte value) => _characters[value];

    /// <summary>The bytes that would be read as this text, or null if none would.</summary>
    public byte[]? TryEncode(string text)
    {
        var bytes = new byte[text.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            if (!_bytes.TryGetValue(text[i], out bytes[i])) return null;
        }

        return bytes;
    }
}
