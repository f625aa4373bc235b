using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Clip.Tests.Imaging;

/// <summary>The pictures of <c>test/Goldens/own</c>, every one in every configuration, bit for bit what Pillow and torchvision gave.</summary>
public sealed partial class OwnPicturesTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Goldens", "own");

    private static readonly Lazy<Dictionary<string, Dictionary<string, string>>> Manifest = new(ReadManifest);

    public static TheoryData<string> Pictures() => [.. Manifest.Value.Keys];

    [Theory]
    [MemberData(nameof(Pictures))]
    public void EveryConfigurationGivesEveryBit(string picture)
    {
        var encoded = File.ReadAllBytes(Path.Combine(Folder, "images", picture));
        var expected = Manifest.Value[picture];

        var actual = expected.Keys.ToDictionary(configuration => configuration, configuration => Sha256(encoded, configuration));

        Assert.Equal(expected, actual);
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
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "manifest.json")));
        return manifest.RootElement.EnumerateArray().ToDictionary(
            picture => picture.GetProperty("file").GetString()!,
            picture => picture.GetProperty("sha256").Deserialize<Dictionary<string, string>>()!);
    }

    [GeneratedRegex(
        @"^(?<order>orig|hf)-(?<size>\d+)-(?<filter>[a-z]+)(-crop(?<edge>\d+)|-(?<noresize>noresize)|-squash(?<width>\d+)x(?<height>\d+))?$")]
    private static partial Regex Configuration();
}
