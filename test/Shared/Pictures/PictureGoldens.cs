using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Clip;

namespace Clip.Testing;

/// <summary>The pictures of <c>test/Goldens</c>, and what Pillow and torchvision gave for them.</summary>
internal static partial class PictureGoldens
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Goldens");

    private static readonly Lazy<Dictionary<string, Dictionary<string, string>>> Manifest = new(ReadManifest);

    public static IEnumerable<string> All => Manifest.Value.Keys;

    /// <summary>By configuration, the checksum of the tensor.</summary>
    public static Dictionary<string, string> Expected(string picture) => Manifest.Value[picture];

    /// <summary>The checksums that this library's preprocessing gives, in the same configurations.</summary>
    public static Dictionary<string, string> Actual(string picture)
    {
        var encoded = Read(picture);
        return Expected(picture).Keys.ToDictionary(configuration => configuration, configuration => Sha256(encoded, configuration));
    }

    public static byte[] Read(string picture)
    {
        var (set, file) = (Path.GetDirectoryName(picture)!, Path.GetFileName(picture));
        return File.ReadAllBytes(Path.Combine(Folder, set, "images", file));
    }

    public static string Sha256(byte[] encoded, string configuration)
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
        @"^(?<order>orig|hf)-(?<size>\d+)-(?<filter>[a-z]+)"
        + @"(-crop(?<edge>\d+)|-(?<noresize>noresize)|-squash(?<width>\d+)x(?<height>\d+))?$")]
    private static partial Regex Configuration();
}
