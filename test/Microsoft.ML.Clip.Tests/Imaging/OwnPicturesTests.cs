using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests.Imaging;

/// <summary>The pictures of <c>test/Goldens</c>, every one in every configuration, bit for bit what Pillow and torchvision gave.</summary>
public sealed partial class OwnPicturesTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Goldens");

    /// <summary>Formats that Pillow reads and this library by itself does not.</summary>
    private static readonly string[] NotRead = [".tif", ".tga", ".jp2", ".pcx", ".sgi", ".dds", ".xbm", ".msp", ".im"];

    private static readonly Lazy<Dictionary<string, Dictionary<string, string>>> Manifest = new(ReadManifest);

    public static TheoryData<string> Pictures() => [.. Manifest.Value.Keys.Where(IsRead)];

    public static TheoryData<string> OtherPictures() => [.. Manifest.Value.Keys.Where(picture => NotRead.Contains(Path.GetExtension(picture)))];

    [Theory]
    [MemberData(nameof(Pictures))]
    public void EveryConfigurationGivesEveryBit(string picture)
    {
        var encoded = Read(picture);
        var expected = Manifest.Value[picture];

        var actual = expected.Keys.ToDictionary(configuration => configuration, configuration => Sha256(encoded, configuration));

        Assert.Equal(expected, actual);
    }

    [Theory]
    [MemberData(nameof(OtherPictures))]
    public void AFormatThatIsNotReadIsNamed(string picture)
    {
        var error = Assert.Throws<InvalidDataException>(() => Sha256(Read(picture), "orig-224-bicubic"));

        Assert.Contains("which is not among the formats read", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ManyPicturesAreCompared() => Assert.InRange(Manifest.Value.Keys.Count(IsRead), 400, int.MaxValue);

    /// <summary>Its inks cannot be parted without an arithmetic decoder, which docs/exactness.md says.</summary>
    private static bool IsArithmeticCmyk(string picture) => picture.EndsWith("jpeg_cmykarith.jpg", StringComparison.Ordinal);

    private static bool IsRead(string picture) => !NotRead.Contains(Path.GetExtension(picture)) && !IsArithmeticCmyk(picture);

    private static byte[] Read(string picture)
    {
        var (set, file) = (Path.GetDirectoryName(picture)!, Path.GetFileName(picture));
        return File.ReadAllBytes(Path.Combine(Folder, set, "images", file));
    }

    private static string Sha256(byte[] encoded, string configuration)
    {
        var preprocessor = ClipImagePreprocessor.Create(Settings(configuration));
        var floats = new float[preprocessor.FloatCount];
        preprocessor.Preprocess(encoded, floats);
        return Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(floats.AsSpan())));
    }

    /// <summary>What a configuration's name says; <c>test/Goldens/README.md</c> has the table.</summary>
    private static ClipImagePreprocessing Settings(string configuration)
    {
        var match = Configuration().Match(configuration);
        Assert.True(match.Success, configuration);
        int Number(string group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
        var size = Number("size");
        var settings = ClipImagePreprocessing.ForSize(size) with
        {
            Order = match.Groups["order"].Value == "hf" ? PreprocessingOrder.HuggingFace : PreprocessingOrder.Original,
            Resample = Enum.Parse<ImageResample>(match.Groups["filter"].ValueSpan, ignoreCase: true),
            Gray16 = Gray16Conversion.Clip,
        };
        if (match.Groups["edge"].Success) return settings with { ShortestEdge = Number("edge") };
        if (match.Groups["noresize"].Success) return settings with { DoResize = false, ShortestEdge = null };
        if (!match.Groups["width"].Success) return settings;
        return settings with
        {
            ShortestEdge = null,
            ResizeWidth = Number("width"),
            ResizeHeight = Number("height"),
            DoCenterCrop = false,
        };
    }

    private static Dictionary<string, Dictionary<string, string>> ReadManifest()
    {
        var pictures = new Dictionary<string, Dictionary<string, string>>();
        foreach (var set in new[] { "own", "variations" })
        {
            using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, set, "manifest.json")));
            foreach (var picture in manifest.RootElement.EnumerateArray())
            {
                pictures.Add(
                    $"{set}/{picture.GetProperty("file").GetString()}",
                    picture.GetProperty("sha256").Deserialize<Dictionary<string, string>>()!);
            }
        }

        return pictures;
    }

    [GeneratedRegex(
        @"^(?<order>orig|hf)-(?<size>\d+)-(?<filter>[a-z]+)(-crop(?<edge>\d+)|-(?<noresize>noresize)|-squash(?<width>\d+)x(?<height>\d+))?$")]
    private static partial Regex Configuration();
}
