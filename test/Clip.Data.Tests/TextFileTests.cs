using System.Text;

namespace Clip.Data.Tests;

/// <summary>Texts that are read exactly or not at all.</summary>
public sealed class TextFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Marked => ["utf-8", "utf-16", "utf-16BE", "utf-32", "utf-32BE"];

    [Theory]
    [MemberData(nameof(Marked))]
    public void AByteOrderMarkTellsWhatATextIsInAndIsNoPartOfIt(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        byte[] bytes = [.. encoding.GetPreamble(), .. encoding.GetBytes("the café’s\r\nsign\n\nend")];
        File.WriteAllBytes(_folder["a.txt"], bytes);

        Assert.Equal("the café’s\r\nsign\n\nend", TextFile.Decode(bytes));
        Assert.Equal(["the café’s", "sign", "", "end"], TextFile.ReadLines(_folder["a.txt"]));
        Encoding? read = Encoding.Latin1; // what is given is for files without a mark
        using var reader = TextFile.Open(_folder["a.txt"], ref read);
        Assert.Equal(encoding.WebName, read!.WebName);
        Assert.Equal("the café’s", reader.ReadLine());
    }

    [Theory]
    [MemberData(nameof(Marked))]
    public void WhatIsNotInItIsAnErrorAndNeverAQuestionMark(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        // A lone continuation, half of a pair, or more than there are characters; or too few bytes.
        byte[] wrong = name switch
        {
            "utf-8" => [(byte)'a', 0x80, (byte)'b'],
            "utf-16" => [0x61, 0, 0, 0xD8, 0x62, 0],
            "utf-16BE" => [0, 0x61, 0xD8, 0, 0, 0x62],
            "utf-32" => [0x61, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F],
            _ => [0, 0, 0, 0x61, 0x7F, 0xFF, 0xFF, 0xFF],
        };
        byte[] bytes = [.. encoding.GetPreamble(), .. wrong];
        File.WriteAllBytes(_folder["a.txt"], bytes);

        var error = Assert.Throws<InvalidDataException>(() => TextFile.Decode(bytes));
        Assert.Contains($"the text is not {encoding.WebName.ToUpperInvariant()}: ", error.Message, StringComparison.Ordinal);
        var lines = Assert.Throws<ClipException>(() => TextFile.ReadLines(_folder["a.txt"]).ToList());
        Assert.StartsWith($"{_folder["a.txt"]}, line 1: ", lines.Message, StringComparison.Ordinal);
        Assert.EndsWith("; save it as UTF-8.", lines.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\u0080b", 0xE9, 3)]
    [InlineData("", 0xFF, 0)]
    public void ATextWithoutAMarkIsUtf8_AndWhatIsNotIsTold(string before, byte wrong, int offset)
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(before)[..offset], wrong, .. "x"u8];

        Assert.Equal("café", TextFile.Decode("café"u8));
        Assert.Equal("", TextFile.Decode(""u8));
        var error = Assert.Throws<InvalidDataException>(() => TextFile.Decode(bytes));
        Assert.Equal($"the text is not UTF-8: byte 0x{wrong:X2} at offset {offset}", error.Message);
    }

    [Fact]
    public void TheLineAndThePlaceOfWhatIsWrongAreTold()
    {
        byte[] before = [.. "one\ntwo é\nthree "u8];
        File.WriteAllBytes(_folder["a.txt"], [.. before, 0xE9, .. " x\nfour\n"u8]);

        var lines = new List<string>();
        var error = Assert.Throws<ClipException>(() => lines.AddRange(TextFile.ReadLines(_folder["a.txt"])));

        Assert.Equal(
            $"{_folder["a.txt"]}, line 3: byte 0xE9 at offset {before.Length} of the file is not UTF-8; save it as UTF-8.", error.Message);
    }

    [Fact]
    public void WhatStandsInATextsPlaceIsNamed()
    {
        Refused("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer");
        Refused("<!DOCTYPE html><html><body>404</body></html>", "a web page");

        void Refused(string content, string name)
        {
            var path = _folder.Write("a.txt", content);
            var error = Assert.Throws<ClipException>(() => TextFile.ReadLines(path).ToList());
            Assert.StartsWith($"{path} is {name}", error.Message, StringComparison.Ordinal);
            // It is closed: it can be written.
            using var alone = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
    }

    [Fact]
    public void ATextIsClosedWhenItsLinesAreRead()
    {
        var path = _folder.Write("a.txt", "one\ntwo\n");

        Assert.Equal(["one"], TextFile.ReadLines(path).Take(1));
        using var alone = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("cp65001")]
    [InlineData("utf-16")]
    [InlineData("ascii")]
    public void ANamedEncodingRefusesWhatItCannotDecode(string name)
    {
        var encoding = TextFile.Named(name);
        byte[] wrong = name == "utf-16" ? [0, 0xD8, 0x61, 0] : [0x61, 0xFF, 0xFF];

        Assert.Throws<DecoderFallbackException>(() => encoding.GetString(wrong));
    }

    [Theory]
    [InlineData("xy1252")]
    [InlineData("cp")]
    [InlineData("cp99999")]
    [InlineData("")]
    public void AnotherNameIsNone(string name)
    {
        var error = Assert.Throws<ClipException>(() => TextFile.Named(name));

        Assert.StartsWith($"'{name}' is no encoding that is known", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(" UTF-8 ", "utf-8")]
    [InlineData("latin1", "iso-8859-1")]
    [InlineData("latin_1", "iso-8859-1")]
    [InlineData("iso8859_15", "iso-8859-15")]
    [InlineData("utf16", "utf-16")]
    [InlineData("utf_32", "utf-32")]
    [InlineData("cp850", "ibm850")]
    [InlineData("windows-1252", "windows-1252")]
    [InlineData("big5", "big5")]
    [InlineData("gb18030", "gb18030")]
    public void NamesAreSpelledInManyWays(string name, string expected) =>
        Assert.Equal(expected, TextFile.Named(name).WebName, ignoreCase: true);
}
