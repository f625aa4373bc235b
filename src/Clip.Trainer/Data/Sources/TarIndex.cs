using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Text;

namespace Clip.Trainer.Data.Sources;

/// <summary>
/// Where the members of a WebDataset's records lie; consecutive members with the same name up to the first dot are a record.
/// </summary>
internal sealed class TarIndex
{
    private static readonly string[] Images = ["jpg", "jpeg", "png", "webp"];
    private readonly List<Entry> _entries = [];
    private readonly List<byte> _keys = [];
    private readonly List<KeyValuePair<string, string>> _unusable = [];

    public int Count => _entries.Count;

    public IReadOnlyList<KeyValuePair<string, string>> Unusable => _unusable;

    public ref readonly Entry this[int record] => ref CollectionsMarshal.AsSpan(_entries)[record];

    public string Key(int record)
    {
        var end = record + 1 < _entries.Count ? _entries[record + 1].KeyStart : _keys.Count;
        return Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(_keys)[_entries[record].KeyStart..end]);
    }

    /// <summary>Adds a shard's records. What follows damage is out of reach, and told as one unusable record.</summary>
    /// <param name="shard">The shard's number.</param>
    /// <param name="path">Its file.</param>
    /// <param name="json">Whether captions are taken from .json before .txt.</param>
    public void Add(int shard, string path, bool json)
    {
        var (key, image, caption) = ((string?)null, default(Span), default(Span));
        try
        {
            using var file = File.OpenRead(path);
            using var tar = new TarReader(file);
            while (tar.GetNextEntry() is { } entry)
            {
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)) continue;
                var (name, extension) = Split(entry.Name);
                if (name != key) Finish();
                key = name;
                var span = new Span(entry.DataOffset, entry.Length);
                if (span.Offset + span.Length > file.Length)
                    throw new EndOfStreamException(
                        $"the file is cut short: {entry.Name} should go on for {span.Offset + span.Length - file.Length} more bytes");
                if (Images.Contains(extension)) image = span;
                else if (extension is "txt" or "json" && (caption.Length == 0 || extension == "json" == json))
                    caption = span with { IsJson = extension == "json" };
            }

            Finish();
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            if (image.Length > 0 && caption.Length > 0) Finish();
            _unusable.Add(new(path, $"the shard cannot be read beyond {key ?? "its start"}: {e.Message}"));
        }

        void Finish()
        {
            if (key is null) return;
            if (image.Length == 0 || caption.Length == 0)
            {
                _unusable.Add(new(
                    $"{path}:{key}", image.Length == 0 ? "it has no image (.jpg, .jpeg, .png, .webp)" : "it has no caption (.txt, .json)"));
            }
            else if (image.Length > Array.MaxLength || caption.Length > 1 << 24)
            {
                _unusable.Add(new($"{path}:{key}", "it is too large"));
            }
            else
            {
                _entries.Add(new Entry(
                    shard, _keys.Count, image.Offset, (int)image.Length, caption.Offset, (int)caption.Length, caption.IsJson));
                _keys.AddRange(Encoding.UTF8.GetBytes(key));
            }

            (image, caption) = (default, default);
        }
    }

    private static (string Key, string Extension) Split(string name)
    {
        var dot = name.IndexOf('.', name.LastIndexOf('/') + 1);
        return dot < 0 ? (name, "") : (name[..dot], name[(dot + 1)..].ToLowerInvariant());
    }

    /// <summary>A record's places in its shard.</summary>
    public readonly record struct Entry(
        int Shard, int KeyStart, long ImageOffset, int ImageLength, long CaptionOffset, int CaptionLength, bool IsJson);

    private readonly record struct Span(long Offset, long Length, bool IsJson = false);
}
