using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Clip.Storage;

/// <summary>
/// What stands first in an index file, in a block of its own: a mark, a length, JSON, and a hash of it. Behind it, each at a multiple of
/// the block's size and in little-endian order: the rows as floats, their codes, their distances from the codes, the codes' centers and
/// steps, where each entry begins, and the entries.
/// </summary>
internal sealed record IndexHeader
{
    /// <summary>Bytes of the block; memory is mapped by such.</summary>
    public const int Size = 4096;

    private const int HashSize = 32, TextAt = 16 + HashSize;
    private static readonly byte[] Mark = "CLIPINDX"u8.ToArray();

    /// <summary>Of the layout of the file.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Changes with each time that the index is saved.</summary>
    public required string Generation { get; init; }

    public required string ModelFingerprint { get; init; }

    public string? ModelName { get; init; }

    public required int Dimension { get; init; }

    public required int Count { get; init; }

    public long VectorsAt { get; init; }

    public long CodesAt { get; init; }

    public long DistancesAt { get; init; }

    public long CodingAt { get; init; }

    public long OffsetsAt { get; init; }

    public long EntriesAt { get; init; }

    /// <summary>The length of the whole file.</summary>
    public long Length { get; init; }

    public byte[] ToBytes()
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(this);
        if (TextAt + text.Length > Size)
            throw new ArgumentException("The model's name and fingerprint are too long for an index; give shorter ones.");
        var block = new byte[Size];
        Mark.CopyTo(block, 0);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(8), text.Length);
        SHA256.HashData(text, block.AsSpan(16));
        text.CopyTo(block, TextAt);
        return block;
    }

    /// <exception cref="InvalidDataException">The file is no index, of a later version, or damaged.</exception>
    public static IndexHeader Read(Stream file, string path)
    {
        var block = new byte[Size];
        if (file.ReadAtLeast(block, Size, throwOnEndOfStream: false) < Size || !block.AsSpan(0, Mark.Length).SequenceEqual(Mark))
            throw new InvalidDataException($"'{path}' is no index of pictures; give one that clip index or ClipImageIndex has written.");
        var length = BinaryPrimitives.ReadInt64LittleEndian(block.AsSpan(8));
        if (length is < 2 or > Size - TextAt) throw Damaged(path);
        var text = block.AsSpan(TextAt, (int)length);
        if (!SHA256.HashData(text).AsSpan().SequenceEqual(block.AsSpan(16, HashSize))) throw Damaged(path);
        var version = JsonDocument.Parse(Encoding.UTF8.GetString(text)).RootElement.GetProperty(nameof(Version)).GetInt32();
        if (version != 1)
        {
            throw new InvalidDataException(
                $"The index '{path}' is of version {version}, and this reads version 1; update the program, or index the pictures anew.");
        }

        var header = JsonSerializer.Deserialize<IndexHeader>(text)!;
        if (header.Length != file.Length)
        {
            throw new InvalidDataException(
                $"The index '{path}' has {file.Length} bytes and should have {header.Length}; copy it anew, or index the pictures anew.");
        }

        return header;
    }

    private static InvalidDataException Damaged(string path) =>
        new($"The index '{path}' is damaged; index the pictures anew.");
}
