using System.Security.Cryptography;
using Clip.Testing;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Tests.Inference;

/// <summary>A tower whose weights lie beside it: it is both files, and neither is opened before it was looked at.</summary>
public sealed class OnnxFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public OnnxFileTests() => TinyClip.SaveVision(Tower, external: "vision.data");

    private string Tower => _folder["vision.onnx"];

    private string Weights => _folder["vision.data"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ItsHashIsOfTheFileAndOfItsWeightsBehindIt() => Assert.Equal(
        Convert.ToHexStringLower(SHA256.HashData([.. File.ReadAllBytes(Tower), .. File.ReadAllBytes(Weights)])),
        new OnnxFile(Tower).ComputeSha256());

    [Fact]
    public void WeightsThatAreNotThereAreNamed()
    {
        var file = new OnnxFile(Tower);
        File.Delete(Weights);

        foreach (var read in new Action[] { file.Check, () => file.ComputeSha256() })
        {
            var error = Assert.Throws<FileNotFoundException>(read);
            Assert.Equal($"'{Tower}' keeps weights in 'vision.data', which is not beside it.", error.Message);
            Assert.Equal(Weights, error.FileName);
        }
    }

    /// <summary>ONNX Runtime would open whatever is there, and say less.</summary>
    [Fact]
    public void WhatLiesInTheirPlaceIsTold()
    {
        var file = new OnnxFile(Tower);
        File.WriteAllBytes(Weights, []);
        Assert.StartsWith($"'{Weights}' has no content", Assert.Throws<InvalidDataException>(file.Check).Message, StringComparison.Ordinal);

        File.WriteAllText(Tower, "<!DOCTYPE html><html><body>Not found</body></html>");
        foreach (var read in new Action[] { file.Check, () => file.ReadSignature() })
        {
            Assert.Equal(
                $"'{Tower}' is a web page, not the file itself: download it again.",
                Assert.Throws<InvalidDataException>(read).Message);
        }
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("vision.onnx", true)]
    [InlineData("vision.data", true)]
    public void WhetherOtherFilesLieInTheirPlaceIsSeen(string written, bool expected)
    {
        var file = new OnnxFile(Tower);
        file.Check();
        if (written.Length > 0) File.WriteAllBytes(_folder[written], [.. File.ReadAllBytes(_folder[written]), 0]);

        Assert.Equal(expected, file.HasChanged());
    }

    [Fact]
    public void WeightsThatHaveGoneAreForWhoReadsThem()
    {
        var file = new OnnxFile(Tower);
        file.Check();
        File.Delete(Weights);

        Assert.False(file.HasChanged());
        File.Delete(Tower);
        Assert.True(file.HasChanged());
    }
}
