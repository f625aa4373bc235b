using System.Security.Cryptography;
using System.Text;

namespace Clip.Trainer.Data.Sources;

/// <summary>Image files and their captions, listed in memory.</summary>
internal sealed class TableSource : IRecordSource
{
    private readonly IReadOnlyList<CaptionedImage> _rows;
    private readonly int[] _images;

    public TableSource(IReadOnlyList<CaptionedImage> rows)
    {
        _rows = rows;
        var ids = new Dictionary<string, int>(rows.Count, StringComparer.Ordinal);
        _images = new int[rows.Count];
        for (var i = 0; i < _images.Length; i++) _images[i] = ids.TryGetValue(rows[i].Path, out var id) ? id : ids[rows[i].Path] = i;
    }

    public int Count => _rows.Count;

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

    public ImageBytes ReadImage(int record) => ImageBytes.OfFile(_rows[record].Path);

    public IReadOnlyList<string> ReadCaptions(int record) => _rows[record].Captions is { Count: > 0 } captions
        ? captions
        : throw new InvalidDataException("the caption is empty");

    public void Dispose()
    {
    }
}
