using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>Where a folder has a thing twice, which of the two counts; and what its weights tell beside the towers.</summary>
public sealed class FolderOrderTests : IDisposable
{
    private readonly TinyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ClipPrecision.Auto, "", "_fp16", "_int8", "_quantized", "_uint8", "_q4", "_q4f16", "_bnb4")]
    [InlineData(ClipPrecision.Int8, "_int8", "_quantized", "_uint8")]
    public void OfSeveralPrecisionsTheFirstOfTheOrderIsOpened(ClipPrecision precision, params string[] suffixes) =>
        OneAfterTheOther(suffixes.Select(suffix => $"onnx/vision_model{suffix}.onnx"), precision);

    [Fact]
    public void OfSeveralPlacesTheFirstOfTheOrderIsLookedAt() => OneAfterTheOther(
        ["onnx/vision_model.onnx", "vision_model.onnx", "onnx/visual.onnx", "visual.onnx", "visual/model.onnx"], ClipPrecision.Auto);

    [Fact]
    public void APrecisionCountsMoreThanAPlace() =>
        OneAfterTheOther(["visual.onnx", "onnx/vision_model_fp16.onnx", "visual_fp16.onnx"], ClipPrecision.Auto);

    [Fact]
    public void TheFoldersOwnTokenizerGoesBeforeTheOneOfItsTextualFolder()
    {
        Directory.CreateDirectory(_folder["textual"]);
        TinyVocabulary.Save(_folder["textual"]);
        File.WriteAllText(_folder["vocab.json"], """{"a</w>":0,"<|startoftext|>":1,"<|endoftext|>":2}""");
        File.WriteAllText(_folder["merges.txt"], "#version: 0.2\n");
        Assert.Equal(3, VocabularySize());
        File.Delete(_folder["vocab.json"]);
        Assert.Equal(TinyVocabulary.Count, VocabularySize());

        int VocabularySize()
        {
            using var model = ClipModel.Open(_folder.Path);
            return model.Tokenizer.VocabularySize;
        }
    }

    [Fact]
    public void ConfigJsonGoesBeforeOpenClips()
    {
        File.WriteAllText(_folder["open_clip_config.json"], """{"model_cfg": {"text_cfg": {"context_length": 9}}}""");
        using (var model = ClipModel.Open(_folder.Path)) Assert.Equal(16, model.ContextLength);
        File.Delete(_folder["config.json"]);
        using (var model = ClipModel.Open(_folder.Path)) Assert.Equal(9, model.ContextLength);
    }

    [Theory]
    [InlineData("F32", "0000803F", 2.7182817f)] // 1
    [InlineData("F16", "003C", 2.7182817f)]
    [InlineData("BF16", "803F", 2.7182817f)]
    [InlineData("F64", "000000000000F03F", 2.7182817f)]
    [InlineData("BF16", "9340", 98.864479f)] // 4.59375: both bytes count
    [InlineData("BF16", "80BF", 0.36787944f)] // −1: so does the sign
    public void TheTrainedScaleIsReadInEveryType(string type, string bytes, float scale)
    {
        Write(8, type, Convert.FromHexString(bytes));
        using var model = ClipModel.Open(_folder.Path);
        Assert.Equal(scale, model.LogitScale, 1e-4f);
    }

    [Fact]
    public void AHeaderIsReadOnlyUpToTheFormatsLimit()
    {
        // A hundred million bytes are the most that the format allows; the file is a hole, and takes no room.
        using (var file = File.Create(_folder["model.safetensors"]))
        {
            file.Write(BitConverter.GetBytes(100_000_001L));
            file.SetLength(100_000_100);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidDataException>(() => ClipModel.Open(_folder.Path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
        Assert.Contains("is not a safetensors file", error.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(9)] // one more than there is
    [InlineData(16)]
    [InlineData(1000)]
    public void AHeaderMustLieInTheFile(long length)
    {
        File.WriteAllBytes(_folder["model.safetensors"], [.. BitConverter.GetBytes(length), .. "{}      "u8]);
        Assert.Contains(
            "is not a safetensors file", Assert.Throws<InvalidDataException>(() => ClipModel.Open(_folder.Path)).Message);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void AScaleThatIsNoNumberIsRefused(float scale)
    {
        Write(0, "F32", BitConverter.GetBytes(scale));
        Assert.Contains(
            "as its logit_scale, so its training failed",
            Assert.Throws<InvalidDataException>(() => ClipModel.Open(_folder.Path)).Message);
    }

    private void Write(int padding, string type, byte[] value)
    {
        var header = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["logit_scale"] = new { dtype = type, shape = Array.Empty<int>(), data_offsets = new[] { padding, padding + value.Length } },
        });
        File.WriteAllBytes(
            _folder["model.safetensors"],
            [.. BitConverter.GetBytes((long)header.Length), .. Encoding.ASCII.GetBytes(header), .. new byte[padding], .. value]);
    }

    /// <summary>All files at once, each of another width; then the first is taken away, and the next.</summary>
    private void OneAfterTheOther(IEnumerable<string> files, ClipPrecision precision)
    {
        File.Delete(_folder["onnx/vision_model.onnx"]);
        var all = files.ToArray();
        for (var i = 0; i < all.Length; i++) TinyClip.SaveVision(_folder[all[i]], width: 4 + i);
        for (var i = 0; i < all.Length; i++)
        {
            using (var model = ClipModel.Open(_folder.Path, new() { Precision = precision })) Assert.Equal(4 + i, model.Dimension);
            File.Delete(_folder[all[i]]);
        }
    }
}
