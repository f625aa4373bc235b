using System.Collections.Concurrent;
using System.Text;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Imaging;

namespace Clip.Data;

/// <summary>What a source holds, counted by reading and decoding all of it.</summary>
internal sealed class SourceStatistics
{
    private readonly ConcurrentDictionary<UInt128, int> _captions = new();
    private readonly ConcurrentQueue<(UInt128 Image, int Record)> _images = new();
    private readonly ConcurrentDictionary<string, int> _formats = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(int Width, int Height, int Bytes)> _sizes = new();
    private readonly ConcurrentQueue<(int Captions, int Characters)> _texts = new();
    private long _captionCopies;

    private SourceStatistics(BadRecords bad) => Bad = bad;

    /// <summary>What could not be read or decoded.</summary>
    public BadRecords Bad { get; }

    /// <summary>Images by format.</summary>
    public IReadOnlyDictionary<string, int> Formats => _formats;

    /// <summary>The sizes of images in pixels, and of their files in bytes; in no order.</summary>
    public IReadOnlyCollection<(int Width, int Height, int Bytes)> Sizes => _sizes;

    /// <summary>How many captions each record has, and how many characters they have together; in no order.</summary>
    public IReadOnlyCollection<(int Captions, int Characters)> Texts => _texts;

    /// <summary>Records whose image has the same bytes as an earlier record's, and the first of those; in order.</summary>
    public IReadOnlyList<(int Copy, int Original)> Copies { get; private set; } = [];

    /// <summary>Captions that another record has as well.</summary>
    public long CaptionCopies => _captionCopies;

    /// <summary>Different captions.</summary>
    public int DistinctCaptions => _captions.Count;

    /// <summary>Reads all records.</summary>
    public static SourceStatistics Of(IRecordSource records, CancellationToken cancellation)
    {
        var bad = new BadRecords(records.Count + records.Unusable.Count, 100, report: null);
        foreach (var (key, reason) in records.Unusable) bad.Add(key, reason);
        var statistics = new SourceStatistics(bad);
        Parallel.For(0, records.Count, new ParallelOptions { CancellationToken = cancellation }, i => statistics.Add(records, i));
        // Threads see them in any order.
        statistics.Copies =
        [
            .. statistics._images.GroupBy(seen => seen.Image, seen => seen.Record).Select(same => same.Order().ToArray())
                .SelectMany(same => same.Skip(1).Select(copy => (copy, same[0]))).Order(),
        ];
        return statistics;
    }

    private void Add(IRecordSource records, int record)
    {
        try
        {
            using var bytes = records.ReadImage(record);
            var captions = records.ReadCaptions(record);
            var settings = ClipImagePreprocessing.ForSize(224);
            using (var image = ImageDecoder.Decode(bytes.Span, settings.MaxPixels, settings.Gray16))
                _sizes.Enqueue((image.Width, image.Height, bytes.Span.Length));
            _formats.AddOrUpdate(FileFormat.Find(bytes.Span)?.Extension ?? "other", 1, (_, count) => count + 1);
            _images.Enqueue((ImageHash.Of(bytes.Span), record));
            _texts.Enqueue((captions.Count, captions.Sum(caption => caption.Length)));
            foreach (var caption in captions.Distinct(StringComparer.Ordinal))
            {
                if (!_captions.TryAdd(ImageHash.Of(Encoding.UTF8.GetBytes(caption)), record)) Interlocked.Increment(ref _captionCopies);
            }
        }
        catch (Exception e) when (ReadFault.Is(e))
        {
            Bad.Add(records.Key(record), e.Message);
        }
    }
}
