using System.Security.Cryptography;

namespace Clip.Data;

/// <summary>
/// Finds images of the same bytes without reading all of them: of the same length first, then with the same bytes in the middle, and only
/// these are read whole.
/// </summary>
internal static class SameBytes
{
    private const int Sample = 256;

    /// <summary>For each image the first with the same bytes; null where all are different.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="length">Bytes of an image.</param>
    /// <param name="read">Reads a part of an image: its number, the first byte, how many.</param>
    public static int[]? Find(int count, Func<int, int> length, Func<int, int, int, ImageBytes> read)
    {
        var candidates = OfSameLength(count, length);
        if (candidates.Length > 0) candidates = Alike(candidates, Hashes(candidates, Middle));
        var whole = Hashes(candidates, i => (0, length(i)));
        var groups = candidates.GroupBy(whole).Where(group => group.Count() > 1).ToArray();
        if (groups.Length == 0) return null;
        var first = Enumerable.Range(0, count).ToArray();
        foreach (var group in groups)
        {
            var least = group.Min();
            foreach (var i in group) first[i] = least;
        }

        return first;

        (int Start, int Length) Middle(int i) => (Math.Max(0, (length(i) - Sample) / 2), Math.Min(Sample, length(i)));

        Func<int, (int, UInt128)> Hashes(int[] images, Func<int, (int Start, int Length)> part)
        {
            var hashes = new (int, UInt128)[images.Length];
            Parallel.For(0, images.Length, i =>
            {
                var (start, bytes) = part(images[i]);
                try
                {
                    using var content = read(images[i], start, bytes);
                    hashes[i] = (length(images[i]), ImageHash.Of(content.Span));
                }
                catch (Exception e) when (ReadFault.Is(e))
                {
                    hashes[i] = (-1, (UInt128)images[i]); // like no other; told when it is to be trained on
                }
            });
            var byImage = images.Select((image, i) => (image, i)).ToDictionary(p => p.image, p => hashes[p.i]);
            return image => byImage[image];
        }
    }

    /// <summary>Sorted rather than grouped: there may be a hundred million.</summary>
    private static int[] OfSameLength(int count, Func<int, int> length)
    {
        var (lengths, images) = (new int[count], new int[count]);
        for (var i = 0; i < count; i++) (lengths[i], images[i]) = (length(i), i);
        Array.Sort(lengths, images);
        return [.. images.Where((_, i) => (i > 0 && lengths[i - 1] == lengths[i]) || (i + 1 < count && lengths[i + 1] == lengths[i]))];
    }

    private static int[] Alike<T>(IEnumerable<int> images, Func<int, T> by) =>
        [.. images.GroupBy(by).Where(group => group.Count() > 1).SelectMany(group => group)];
}

/// <summary>Tells images apart by their files' bytes.</summary>
internal static class ImageHash
{
    /// <summary>Half of a SHA-256: no two files will share it by chance.</summary>
    public static UInt128 Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
