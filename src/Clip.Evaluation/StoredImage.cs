using Clip.Data;

namespace Clip.Evaluation;

/// <summary>A picture to evaluate on: a file, or a part of one such as a shard, a Parquet table or CIFAR's batches.</summary>
internal class StoredImage
{
    /// <summary>The picture's file; for a part of a file the name by which people find it, which no other of its set has.</summary>
    public string ImagePath { get; set; } = "";

    /// <summary>Reads a picture that is no file of its own, from any thread; null for one that is.</summary>
    internal Func<byte[]>? Content { get; init; }

    /// <summary>
    /// The file that such a picture lies in. While that has its size and time, the picture counts as the same; without it the bytes
    /// themselves are compared, for which they are read.
    /// </summary>
    internal string? Container { get; init; }

    /// <summary>How many characters of the pictures' paths are the folder that all of them lie in.</summary>
    internal static int SharedFolder(IReadOnlyList<StoredImage> images)
    {
        if (images.Count == 0) return 0;
        var shared = images.Select(image => Folder(image.ImagePath)).Aggregate((a, b) => Folder(a[..a.AsSpan().CommonPrefixLength(b)]));
        return shared.Length;

        static string Folder(string path) => path[..(path.LastIndexOfAny(['/', '\\']) + 1)];
    }

    /// <summary>The picture's encoded bytes, from wherever they lie.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    /// <exception cref="InvalidDataException">They are damaged, or too many for a picture.</exception>
    internal byte[] Read()
    {
        if (Content is not null) return Content();
        using var bytes = ImageBytes.OfFile(ImagePath);
        return bytes.Span.ToArray();
    }
}
