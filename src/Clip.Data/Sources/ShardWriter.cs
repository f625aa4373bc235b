using System.Formats.Tar;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Imaging;

namespace Clip.Data.Sources;

/// <summary>
/// Writes records as WebDataset shards, <c>00000.tar</c> and on: the image's own bytes, and beside it a .txt with its caption, or a .json
/// with several under <c>caption</c>. The folder appears when all are written, whole; the same records give the same bytes.
/// </summary>
/// <param name="folder">The folder to make.</param>
/// <param name="shardBytes">Where a shard ends: with the record that reaches this size.</param>
internal sealed class ShardWriter(string folder, long shardBytes)
{
    /// <summary>Writes all usable records in their order.</summary>
    /// <returns>How many records and shards were written.</returns>
    /// <exception cref="ClipException">The folder holds something already, or more records are bad than may be.</exception>
    public (int Records, int Shards) Write(IRecordSource records, BadRecords bad, CancellationToken cancellation)
    {
        var target = NewFolder.At(folder);
        (int, int) written = default;
        AtomicFolder.Write(target, aside => written = WriteShards(records, aside, bad, cancellation));
        return written;
    }

    private (int Records, int Shards) WriteShards(IRecordSource records, string aside, BadRecords bad, CancellationToken cancellation)
    {
        var (written, shards) = (0, 0);
        TarWriter? tar = null;
        FileStream? file = null;
        try
        {
            for (var i = 0; i < records.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (Read(records, i, bad) is not var (extension, image, captions)) continue;
                if (tar is null)
                {
                    file = File.Create(Path.Combine(aside, string.Create(CultureInfo.InvariantCulture, $"{shards++:D5}.tar")));
                    tar = new TarWriter(file, TarEntryFormat.Ustar);
                }

                var key = written++.ToString("D9", CultureInfo.InvariantCulture);
                Add(tar, $"{key}.{extension}", image);
                if (captions is [var caption]) Add(tar, $"{key}.txt", Encoding.UTF8.GetBytes(caption));
                else Add(tar, $"{key}.json", JsonSerializer.SerializeToUtf8Bytes(
                    new Dictionary<string, IReadOnlyList<string>> { ["caption"] = captions }));
                if (file?.Position >= shardBytes) Close();
            }

        }
        finally
        {
            Close();
        }

        if (written == 0)
            throw new ClipException(
                "None of the records can be used, so there is nothing to write; look at the data with clip data stats.");
        return (written, shards);

        void Close()
        {
            tar?.Dispose();
            file?.Dispose();
            (tar, file) = (null, null);
        }
    }

    private static (string Extension, byte[] Image, IReadOnlyList<string> Captions)? Read(IRecordSource records, int record, BadRecords bad)
    {
        try
        {
            using var image = records.ReadImage(record);
            var extension = FileFormat.Find(image.Span)?.Extension is { } known and ("jpg" or "png" or "webp")
                ? known
                : throw new InvalidDataException("it is neither JPEG nor PNG nor WebP, which WebDatasets hold");
            return (extension, image.Span.ToArray(), records.ReadCaptions(record));
        }
        catch (Exception e) when (ReadFault.Is(e))
        {
            bad.Add(records.Key(record), e.Message);
            bad.ThrowIfTooMany();
            return null;
        }
    }

    private static void Add(TarWriter tar, string name, byte[] bytes) =>
        tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = new MemoryStream(bytes),
            ModificationTime = DateTimeOffset.UnixEpoch,
        });
}
