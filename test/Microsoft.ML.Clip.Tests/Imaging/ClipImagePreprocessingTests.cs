using System.Text.Json;

namespace Microsoft.ML.Clip.Tests.Imaging;

public sealed class ClipImagePreprocessingTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void OpenAisOwnFileGivesTheDefaults() => Assert.Equal(ClipImagePreprocessing.ForSize(224), Load("""
        {
          "crop_size": 224, "do_center_crop": true, "do_normalize": true, "do_resize": true,
          "feature_extractor_type": "CLIPFeatureExtractor",
          "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
          "resample": 3, "size": 224
        }
        """));

    public static TheoryData<ClipImagePreprocessing> Unusual => new()
    {
        ClipImagePreprocessing.ForSize(224),
        ClipImagePreprocessing.ForSize(20) with { ShortestEdge = 23, CropHeight = 19, CropWidth = 21, Resample = ImageResample.Nearest },
        ClipImagePreprocessing.ForSize(20) with { DoRescale = false, DoNormalize = false, RescaleFactor = 1 / 127.5 },
        ClipImagePreprocessing.ForSize(20) with { ShortestEdge = null, ResizeHeight = 30, ResizeWidth = 40, Background = [9, 0, 255] },
        ClipImagePreprocessing.ForSize(20) with
        {
            ShortestEdge = null, ResizeHeight = 30, ResizeWidth = 40, DoCenterCrop = false, Resample = ImageResample.Bilinear,
        },
        ClipImagePreprocessing.ForSize(20) with { Order = PreprocessingOrder.HuggingFace, Gray16 = Gray16Conversion.Clip },
        ClipImagePreprocessing.ForSize(20) with { ApplyExifOrientation = true },
        ClipImagePreprocessing.ForSize(20) with { Decode = ImageDecoding.Scaled },
    };

    [Theory]
    [MemberData(nameof(Unusual))]
    public void WhatIsSavedIsReadBack(ClipImagePreprocessing settings)
    {
        settings.Save(_file);

        Assert.Equal(settings, ClipImagePreprocessing.Load(_file));
    }

    [Fact]
    public void NumbersAreReadBackToTheBit()
    {
        var random = new Random(3);
        for (var i = 0; i < 500; i++)
        {
            float[] Draw() =>
                [random.NextSingle(), MathF.Exp(random.NextSingle() * 20 - 10), BitConverter.Int32BitsToSingle(random.Next(1 << 30))];
            var settings = ClipImagePreprocessing.ForSize(8) with { Mean = Draw(), Std = Draw(), RescaleFactor = random.NextDouble() };

            settings.Save(_file);

            Assert.Equal(settings, ClipImagePreprocessing.Load(_file));
        }
    }

    [Fact]
    public void SettingsThatContradictThemselvesAreNotSaved()
    {
        var settings = ClipImagePreprocessing.ForSize(8) with { Mean = [float.NaN, 0, 0] };

        Assert.Throws<ArgumentException>(() => settings.Save(_file));
        Assert.False(File.Exists(_file));
    }

    [Fact]
    public void TheNewerFormOfSizesIsUnderstood() => Assert.Equal(ClipImagePreprocessing.ForSize(336), Load("""
        {
          "crop_size": { "height": 336, "width": 336 }, "size": { "shortest_edge": 336 }, "do_convert_rgb": true,
          "do_rescale": true, "rescale_factor": 0.00392156862745098, "image_processor_type": "CLIPImageProcessor"
        }
        """));

    [Fact]
    public void SigLipSquashesAndDoesNotCrop()
    {
        var settings = Load("""
            {
              "image_processor_type": "SiglipImageProcessor", "size": { "height": 384, "width": 320 }, "resample": 2,
              "image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.5, 1], "do_center_crop": null
            }
            """);

        Assert.Equal((384, 320, null), (settings.ResizeHeight, settings.ResizeWidth, settings.ShortestEdge));
        Assert.False(settings.DoCenterCrop);
        Assert.Equal(ImageResample.Bilinear, settings.Resample);
        Assert.Equal([0.25f, 0.5f, 1], settings.Std);
        Assert.Equal(320, ClipImagePreprocessor.Create(settings).Width);
    }

    [Fact]
    public void ABareSizeIsASquareToProcessorsThatSquash()
    {
        var settings = Load("""{ "image_processor_type": "ViTImageProcessor", "size": 256 }""");

        Assert.Equal((256, 256, null), (settings.ResizeHeight, settings.ResizeWidth, settings.ShortestEdge));
    }

    [Fact]
    public void ABackgroundIsOurOwnKey()
    {
        Assert.Equal(
            ClipImagePreprocessing.ForSize(8) with { Background = [255, 0, 9] },
            Load("""{ "size": 8, "crop_size": 8, "background": [255, 0, 9] }"""));

        var error = Assert.Throws<FormatException>(() => Load("""{ "background": [256, 0, 9] }"""));
        Assert.Contains("'background'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, ImageResample.Nearest)]
    [InlineData(1, ImageResample.Lanczos)]
    [InlineData(2, ImageResample.Bilinear)]
    [InlineData(3, ImageResample.Bicubic)]
    public void FiltersHavePillowsNumbers(int number, ImageResample filter) =>
        Assert.Equal(filter, Load($$"""{ "resample": {{number}} }""").Resample);

    [Fact]
    public void MeanDeviationAndFactorReachThePixels()
    {
        var settings = Load("""
            {
              "do_resize": false, "crop_size": 1, "rescale_factor": 0.5, "image_mean": [1, 2, 3], "image_std": [0.5, 1, 2]
            }
            """);
        using var bitmap = new SkiaSharp.SKBitmap(1, 1);
        bitmap.Erase(new SkiaSharp.SKColor(10, 20, 30));
        using var png = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Png, 100);
        var floats = new float[3];
        ClipImagePreprocessor.Create(settings).Preprocess(png.ToArray(), floats);
        Assert.Equal([8f, 8f, 6f], floats);
    }

    [Fact]
    public void StepsCanBeSwitchedOff()
    {
        var settings = Load("""
            { "do_resize": false, "do_rescale": false, "do_normalize": false, "crop_size": { "height": 3, "width": 5 } }
            """);

        Assert.False(settings.DoResize || settings.DoRescale || settings.DoNormalize);
        Assert.Equal((3, 5), (settings.CropHeight, settings.CropWidth));
    }

    [Theory]
    [InlineData("""{ "size": 224, "mode": "RGB", "interpolation": "bicubic", "resize_mode": "shortest", "fill_color": 0 }""")]
    [InlineData("""{ "size": [224, 224], "mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711] }""")]
    [InlineData("""{ "model_cfg": { "vision_cfg": { "image_size": 224 } }, "preprocess_cfg": { "resize_mode": "shortest" } }""")]
    [InlineData("""{ "model_cfg": { "vision_cfg": { "image_size": 99 } }, "preprocess_cfg": { "size": 224 } }""")]
    [InlineData("""{ "preprocess_cfg": { "size": 224, "mode": "RGB", "fill_color": 0, "crop_pct": null, "grayscale": false } }""")]
    public void OpenClipsFormsAreUnderstood(string json) => Assert.Equal(ClipImagePreprocessing.ForSize(224), Load(json));

    [Fact]
    public void OpenClipsSquashFixesBothSides()
    {
        var settings = Load("""{ "preprocess_cfg": { "size": [256, 192], "interpolation": "bilinear", "resize_mode": "squash" } }""");

        Assert.Equal((256, 192, ImageResample.Bilinear), (settings.ResizeHeight, settings.ResizeWidth, settings.Resample));
        Assert.False(settings.DoCenterCrop);
    }

    [Theory]
    [InlineData("""{ "resample": 5 }""", "'resample' is 5")]
    [InlineData("""{ "size": { "longest_edge": 224 } }""", "'size' is { \"longest_edge\": 224 }")]
    [InlineData("""{ "size": { "shortest_edge": "small" } }""", "'size.shortest_edge' is \"small\"")]
    [InlineData("""{ "crop_size": 0 }""", "'crop_size' is 0")]
    [InlineData("""{ "do_resize": "yes" }""", "'do_resize' is \"yes\"")]
    [InlineData("""{ "image_mean": [1, 2] }""", "'image_mean' is [1, 2]")]
    [InlineData("""{ "image_std": [1, 2, "x"] }""", "'image_std[2]' is \"x\"")]
    [InlineData("""{ "interpolation": "random" }""", "'interpolation' is \"random\"")]
    [InlineData("""{ "preprocess_cfg": { "resize_mode": "longest" } }""", "'preprocess_cfg.resize_mode' is \"longest\"")]
    [InlineData("""{ "preprocess_cfg": { "crop_pct": 0.9 } }""", "'preprocess_cfg.crop_pct' is 0.9")]
    [InlineData("""{ "mean": [0, 0, 0], "std": [1, 1, 1], "grayscale": true }""", "'grayscale' is true")]
    [InlineData("""{ "mode": "L", "mean": [0, 0, 0] }""", "'mode' is \"L\"")]
    [InlineData("""{ "size": [224, 336], "resize_mode": "shortest" }""", "'size' is [224, 336]")]
    [InlineData("[]", "does not hold a JSON object")]
    [InlineData("{", "is not JSON")]
    public void AnUnknownValueIsNamedWithItsKeyAndFile(string json, string problem)
    {
        var error = Assert.Throws<FormatException>(() => Load(json));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Contains(_file, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingFileIsSaidToBeMissing() => Assert.Throws<FileNotFoundException>(() => ClipImagePreprocessing.Load(_file));

    [Fact]
    public void SettingsSurviveJson()
    {
        var settings = ClipImagePreprocessing.ForSize(224) with { Mean = [1, 2, 3], Order = PreprocessingOrder.HuggingFace, MaxPixels = 5 };

        var copy = JsonSerializer.Deserialize<ClipImagePreprocessing>(JsonSerializer.Serialize(settings));

        Assert.Equal(settings, copy);
        Assert.Equal(settings.GetHashCode(), copy!.GetHashCode());
        Assert.NotEqual(settings, copy with { Std = [1, 1, 1] });
    }

    private ClipImagePreprocessing Load(string json)
    {
        File.WriteAllText(_file, json);
        return ClipImagePreprocessing.Load(_file);
    }
}
