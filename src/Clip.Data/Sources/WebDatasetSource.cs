using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Clip;
using Microsoft.Win32.SafeHandles;

namespace Clip.Data.Sources;

/// <summary>
/// WebDataset shards: tar files of images with a .txt or .json beside each. The headers are read once, when it is opened; then any record
/// is a read at a known place. So an epoch is exact and wholly shuffled, as it cannot be where shards stream through a buffer.
/// </summary>
internal sealed class WebDatasetSource : IRecordSource
{
    private const int MostOpenShards = 256;
    private readonly IReadOnlyList<string> _shards;
    private readonly IReadOnlyList<string> _captionKeys;
    private readonly IReadOnlyList<string> _templates;
    private readonly ClassNames _classes;
    private readonly SafeFileHandle?[] _open;
    private readonly TarIndex _index;
    private readonly PipedShards? _pipes;
    private readonly int[]? _sameImages;

    /// <param name="shards">The files.</param>
    /// <param name="options">
    /// The names of captions in .json, for without them .txt counts first; endings, and the sentences about a class.
    /// </param>
    public WebDatasetSource(IReadOnlyList<string> shards, RecordSourceOptions options)
    {
        _shards = shards;
        _captionKeys = options.CaptionKeys ?? JsonCaptions.DefaultKeys;
        _templates = options.Templates;
        _classes = options.ClassNames ?? ClassNames.Beside(shards[0]) ?? ClassNames.None;
        _open = new SafeFileHandle?[shards.Count];
        _index = new TarIndex(new ShardMembers(options.ImageEndings, options.CaptionEndings, jsonFirst: options.CaptionKeys is not null));
        _pipes = options.Pipes ? new PipedShards() : null;
        for (var i = 0; i < shards.Count; i++) _index.Add(i, Local(i));
        _sameImages = options.GroupByImage ? SameBytes.Find(Count, i => _index[i].ImageLength, ReadPart) : null;
        Fingerprint = Identify();
    }

    public int Count => _index.Count;

    public string Fingerprint { get; }

    public IReadOnlyList<KeyValuePair<string, string>> Unusable => _index.Unusable;

    public string Key(int record) => $"{_shards[_index[record].Shard]}:{_index.Key(record)}";

    /// <summary>The shard that a record lies in.</summary>
    public string ShardOf(int record) => _shards[_index[record].Shard];

    public long ImageId(int record) => _sameImages?[record] ?? record;

    public ImageBytes ReadImage(int record) => ReadPart(record, 0, _index[record].ImageLength);

    public IReadOnlyList<string> ReadCaptions(int record)
    {
        ref readonly var entry = ref _index[record];
        using var bytes = Read(entry.Shard, entry.CaptionOffset, entry.CaptionLength);
        if (entry.Kind == CaptionKind.Json) return JsonCaptions.Read(bytes.Span, _captionKeys);
        var caption = TextFile.Decode(bytes.Span).Trim();
        if (caption.Length == 0) throw new InvalidDataException("the caption is empty");
        return entry.Kind == CaptionKind.Text
            ? [caption]
            : [.. _templates.Select(template => PromptTemplates.Apply(template, _classes.Of(caption)))];
    }

    public void Dispose()
    {
        foreach (var file in _open) file?.Dispose();
        _pipes?.Dispose();
    }

    private ImageBytes ReadPart(int record, int start, int length)
    {
        ref readonly var entry = ref _index[record];
        return Read(entry.Shard, entry.ImageOffset + start, length);
    }

    /// <summary>The shard's file, or what came out of its pipe.</summary>
    private string Local(int shard) => _pipes?.Local(_shards[shard]) ?? _shards[shard];

    private ImageBytes Read(int shard, long offset, int length)
    {
        if (_shards.Count > MostOpenShards)
        {
            using var file = File.OpenHandle(Local(shard));
            return ImageBytes.Read(file, offset, length);
        }

        var kept = Volatile.Read(ref _open[shard]);
        if (kept is null)
        {
            var opened = File.OpenHandle(Local(shard));
            kept = Interlocked.CompareExchange(ref _open[shard], opened, null);
            if (kept is null) kept = opened;
            else opened.Dispose();
        }

        return ImageBytes.Read(kept, offset, length);
    }

    /// <summary>The captions' keys, the shards' names, and every record's name and sizes.</summary>
    private string Identify()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(string.Join(' ', _captionKeys));
        foreach (var shard in _shards) Add(Path.GetFileName(shard));
        for (var i = 0; i < Count; i++)
            Add(string.Create(CultureInfo.InvariantCulture, $"{_index.Key(i)} {_index[i].ImageLength} {_index[i].CaptionLength}"));
        return $"{Count} pairs {Convert.ToHexStringLower(hash.GetHashAndReset())[..12]}";

        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"));
    }
}
