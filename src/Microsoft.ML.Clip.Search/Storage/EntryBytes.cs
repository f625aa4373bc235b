using System.Text;

namespace Microsoft.ML.Clip.Storage;

/// <summary>Entries as bytes: the id, which of the rest there is, and that in order.</summary>
internal static class EntryBytes
{
    [Flags]
    private enum Parts : byte
    {
        Path = 1,
        PathIsId = 2,
        Size = 4,
        Modified = 8,
        Caption = 16,
        ContentHash = 32,
        Data = 64,
    }

    public static byte[] Write(ClipIndexEntry entry)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        var isId = entry.Path == entry.Id;
        writer.Write(entry.Id);
        writer.Write((byte)(
            (entry.Path is not null && !isId ? Parts.Path : 0) | (isId ? Parts.PathIsId : 0) | (entry.Size is null ? 0 : Parts.Size)
            | (entry.Modified is null ? 0 : Parts.Modified) | (entry.Caption is null ? 0 : Parts.Caption)
            | (entry.ContentHash is null ? 0 : Parts.ContentHash) | (entry.Data is null ? 0 : Parts.Data)));
        if (entry.Path is not null && !isId) writer.Write(entry.Path);
        if (entry.Size is { } size) writer.Write(size);
        if (entry.Modified is { } modified) writer.Write(modified.UtcTicks);
        if (entry.Caption is { } caption) writer.Write(caption);
        if (entry.ContentHash is { } hash) writer.Write(hash);
        if (entry.Data is { } data) writer.Write(data);
        writer.Flush();
        return stream.ToArray();
    }

    public static ClipIndexEntry Read(ReadOnlySpan<byte> content)
    {
        using var reader = Reader(content);
        try
        {
            var entry = new ClipIndexEntry(reader.ReadString());
            var parts = (Parts)reader.ReadByte();
            return entry with
            {
                Path = parts.HasFlag(Parts.PathIsId) ? entry.Id : parts.HasFlag(Parts.Path) ? reader.ReadString() : null,
                Size = parts.HasFlag(Parts.Size) ? reader.ReadInt64() : null,
                Modified = parts.HasFlag(Parts.Modified) ? new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero) : null,
                Caption = parts.HasFlag(Parts.Caption) ? reader.ReadString() : null,
                ContentHash = parts.HasFlag(Parts.ContentHash) ? reader.ReadString() : null,
                Data = parts.HasFlag(Parts.Data) ? reader.ReadString() : null,
            };
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentOutOfRangeException)
        {
            throw new InvalidDataException("The index is damaged: an entry cannot be read; index the pictures anew.", e);
        }
    }

    public static string ReadId(ReadOnlySpan<byte> content)
    {
        using var reader = Reader(content);
        return reader.ReadString();
    }

    private static BinaryReader Reader(ReadOnlySpan<byte> content) => new(new MemoryStream(content.ToArray()), Encoding.UTF8);
}
