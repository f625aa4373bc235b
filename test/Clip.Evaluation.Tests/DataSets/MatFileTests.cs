using System.Text;
using Clip.Evaluation.DataSets;

namespace Clip.Evaluation.Tests.DataSets;

/// <summary>MATLAB keeps numbers in whatever type holds them, and texts in three; all read as the same.</summary>
public sealed class MatFileTests : IDisposable
{
    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    public static TheoryData<uint, byte[], double[]> Types => new()
    {
        { 1, [0xFF, 0x7F, 0x80], [-1, 127, -128] },
        { 2, [0xFF, 0x7F], [255, 127] },
        { 3, [.. Bytes(-2), .. Bytes(300)], [-2, 300] },
        { 4, [0xFE, 0xFF, 0x2C, 0x01], [65534, 300] },
        { 5, [.. BitConverter.GetBytes(-70000), .. BitConverter.GetBytes(70000)], [-70000, 70000] },
        { 6, [0xFE, 0xFF, 0xFF, 0xFF, 7, 0, 0, 0], [4294967294, 7] },
        { 7, [.. BitConverter.GetBytes(0.5f), .. BitConverter.GetBytes(-3f)], [0.5, -3] },
        { 9, [.. BitConverter.GetBytes(0.1), .. BitConverter.GetBytes(-1e9)], [0.1, -1e9] },
        { 12, [.. BitConverter.GetBytes(-5L), .. BitConverter.GetBytes(1L << 40)], [-5, 1099511627776] },
        { 13, [.. BitConverter.GetBytes(ulong.MaxValue), .. BitConverter.GetBytes(3UL)], [18446744073709551615, 3] },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void NumbersAreReadInEveryType(uint type, byte[] data, double[] expected) =>
        Assert.Equal(expected, Read(MatFileWriter.Raw(6, [1, expected.Length], type, data)).Numbers);

    [Fact]
    public void TextsAreReadInEightAndSixteenBits()
    {
        Assert.Equal("é", Read(MatFileWriter.Raw(4, [1, 1], 16, Encoding.UTF8.GetBytes("é"))).Text);
        Assert.Equal("abc", Read(MatFileWriter.Raw(4, [1, 3], 1, "abc"u8.ToArray())).Text);
        Assert.Equal("é", Read(MatFileWriter.Raw(4, [1, 1], 17, Encoding.Unicode.GetBytes("é"))).Text);
        Assert.Null(Read(MatFileWriter.Numbers(1)).Text);
        Assert.Contains("is damaged", Error(MatFileWriter.Raw(4, [1, 1], 9, BitConverter.GetBytes(1.0))));
        Assert.Contains("is damaged", Error(MatFileWriter.Raw(6, [1, 1], 99, [1, 2, 3, 4, 5])));
    }

    /// <summary>Each structure has its own fields, however many there are.</summary>
    [Fact]
    public void FieldsBelongToTheirStructures()
    {
        var read = Read(MatFileWriter.Structures(
            new() { ["a"] = MatFileWriter.Numbers(1, 2), ["b"] = MatFileWriter.Text("one") },
            new() { ["a"] = MatFileWriter.Numbers(3), ["b"] = MatFileWriter.Text("two") },
            new() { ["a"] = MatFileWriter.Numbers(), ["b"] = MatFileWriter.Text("three") }));

        Assert.Equal(["one", "two", "three"], read.Structures.Select(s => s["b"].Text));
        Assert.Equal(["1 2", "3", ""], read.Structures.Select(s => string.Join(' ', s["a"].Numbers)));
    }

    [Fact]
    public void CellsMayHoldCells()
    {
        var read = Read(MatFileWriter.Cells(
            MatFileWriter.Text("first"), MatFileWriter.Cells(MatFileWriter.Numbers(1), MatFileWriter.Numbers(2))));

        Assert.Equal("first", read.Cells[0].Text);
        Assert.Equal([1, 2], read.Cells[1].Cells.SelectMany(cell => cell.Numbers));
    }

    [Theory]
    [InlineData(15, true)]
    [InlineData(16, false)]
    public void CellsWithoutEndAreNoListOfLabels(int depth, bool isRead)
    {
        var value = MatFileWriter.Numbers(7);
        for (var i = 0; i < depth; i++)
        {
            var inner = value;
            value = MatFileWriter.Cells(inner);
        }

        if (isRead) Assert.NotNull(Read(value));
        else Assert.Contains("nests deeper than 16; it is no list of labels.", Error(value));
    }

    /// <summary>Objects and sparse matrices are passed over, and so is what has no name; other variables are read all the same.</summary>
    [Fact]
    public void WhatNoLabelsAreIsPassedOver()
    {
        _on.Write("a.mat", MatFileWriter.File(
            false, ("sparse", MatFileWriter.Raw(5, [1, 1], 9, BitConverter.GetBytes(1.0))), ("", MatFileWriter.Numbers(5)),
            ("labels", MatFileWriter.Numbers(3, 2, 1)), ("more", MatFileWriter.Numbers(300, 400))));

        var read = MatFile.Read(_on["a.mat"]);

        Assert.Equal(["sparse", "labels", "more"], read.Keys);
        Assert.Empty(read["sparse"].Numbers);
        Assert.Equal([3, 2, 1], read["labels"].Numbers);
        Assert.Equal([300, 400], read["more"].Numbers);
    }

    [Fact]
    public void AFileOfABigEndianMachineIsRefused()
    {
        var file = MatFileWriter.File(false, ("labels", MatFileWriter.Numbers(1)));
        (file[124], file[125], file[126], file[127]) = (1, 0, (byte)'M', (byte)'I');
        _on.Write("a.mat", file);

        var error = Assert.Throws<ClipException>(() => MatFile.Read(_on["a.mat"]));

        Assert.EndsWith("from a little-endian machine; save it with -v7.", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Bytes(short number) => BitConverter.GetBytes(number);

    private MatArray Read(MatFileWriter.Value value)
    {
        _on.Write("a.mat", MatFileWriter.File(compress: false, ("a", value)));
        return MatFile.Read(_on["a.mat"])["a"];
    }

    private string Error(MatFileWriter.Value value) => Assert.Throws<ClipException>(() => Read(value)).Message;
}
