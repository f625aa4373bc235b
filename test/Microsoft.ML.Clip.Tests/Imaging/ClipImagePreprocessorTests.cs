using Microsoft.ML.Data;
using SkiaSharp;

namespace Microsoft.ML.Clip.Tests.Imaging;

public sealed class ClipImagePreprocessorTests
{
    /// <summary>Settings under which an output float is the byte itself.</summary>
    private static readonly ClipImagePreprocessing Bytes = new() { DoResize = false, DoRescale = false, DoNormalize = false };

    [Fact]
    public void PlanesAreRedGreenBlueRowByRow()
    {
        var file = TestImages.Png(2, 1, 8, 2, [[1, 2, 3, 4, 5, 6]]);

        Assert.Equal([1, 4, 2, 5, 3, 6], Preprocess(Bytes with { CropHeight = 1, CropWidth = 2 }, file));
    }

    [Fact]
    public void DefaultsAreRescaledAndNormalizedInFloat32()
    {
        var file = TestImages.Png(1, 1, 8, 2, [[0, 128, 255]]);

        var floats = Preprocess(ClipImagePreprocessing.ForSize(1), file);

        Assert.Equal([-0.48145466f / 0.26862954f, ((128 / 255f) - 0.4578275f) / 0.26130258f, (1 - 0.40821073f) / 0.27577711f], floats);
    }

    [Theory]
    [InlineData(PreprocessingOrder.Original, 4, 1, 2)] // 1.5 to even: 2.
    [InlineData(PreprocessingOrder.Original, 6, 1, 2)] // 2.5 to even: 2.
    [InlineData(PreprocessingOrder.HuggingFace, 4, 1, 1)]
    [InlineData(PreprocessingOrder.HuggingFace, 6, 1, 2)]
    public void TheCropIsCenterdAsTheReferenceRounds(PreprocessingOrder order, int width, int crop, float expected)
    {
        var file = TestImages.Png(width, 1, 8, 0, [[0, 1, 2, 3, 4, 5]]);

        Assert.Equal(expected, Preprocess(Bytes with { CropHeight = 1, CropWidth = crop, Order = order }, file)[0]);
    }

    [Theory]
    [InlineData(PreprocessingOrder.Original, new float[] { 0, 7, 8, 0, 0 })]
    [InlineData(PreprocessingOrder.HuggingFace, new float[] { 0, 0, 7, 8, 0 })]
    public void ASmallerImageIsPaddedWithZeros(PreprocessingOrder order, float[] expected)
    {
        var file = TestImages.Png(2, 1, 8, 0, [[7, 8]]);

        Assert.Equal(expected, Preprocess(Bytes with { CropHeight = 1, CropWidth = 5, Order = order }, file)[..5]);
    }

    [Fact]
    public void FixedSidesSquashTheImage()
    {
        var settings = Bytes with { DoResize = true, ResizeHeight = 2, ResizeWidth = 3, DoCenterCrop = false };
        var preprocessor = ClipImagePreprocessor.Create(settings);

        Assert.Equal((3, 2, 18), (preprocessor.Width, preprocessor.Height, preprocessor.FloatCount));
        var file = TestImages.Png(4, 4, 8, 0, [.. Enumerable.Repeat<byte[]>([9, 9, 9, 9], 4)]);
        Assert.All(Preprocess(settings, file), value => Assert.Equal(9, value));
    }

    [Fact]
    public void PalettesAreResizedByNearestUnlessRgbComesFirst()
    {
        // Black and white, enlarged: only interpolation makes grays.
        var file = TestImages.Png(2, 2, 8, 3, [[0, 1], [1, 0]], palette: [0, 0, 0, 255, 255, 255]);
        var settings = Bytes with { DoResize = true, ShortestEdge = 8, CropHeight = 8, CropWidth = 8 };

        Assert.All(Preprocess(settings, file), value => Assert.True(value is 0 or 255));
        Assert.Contains(Preprocess(settings with { Order = PreprocessingOrder.HuggingFace }, file), value => value is not (0 or 255));
    }

    [Theory] // What Pillow 9.4's alpha_composite gives on (255, 240, 17).
    [InlineData(200, 100, 7, 128, new float[] { 227, 170, 12 })]
    [InlineData(255, 0, 77, 1, new float[] { 255, 239, 17 })]
    [InlineData(13, 250, 90, 254, new float[] { 14, 250, 90 })]
    [InlineData(3, 141, 59, 77, new float[] { 179, 210, 30 })]
    [InlineData(90, 90, 90, 0, new float[] { 255, 240, 17 })]
    public void TransparentPixelsLieOnTheBackground(byte red, byte green, byte blue, byte alpha, float[] expected)
    {
        var file = TestImages.Png(1, 1, 8, 6, [[red, green, blue, alpha]]);
        var settings = Bytes with { CropHeight = 1, CropWidth = 1, Background = [255, 240, 17] };

        Assert.Equal(expected, Preprocess(settings, file));
        Assert.Equal(expected, Preprocess(settings with { Order = PreprocessingOrder.HuggingFace }, file));
    }

    [Fact]
    public void ImagesOfMLNetLieOnTheBackgroundToo()
    {
        using var image = MLImage.CreateFromPixels(1, 1, MLPixelFormat.Bgra32, [0, 0, 100, 100]); // Premultiplied: red with alpha 100.
        var destination = new float[3];

        ClipImagePreprocessor.Create(Bytes with { CropHeight = 1, CropWidth = 1, Background = [0, 255, 255] })
            .Preprocess(image, destination);

        Assert.Equal([100, 155, 155], destination);
    }

    [Fact]
    public void ColorsOfTransparentPixelsDoNotBleed()
    {
        // An opaque black pixel beside a fully transparent white one.
        var file = TestImages.Png(2, 1, 8, 6, [[0, 0, 0, 255, 255, 255, 255, 0]]);
        var settings = Bytes with { DoResize = true, ResizeHeight = 1, ResizeWidth = 1, DoCenterCrop = false };

        Assert.Equal([0, 0, 0], Preprocess(settings, file));
        Assert.Equal([128, 128, 128], Preprocess(settings with { Order = PreprocessingOrder.HuggingFace }, file));
    }

    [Theory]
    [InlineData(255)]
    [InlineData(90)]
    public void AnMlImageGivesTheSameAsItsFile(byte alpha)
    {
        var file = TestImages.Encode(SKEncodedImageFormat.Png, 60, 45, alpha);
        using var stream = new MemoryStream(file);
        using var image = MLImage.CreateFromStream(stream);
        var preprocessor = ClipImagePreprocessor.Create(ClipImagePreprocessing.ForSize(32));
        var floats = new float[preprocessor.FloatCount];

        preprocessor.Preprocess(image, floats);

        Assert.Equal(Preprocess(preprocessor.Settings, file), floats);
    }

    [Fact]
    public void MlImagesOfEitherChannelOrderAreUnderstood()
    {
        byte[] pixels = [1, 2, 3, 255];
        using var rgba = MLImage.CreateFromPixels(1, 1, MLPixelFormat.Rgba32, pixels);
        using var bgra = MLImage.CreateFromPixels(1, 1, MLPixelFormat.Bgra32, pixels);
        var preprocessor = ClipImagePreprocessor.Create(Bytes with { CropHeight = 1, CropWidth = 1 });
        var floats = new float[3];

        preprocessor.Preprocess(rgba, floats);
        Assert.Equal([1, 2, 3], floats);
        preprocessor.Preprocess(bgra, floats);
        Assert.Equal([3, 2, 1], floats);
    }

    [Fact]
    public void OneInstanceServesManyThreads()
    {
        var preprocessor = ClipImagePreprocessor.Create(ClipImagePreprocessing.ForSize(32));
        var files = Enumerable.Range(33, 12).Select(size => TestImages.Encode(SKEncodedImageFormat.Png, size, 2 * size)).ToArray();
        var expected = files.Select(file => Preprocess(preprocessor.Settings, file)).ToArray();

        Parallel.For(0, 120, i => Assert.Equal(expected[i % 12], Preprocess(preprocessor, files[i % 12])));
    }

    [Fact]
    public void AnImageTooNarrowToResizeIsRefused()
    {
        var file = TestImages.Png(1, 30_000, 1, 0, [.. Enumerable.Repeat<byte[]>([0], 30_000)]);

        var settings = Bytes with { DoResize = true, ShortestEdge = 100_000, CropHeight = 1, CropWidth = 1 };

        Assert.Throws<InvalidDataException>(() => Preprocess(settings, file));
    }

    [Fact]
    public void ADestinationThatIsTooShortIsRefused()
    {
        var preprocessor = ClipImagePreprocessor.Create(ClipImagePreprocessing.ForSize(8));

        var file = TestImages.Encode(SKEncodedImageFormat.Png, 9, 9);

        var error = Assert.Throws<ArgumentException>(() => preprocessor.Preprocess(file, new float[191]));
        Assert.Contains("192 are needed", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<ClipImagePreprocessing, string> Contradictions() => new()
    {
        { new(), "ShortestEdge" },
        { ClipImagePreprocessing.ForSize(8) with { DoCenterCrop = false }, "size would differ" },
        { ClipImagePreprocessing.ForSize(8) with { CropWidth = 0 }, "CropWidth" },
        { ClipImagePreprocessing.ForSize(8) with { ResizeHeight = 8, ResizeWidth = 8 }, "exclude each other" },
        { new() { ResizeHeight = 8, DoCenterCrop = false }, "must be positive" },
        { ClipImagePreprocessing.ForSize(8) with { Std = [1, 0, 1] }, "Std" },
        { ClipImagePreprocessing.ForSize(8) with { Mean = [1] }, "Mean" },
        { ClipImagePreprocessing.ForSize(8) with { Resample = (ImageResample)9 }, "Resample" },
        { ClipImagePreprocessing.ForSize(8) with { MaxPixels = 0 }, "MaxPixels" },
        { ClipImagePreprocessing.ForSize(40_000), "too large" },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void ContradictorySettingsAreRefused(ClipImagePreprocessing settings, string problem)
    {
        var error = Assert.Throws<ArgumentException>(() => ClipImagePreprocessor.Create(settings));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    private static float[] Preprocess(ClipImagePreprocessing settings, byte[] file) =>
        Preprocess(ClipImagePreprocessor.Create(settings), file);

    private static float[] Preprocess(ClipImagePreprocessor preprocessor, byte[] file)
    {
        var floats = new float[preprocessor.FloatCount];
        preprocessor.Preprocess(file, floats);
        return floats;
    }
}
