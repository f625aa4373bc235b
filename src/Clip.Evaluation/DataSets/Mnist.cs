using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using Microsoft.ML.Clip.Files;

namespace Clip.Evaluation.DataSets;

/// <summary>
/// MNIST in its idx files, as they are or packed by gzip: <c>t10k-images-idx3-ubyte</c> and <c>t10k-labels-idx1-ubyte</c>.
/// </summary>
internal static class Mnist
{
    /// <summary>What a file may hold, unpacked: MNIST's largest has 47 MB.</summary>
    private const int MaxBytes = 1 << 30;

    public static LoadedDataSet Read(DataSetFolder folder, string split)
    {
        var (imageFile, sizes, pixels) = Open(folder, split, "images", 3);
        var (labelFile, counts, labels) = Open(folder, split, "labels", 1);
        if (sizes[0] != counts[0])
            throw new ClipException($"{imageFile} has {sizes[0]} pictures, and {labelFile} {counts[0]} labels; get both again.");
        if (labels.FirstOrDefault(label => label > 9) is > 0 and var wrong)
            throw new ClipException($"{labelFile} has the label {wrong}, and digits go from 0 to 9; get it again.");
        var (height, width) = (sizes[1], sizes[2]);
        return new LoadedDataSet
        {
            Images =
            [
                .. Enumerable.Range(0, sizes[0]).Select(i => new LabeledImage
                {
                    ImagePath = FormattableString.Invariant($"{imageFile}#{i}"),
                    Class = labels[i].ToString(CultureInfo.InvariantCulture),
                    Container = imageFile,
                    Content = () => RawPictures.Png(width, height, pixels.AsSpan(i * width * height, width * height)),
                }),
            ],
            Labels = [.. Enumerable.Range(0, 10).Select(digit => digit.ToString(CultureInfo.InvariantCulture))],
        };
    }

    private static (string File, int[] Sizes, byte[] Data) Open(DataSetFolder folder, string split, string kind, int rank)
    {
        var start = split == "train" ? "train" : "t10k";
        string[] names =
        [
            .. new[] { "", "raw/", "MNIST/raw/" }.SelectMany(place => new[] { '-', '.' }.SelectMany(dot =>
                new[] { "", ".gz" }.Select(packed => $"{place}{start}-{kind}{dot}idx{rank}-ubyte{packed}"))),
        ];
        var file = folder.FindFile(names) ?? throw folder.Lacks("file", names[0], names[1]);
        try
        {
            return (file, Sizes(file, rank, out var data), data);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or OverflowException or ArgumentException)
        {
            throw new ClipException($"{file} is damaged: it does not read as an idx file of bytes; get it again.", e);
        }
    }

    private static int[] Sizes(string file, int rank, out byte[] data)
    {
        using var stream = RegularFile.Open(file);
        using Stream unpacked = Path.GetExtension(file) == ".gz" ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        Span<byte> header = stackalloc byte[4 * (rank + 1)];
        unpacked.ReadExactly(header);
        if (!header.StartsWith((ReadOnlySpan<byte>)[0, 0, 8, (byte)rank])) throw new InvalidDataException("Its first bytes are others.");
        var sizes = new int[rank];
        for (var i = 0; i < rank; i++) sizes[i] = BinaryPrimitives.ReadInt32BigEndian(header[(4 * (i + 1))..]);
        var length = sizes.Aggregate(1L, (product, size) => checked(product * size));
        if (sizes.Any(size => size < 1) || length > MaxBytes) throw new InvalidDataException("Its sizes are out of range.");
        data = new byte[length];
        unpacked.ReadExactly(data);
        return unpacked.ReadByte() < 0 ? sizes : throw new InvalidDataException("It goes on after its end.");
    }
}
