using System.Text;

namespace Clip.Data.Tests.Loading;

/// <summary>Bytes of files that may be pictures, whole or in part.</summary>
public sealed class ImageBytesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFileIsReadWhole()
    {
        using var bytes = ImageBytes.OfFile(_folder.Write("a.png", "all of it"));

        Assert.Equal("all of it", Encoding.UTF8.GetString(bytes.Span));
    }

    [Fact]
    public void APartIsReadFromItsPlace()
    {
        using var file = File.OpenHandle(_folder.Write("a.bin", "0123456789"));

        using (var part = ImageBytes.Read(file, 3, 4)) Assert.Equal("3456", Encoding.UTF8.GetString(part.Span));
        using (var end = ImageBytes.Read(file, 6, 4)) Assert.Equal("6789", Encoding.UTF8.GetString(end.Span));
        using (var none = ImageBytes.Read(file, 10, 0)) Assert.Equal(0, none.Span.Length);
        var error = Assert.Throws<EndOfStreamException>(() => ImageBytes.Read(file, 8, 5));
        Assert.Contains("ends 3 bytes too soon", error.Message, StringComparison.Ordinal);
    }

    /// <summary>More than a read gives at once.</summary>
    [Fact]
    public void ALargeFileIsReadToItsEnd()
    {
        var content = Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7 / 5)).ToArray();
        File.WriteAllBytes(_folder["large.png"], content);

        using var bytes = ImageBytes.OfFile(_folder["large.png"]);

        Assert.Equal(content, bytes.Span.ToArray());
    }

    [Fact]
    public void WhatIsNoPicturesFileIsABadRecord()
    {
        Refused<InvalidDataException>("a\0.png", "NUL");
        Refused<InvalidDataException>(_folder.Path, "is a folder");
        Refused<InvalidDataException>(_folder.Write("empty.png", ""), "has no content");
        Refused<FileNotFoundException>(_folder["absent.png"], "absent.png");
        // A hole of a gigabyte takes no place on the disk.
        using (var huge = File.Create(_folder["huge.png"])) huge.SetLength((1L << 30) + 1);
        Refused<InvalidDataException>(_folder["huge.png"], "more than the 1,073,741,824");

        static void Refused<T>(string path, string message)
            where T : Exception
        {
            var error = Assert.Throws<T>(() => ImageBytes.OfFile(path));
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
            Assert.True(ReadFault.Is(error));
        }
    }

    /// <summary>What lies in a larger array is that part of it, and is nobody else's to give back.</summary>
    [Fact]
    public void BytesMayLieWithinAnArray()
    {
        byte[] array = [1, 2, 3, 4, 5];

        var bytes = new ImageBytes(array, 1, 3, pooled: false);
        bytes.Dispose();

        Assert.Equal<byte>([2, 3, 4], bytes.Span.ToArray());
    }
}
