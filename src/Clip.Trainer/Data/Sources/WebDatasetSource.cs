using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Clip.Trainer.Data.Sources;

/// <summary>
/// WebDataset shards: tar files of images with a .txt or .json beside each. The headers are read once, when it is opened; then any record
/// is a read at a known place. So an epoch is exact and wholly shuffled, as it cannot be where shards stream through a buffer.
/// </summary>
internal sealed class WebDatasetSource : IRecordSource
{
    private const int MostOpenShards = 256;
    private readonly IReadOnlyList<string> _shards;
    private readonly IReadOnlyList<string> _captionKeys;
    private readonly SafeFileHandle?[] _open;
    private readonly TarIndex _index = new();

    /// <param name="shards">The files.</param>
    /// <param name="captionKeys">The names of captions in .json; null takes .txt, and .json only where there is none.</param>
    public WebDatasetSource(IReadOnlyList<string> shards, IReadOnlyList<string>? captionKeys)
    {
        _shards = shards;
        _captionKeys = captionKeys ?? JsonCaptions.DefaultKeys;
        _open = new SafeFileHandle?[shards.Count];
        for (var i = 0; i < shards.Count; i++) _index.Add(i, shards[i], json: captionKeys is not null);
        Fingerprint = Identify();
    }

    public int Count => _index.Count;

    public string Fingerprint { get; }

    public IReadOnlyList<KeyValuePair<string, string>> Unusable => _index.Unusable;

    public string Key(int record) => $"{_shards[_index[record].Shard]}:{_index.Key(record)}";

    public ImageBytes ReadImage(int record)
    {
        ref readonly var entry = ref _index[record];
        return Read(entry.Shard, entry.ImageOffset, entry.ImageLength);
    }

    public IReadOnlyList<string> ReadCaptions(int record)
    {
        ref readonly var entry = ref _index[record];
        using var bytes = Read(entry.Shard, entry.CaptionOffset, entry.CaptionLength);
        if (entry.IsJson) return JsonCaptions.Read(bytes.Span, _captionKeys);
        var caption = Encoding.UTF8.GetString(bytes.Span).Trim();
        return caption.Length > 0 ? [caption] : throw new InvalidDataException("the caption is empty");
    }

    public void Dispose()
    {
        foreach (var file in _open) file?.Dispose();
    }

    private ImageBytes Read(int shard, long offset, int length)
    {
        if (_shards.Count > MostOpenShards)
        {
            using var file = File.OpenHandle(_shards[shard]);
            return ImageBytes.Read(file, offset, length);
        }

        var kept = Volatile.Read(ref _open[shard]);
        if (kept is null)
        {
            var opened = File.OpenHandle(_shards[shard]);
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
