using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Imaging;

namespace Clip.Data.Sources;

/// <summary>
/// Where the members of a WebDataset's records lie; consecutive members with the same name up to the first dot are a record.
/// </summary>
/// <param name="members">Tells which of a record's members are its image and its caption.</param>
internal sealed class TarIndex(ShardMembers members)
{
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
    public void Add(int shard, string path)
    {
        var record = new Record(this, shard, path);
        var (before, unusable) = (_entries.Count, _unusable.Count);
        if (File.Exists(path) && new FileInfo(path) is { Length: 0, LinkTarget: null })
        {
            _unusable.Add(new(path, "the shard is empty, or a device, or a pipe, which `Pipes` reads"));
            return;
        }

        try
        {
            using var file = RegularFile.Open(path, FileOptions.None);
            RequireTar(file);
            using var tar = new TarReader(file);
            while (tar.GetNextEntry() is { } entry)
            {
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)) continue;
                if (PictureFiles.IsHiddenMember(entry.Name)) continue;
                var (name, ending) = Split(entry.Name);
                if (name != record.Key) record.Finish(file);
                record.Key = name;
                var member = new ShardMember(entry.Name, ending, entry.DataOffset, entry.Length);
                if (member.Offset + member.Length > file.Length)
                    throw new EndOfStreamException(
                        $"the file is cut short: {entry.Name} should go on for {member.Offset + member.Length - file.Length} more bytes");
                record.Members.Add(member);
            }

            record.Finish(file);
            record.TellApart();
            if (before == _entries.Count && unusable == _unusable.Count) _unusable.Add(new(path, "the shard is empty"));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException
            or FormatException or ArgumentException or OverflowException)
        {
            record.Save(path);
            record.TellApart();
            _unusable.Add(new(path, record.Key is { } last
                ? $"the shard cannot be read beyond {last}: {e.Message}"
                : $"the shard cannot be read beyond its start: {(e is InvalidDataException ? NoTar(path, e) : e.Message)}"));
        }
    }

    /// <summary>.NET tells of the number that it could not parse.</summary>
    private static string NoTar(string path, Exception e)
    {
        if (!e.Message.Contains("parse", StringComparison.OrdinalIgnoreCase)) return e.Message;
        using var file = RegularFile.Open(path);
        var start = new byte[FileFormat.HeaderLength];
        var format = FileFormat.Find(start.AsSpan(0, file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)));
        return format is null ? "it is not a tar file, or its first header is damaged" : $"it is {format.Name}, not a tar file";
    }

    /// <summary>Refuses what has another beginning; whether it is a tar file, its first header tells.</summary>
    private static void RequireTar(FileStream file)
    {
        Span<byte> start = stackalloc byte[256];
        start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        file.Position = 0;
        if (RegularFile.Impostor(start) is { } impostor) throw new InvalidDataException($"it is {impostor}");
        var compression = start switch
        {
            [0x1F, 0x8B, ..] => "gzip",
            [0x28, 0xB5, 0x2F, 0xFD, ..] => "zstd",
            [(byte)'B', (byte)'Z', (byte)'h', ..] => "bzip2",
            [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => "xz",
            [0x04, 0x22, 0x4D, 0x18, ..] => "lz4",
            _ => null,
        };
        if (compression is not null)
            throw new InvalidDataException(
                $"it is compressed ({compression}), and records are read in any order: unpack it to a plain .tar");
    }

    private static (string Key, string Ending) Split(string name)
    {
        var dot = name.IndexOf('.', name.LastIndexOf('/') + 1);
        return dot < 0 ? (name, "") : (name[..dot], name[(dot + 1)..].ToLowerInvariant());
    }

    private void Add(int shard, string path, string key, ShardMembers.Choice choice)
    {
        var (image, caption) = (choice.Image!.Value, choice.Caption!.Value);
        var fault = image.Length > RegularFile.MaxImage || caption.Length > 1 << 24 ? "it is too large"
            : image.Length == 0 ? "its picture is empty"
            : caption.Length == 0 ? "its caption is empty"
            : null;
        if (fault is not null)
        {
            _unusable.Add(new($"{path}:{key}", fault));
            return;
        }

        _entries.Add(new Entry(
            shard, _keys.Count, image.Offset, (int)image.Length, caption.Offset, (int)caption.Length, choice.Kind));
        _keys.AddRange(Encoding.UTF8.GetBytes(key));
    }

    private ShardMembers.Choice Choose(List<ShardMember> record, FileStream file)
    {
        return members.Choose(record, IsImage, IsBlank);

        // Beside the reader of headers, whose place in the file stays as it is.
        bool IsImage(ShardMember member)
        {
            Span<byte> start = stackalloc byte[(int)Math.Min(member.Length, FileFormat.HeaderLength)];
            return PictureFiles.IsPicture(start[..RandomAccess.Read(file.SafeFileHandle, start, member.Offset)]);
        }

        bool IsBlank(ShardMember member)
        {
            if (member.Length > 64) return false;
            Span<byte> text = stackalloc byte[(int)member.Length];
            return Encoding.UTF8.GetString(text[..RandomAccess.Read(file.SafeFileHandle, text, member.Offset)]).AsSpan().IsWhiteSpace();
        }
    }

    /// <summary>A record's places in its shard.</summary>
    public readonly record struct Entry(
        int Shard, int KeyStart, long ImageOffset, int ImageLength, long CaptionOffset, int CaptionLength, CaptionKind Kind);

    /// <summary>The members of the record at hand, and what is to be told of a shard when all of it is known.</summary>
    private sealed class Record(TarIndex index, int shard, string path)
    {
        /// <summary>Records that lack something, for which the rest may come later.</summary>
        private readonly Dictionary<string, (bool Image, bool Caption, string Fault)> _parts = new(StringComparer.Ordinal);

        public string? Key { get; set; }

        public List<ShardMember> Members { get; } = [];

        public void Finish(FileStream file)
        {
            if (Key is null || Members.Count == 0) return;
            if (!TryAdd(Key, Members, file, out var choice) && !TrySplit(file)) Keep(Key, choice);
            Members.Clear();
        }

        /// <summary>Takes what is whole of the record at which the shard breaks off.</summary>
        public void Save(string path)
        {
            try
            {
                using var file = RegularFile.Open(path, FileOptions.None);
                if (Key is not null && Members.Count > 0) TryAdd(Key, Members, file, out _);
            }
            catch (Exception e) when (ReadFault.Is(e))
            {
                // What ails the shard is being told already.
            }

            Members.Clear();
        }

        /// <summary>Tells of what lacks something; where the shard has it elsewhere, that it must lie beside the rest.</summary>
        public void TellApart()
        {
            foreach (var (key, (image, caption, fault)) in _parts)
            {
                var reason = image && caption
                    ? "its members do not lie side by side; pack the shard sorted by name, as tar --sort=name -cf shard.tar FOLDER does"
                    : fault;
                index._unusable.Add(new($"{path}:{key}", reason));
            }

            _parts.Clear();
        }

        private bool TryAdd(string key, List<ShardMember> members, FileStream file, out ShardMembers.Choice choice)
        {
            choice = index.Choose(members, file);
            if (choice.Fault is not null) return false;
            index.Add(shard, path, key, choice);
            return true;
        }

        /// <summary>Names with several dots: where each part up to the last dot is a whole record, that is what was meant.</summary>
        private bool TrySplit(FileStream file)
        {
            // Without a last dot there is no part before it.
            if (Members.Any(m => m.Ending.Length == 0)) return false;
            var groups = Members.GroupBy(m => m.Name[..m.Name.LastIndexOf('.')], StringComparer.Ordinal)
                .Select(g => (g.Key, Members: g.Select(m => m with { Ending = m.LastEnding }).ToList()))
                .ToArray();
            if (groups.Length < 2 || groups.Any(g => index.Choose(g.Members, file).Fault is not null)) return false;
            foreach (var group in groups) TryAdd(group.Key, group.Members, file, out _);
            return true;
        }

        private void Keep(string key, ShardMembers.Choice choice)
        {
            var part = (choice.Image is not null, choice.Caption is not null, choice.Fault!);
            if (_parts.TryGetValue(key, out var earlier))
                part = (part.Item1 || earlier.Image, part.Item2 || earlier.Caption, earlier.Fault);
            _parts[key] = part;
        }
    }
}
