using System.Globalization;
using System.Text;

namespace Microsoft.ML.Clip.Text.SentencePiece;

/// <summary>What a piece is for; the numbers are <c>sentencepiece_model.proto</c>'s.</summary>
internal enum PieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>A piece of a SentencePiece vocabulary; its id is its place.</summary>
internal readonly record struct Piece(string Text, float Score, PieceKind Kind);

/// <summary>The pieces of a SentencePiece vocabulary, found by their text.</summary>
internal sealed class PieceVocabulary
{
    /// <summary>What stands for a space, so that words can be told apart in the pieces.</summary>
    public const char Space = '▁';

    private readonly Piece[] _pieces;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly int[] _bytes = new int[256];

    public PieceVocabulary(Piece[] pieces, int unknownId, string path)
    {
        _pieces = pieces;
        _ids = new Dictionary<string, int>(pieces.Length, StringComparer.Ordinal);
        _lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        Array.Fill(_bytes, -1);
        for (var id = 0; id < pieces.Length; id++)
        {
            if (!_ids.TryAdd(pieces[id].Text, id))
                throw new InvalidDataException($"{path}: the pieces {_ids[pieces[id].Text]} and {id} are both '{pieces[id].Text}'.");
            if (pieces[id].Kind is PieceKind.Normal or PieceKind.UserDefined) LongestPiece = Math.Max(LongestPiece, pieces[id].Text.Length);
            if (pieces[id].Kind == PieceKind.Byte && ByteOf(pieces[id].Text) is { } value) _bytes[value] = id;
        }

        if (_bytes.Contains(-1) && _bytes.Any(id => id >= 0))
            throw new InvalidDataException($"{path} has pieces for some bytes, but not for all 256.");

        UnknownId = (uint)unknownId < pieces.Length
            ? unknownId
            : throw new InvalidDataException($"{path} names no piece for what it does not know: its unknown id is {unknownId}.");
    }

    public int Count => _pieces.Length;

    public int UnknownId { get; }

    /// <summary>Length of the longest piece that a text can hold, in UTF-16 units.</summary>
    public int LongestPiece { get; }

    public Piece this[int id] => _pieces[id];

    /// <summary>The id of a text, or null.</summary>
    public int? Find(ReadOnlySpan<char> text) => _lookup.TryGetValue(text, out var id) ? id : null;

    /// <summary>The id of a piece that stands for a part of a text, which control and unused ones do not; or null.</summary>
    public int? FindPart(ReadOnlySpan<char> text) =>
        _lookup.TryGetValue(text, out var id) && _pieces[id].Kind is PieceKind.Normal or PieceKind.UserDefined ? id : null;

    /// <summary>
    /// Adds what stands for a text that no piece covers: its bytes' pieces where the vocabulary has them, else the unknown id, which is
    /// not repeated.
    /// </summary>
    public void AddUnknown(ReadOnlySpan<char> text, int start, bool wasUnknown, List<EncodedPiece> pieces)
    {
        if (_bytes[0] >= 0)
        {
            foreach (var value in Encoding.UTF8.GetBytes(text.ToArray())) pieces.Add(new(_bytes[value], start, start + text.Length));
        }
        else if (!wasUnknown)
        {
            pieces.Add(new(UnknownId, start, start + text.Length));
        }
        else
        {
            pieces[^1] = pieces[^1] with { End = start + text.Length };
        }
    }

    /// <summary>The byte that a piece such as <c>&lt;0x41&gt;</c> stands for, or null.</summary>
    public static byte? ByteOf(string piece) =>
        piece is ['<', '0', 'x', _, _, '>'] && byte.TryParse(piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, null, out var value)
            ? value
            : null;
}
