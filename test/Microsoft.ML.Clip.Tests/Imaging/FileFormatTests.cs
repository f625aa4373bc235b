using System.Text;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Imaging;

namespace Microsoft.ML.Clip.Tests.Imaging;

/// <summary>A file is what its bytes say it is, whatever its name.</summary>
public sealed class FileFormatTests
{
    [Theory]
    [InlineData("FFD8FFE0", "a JPEG", true)]
    [InlineData("89504E470D0A1A0A", "a PNG", true)]
    [InlineData("474946383961", "a GIF", true)]
    [InlineData("52494646 00000000 57454250", "a WebP", true)]
    [InlineData("424D 00000000 00000000 36000000 28000000", "a BMP", true)]
    [InlineData("28000000 02000000 02000000 0100 1800", "a BMP without its header", true)]
    [InlineData("49492A00", "a TIFF", true)]
    [InlineData("4D4D002A", "a TIFF", true)]
    [InlineData("50360A32", "a PPM, PGM or PBM", true)]
    [InlineData("00000A00000000000000000008000800 1800", "a TGA", true)]
    [InlineData("0000000C6A5020200D0A870A", "a JPEG 2000", true)]
    [InlineData("0000000C4A584C200D0A870A", "a JPEG XL", true)]
    [InlineData("FF0A", "a JPEG XL", true)]
    [InlineData("00000018 66747970 68656963 00000000 6D696631", "an HEIC", true)]
    [InlineData("0000001C 66747970 6D696631 00000000 6D696631 61766966", "an AVIF", true)]
    [InlineData("00000018 66747970 69736F6D 00000000", "an MP4 or QuickTime video", false)]
    [InlineData("38425053", "a Photoshop document", true)]
    [InlineData("255044462D", "a PDF", false)]
    [InlineData("504B0304", "a ZIP archive", false)]
    [InlineData("1F8B08", "a gzip archive", false)]
    [InlineData("00051607", "an AppleDouble file (the Mac's notes on another file)", false)]
    public void TellsAFormatByItsFirstBytes(string hex, string name, bool isPicture)
    {
        var format = FileFormat.Find(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

        Assert.Equal((name, isPicture), (format?.Name, format?.IsPicture));
    }

    [Theory]
    [InlineData("<!DOCTYPE html><html><body>404</body></html>", "an HTML page")]
    [InlineData("\uFEFF\r\n  <HTML>", "an HTML page")]
    [InlineData("<?xml version=\"1.0\"?>\n<!-- drawn -->\n<svg xmlns=\"http://www.w3.org/2000/svg\">", "an SVG")]
    [InlineData("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "an XML file")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:", "a Git LFS pointer")]
    [InlineData("P3 2 2 255\n", "a PPM, PGM or PBM")]
    [InlineData("a photo of a cat", null)]
    [InlineData("BMW, side view", null)]
    [InlineData("P1", null)]
    [InlineData("", null)]
    public void TellsMarkupFromText(string text, string? name) =>
        Assert.Equal(name, FileFormat.Find(Encoding.UTF8.GetBytes(text))?.Name);

    [Fact]
    public void ZerosAreNothing() => Assert.Null(FileFormat.Find(new byte[FileFormat.HeaderLength]));
}
