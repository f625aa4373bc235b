using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Clip.Data.Sources;

/// <summary>
/// Records that came one after another, such as a cursor gives them, kept in a temporary file so that they can be read in any order. The
/// file is gone with the source.
/// </summary>
internal sealed class SpooledSource : IRecordSource
{
    private readonly List<(long Start, int Length, IReadOnlyList<string> Captions)> _records = [];
    private readonly SafeFileHandle _file = File.OpenHandle(
        Path.Combine(Path.GetTempPath(), $"clip-{Guid.NewGuid():N}.records"),
        FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Dictionary<UInt128, int> _images = [];
    private readonly List<int> _imageIds = [];
    private long _end;

    public int Count => _records.Count;

    public string Fingerprint => $"{Count} pairs {Convert.ToHexStringLower(_hash.GetCurrentHash())[..12]}";

    /// <summary>Adds a record; not while others read.</summary>
    public void Add(ReadOnlySpan<byte> image, IReadOnlyList<string> captions)
    {
        var same = ImageHash.Of(image);
        _images.TryAdd(same, Count);
        _imageIds.Add(_images[same]);
        if (_imageIds[^1] is var first && first < Count)
        {
            _records.Add((_records[first].Start, image.Length, captions));
        }
        else
        {
            RandomAccess.Write(_file, image, _end);
            _records.Add((_end, image.Length, captions));
            _end += image.Length;
        }

        _hash.AppendData(image);
        _hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\t', captions) + "\n"));
    }

    public string Key(int record) => string.Create(CultureInfo.InvariantCulture, $"row {record}");

    public long ImageId(int record) => _imageIds[record];

    public bool CaptionsAreInMemory => true;

    public ImageBytes ReadImage(int record) => ImageBytes.Read(_file, _records[record].Start, _records[record].Length);

    public IReadOnlyList<string> ReadCaptions(int record) => _records[record].Captions is { Count: > 0 } captions
        ? captions
        : throw new InvalidDataException("the caption is empty");

    public void Dispose()
    {
        _file.Dispose();
        _hash.Dispose();
    }
}
