using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Tests.Settings;

/// <summary>Every setting of a model, given an unusual value, is seen to arrive.</summary>
public sealed class ModelSettingsTests : IDisposable
{
    private readonly TinyFolder _folder = new();

    public static TheoryData<string> All => SettingRows.Of<ClipModelOptions>();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(All))]
    public void Arrives(string setting)
    {
        var row = Rows().Find(setting);
        using (var usual = ClipModel.Open(_folder.Path)) Assert.ThrowsAny<Exception>(() => row.Arrives(usual));
        using var model = ClipModel.Open(_folder.Path, row.Set(new ClipModelOptions()));
        row.Arrives(model);
    }

    private Dictionary<string, SettingRow<ClipModelOptions, ClipModel>> Rows()
    {
        TinyClip.SaveVision(_folder["onnx/vision_model_fp16.onnx"], width: 6);
        TinyClip.SaveText(_folder["onnx/text_model_fp16.onnx"]);
        TinyClip.SaveVision(_folder["eyes.onnx"], width: 5);
        TinyClip.SaveText(_folder["ears.onnx"], length: 9);
        var preprocessing = ClipImagePreprocessing.ForSize(TinyClip.ImageSize) with { Std = [0.5f, 0.25f, 0.5f] };
        return new()
        {
            [nameof(ClipModelOptions.Precision)] = new(
                o => o with { Precision = ClipPrecision.Fp16 }, m => Assert.Equal(6, m.EmbedImage(Picture).Length)),
            [nameof(ClipModelOptions.VisionModelFile)] = new(
                o => o with { VisionModelFile = "eyes.onnx" }, m => Assert.Equal(5, m.EmbedImage(Picture).Length)),
            [nameof(ClipModelOptions.TextModelFile)] = new(
                o => o with { TextModelFile = "ears.onnx" }, m => Assert.Equal(9, m.ContextLength)),
            [nameof(ClipModelOptions.Preprocessing)] = new(
                o => o with { Preprocessing = preprocessing }, m => Assert.Equal(preprocessing, m.Preprocessing)),
            [nameof(ClipModelOptions.ApplyExifOrientation)] = new(
                o => o with { ApplyExifOrientation = true }, m => Assert.True(m.Preprocessing.ApplyExifOrientation)),
            [nameof(ClipModelOptions.Decode)] = new(
                o => o with { Decode = ImageDecoding.Scaled }, m => Assert.Equal(ImageDecoding.Scaled, m.Preprocessing.Decode)),
            [nameof(ClipModelOptions.LogitScale)] = new(o => o with { LogitScale = 3 }, m => Assert.Equal(3, m.LogitScale)),
            [nameof(ClipModelOptions.LogitBias)] = new(o => o with { LogitBias = -2 }, m => Assert.Equal(-2, m.LogitBias)),
            [nameof(ClipModelOptions.ContextLength)] = new(o => o with { ContextLength = 7 }, m => Assert.Equal(7, m.ContextLength)),
            [nameof(ClipModelOptions.TruncateTexts)] = new(
                o => o with { TruncateTexts = false },
                m => Assert.Throws<ArgumentException>(() => m.EmbedText(string.Join(' ', Enumerable.Repeat("red", 40))))),
            [nameof(ClipModelOptions.BatchSize)] = new(o => o with { BatchSize = 3 }, PreparesThreeAtOnce),
            [nameof(ClipModelOptions.Session)] = new(
                o => o with { Session = new() { ProfilePrefix = _folder["profile"] } },
                m =>
                {
                    m.EmbedText("red");
                    Assert.NotEmpty(Directory.GetFiles(_folder.Path, "profile*"));
                }),
        };
    }

    private static byte[] Picture => TinyFolder.Picture(0, 0);

    /// <summary>The first picture is bad: the rest of its batch is looked at all the same, and no other.</summary>
    private static void PreparesThreeAtOnce(ClipModel model)
    {
        var pictures = new LookedAt<ReadOnlyMemory<byte>>(
            [new byte[] { 1, 2, 3 }, .. Enumerable.Range(1, 9).Select(i => TinyFolder.Picture(i % 3, i))]);
        Assert.Throws<InvalidDataException>(() => model.EmbedImages(pictures));
        Assert.Equal([0, 1, 2], pictures.Indices.Order());
    }
}
