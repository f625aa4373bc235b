using System.Security.Cryptography;
using System.Text;

namespace Clip.Data.Sources;

/// <summary>Image files and their captions, listed in memory.</summary>
internal sealed class TableSource : IRecordSource
{
    private readonly IReadOnlyList<CaptionedImage> _rows;
    private readonly int[] _images;

    /// <param name="rows">The files and their captions.</param>
    /// <param name="unusable">Rows that were left out, with the reason.</param>
    public TableSource(IReadOnlyList<CaptionedImage> rows, IReadOnlyList<KeyValuePair<string, string>>? unusable = null)
    {
        (_rows, Unusable) = (rows, unusable ?? []);
        var ids = new Dictionary<string, int>(rows.Count, FileIdentity.Comparer);
        _images = new int[rows.Count];
        for (var i = 0; i < _images.Length; i++)
        {
            var path = FileIdentity.Of(rows[i].Path);
            _images[i] = ids.TryGetValue(path, out var id) ? id : ids[path] = i;
        }
    }

    public int Count => _rows.Count;

    public IReadOnlyList<KeyValuePair<string, string>> Unusable { get; }

    public bool CaptionsAreInMemory => true;

    /// <summary>Their number, and a hash of the images' names and the captions.</summary>
    public string Fingerprint
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var row in _rows)
                hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetFileName(row.Path)}\t{string.Join('\t', row.Captions)}\n"));
            return $"{_rows.Count} pairs {Convert.ToHexStringLower(hash.GetHashAndReset())[..12]}";
        }
    }

    public string Key(int record) => _rows[record].Path;

    public long ImageId(int record) => _images[record];

    public string? ImagePath(int record) => _rows[record].Path;

    public ImageBytes ReadImage(int record) => ImageBytes.OfFile(_rows[record].Path);

    public IReadOnlyList<string> ReadCaptions(int record) => _rows[record].Captions is { Count: > 0 } captions
        ? captions
        : throw new InvalidDataException("the caption is empty");

    public void Dispose()
    {
    }
}
