using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Clip.Testing;

namespace Microsoft.ML.Clip.Tests.Imaging;

/// <summary>Every golden image, at both sizes and in both orders, bit for bit what Pillow and torchvision gave.</summary>
public sealed class PreprocessingGoldenTests
{
    private const string Folder = "golden/preprocess";

    public static TheoryData<string, int> Images()
    {
        var rows = new TheoryData<string, int>();
        string[] images = Golden.IsPresent
            ? [.. Directory.EnumerateFiles(Golden.Path($"{Folder}/images")).Select(Path.GetFileName).Order(StringComparer.Ordinal)!]
            : ["(absent)"];
        foreach (var image in images)
        {
            rows.Add(image, 224);
            rows.Add(image, 32);
        }

        return rows;
    }

    [SkippableTheory]
    [MemberData(nameof(Images))]
    public void OriginalOrderGivesEveryBit(string image, int size)
    {
        var floats = Preprocess(image, size, PreprocessingOrder.Original);

        Assert.Equal(Normalized(Golden.Path($"{Folder}/out/{image}.{size}.u8hwc.bin")), floats);
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Golden.Path($"{Folder}/manifest.json")));
        var entry = manifest.RootElement.GetProperty("images").EnumerateArray().Single(e => e.GetProperty("file").GetString() == image);
        var expected = entry.GetProperty("outputs").GetProperty($"{size}").GetProperty("f32_sha256").GetString();
        Assert.Equal(expected, Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(floats.AsSpan()))));
    }

    [SkippableTheory]
    [MemberData(nameof(Images))]
    public void HuggingFaceOrderGivesEveryBit(string image, int size)
    {
        // Where the orders agree there is one golden for both.
        var golden = Golden.Path($"{Folder}/out/{image}.{size}.rgbfirst.u8hwc.bin");
        if (!File.Exists(golden)) golden = Golden.Path($"{Folder}/out/{image}.{size}.u8hwc.bin");

        Assert.Equal(Normalized(golden), Preprocess(image, size, PreprocessingOrder.HuggingFace));
    }

    private static float[] Preprocess(string image, int size, PreprocessingOrder order)
    {
        var encoded = File.ReadAllBytes(Golden.Path($"{Folder}/images/{image}"));
        var preprocessor = ClipImagePreprocessor.Create(
            ClipImagePreprocessing.ForSize(size) with { Order = order, Gray16 = Gray16Conversion.Clip });
        var floats = new float[preprocessor.FloatCount];
        preprocessor.Preprocess(encoded, floats);
        return floats;
    }

    /// <summary>The bytes of a golden crop (height × width × 3), normalized in the float32 steps of torchvision.</summary>
    private static float[] Normalized(string path)
    {
        float[] mean = [0.48145466f, 0.4578275f, 0.40821073f];
        float[] std = [0.26862954f, 0.26130258f, 0.27577711f];
        var bytes = File.ReadAllBytes(path);
        var floats = new float[bytes.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            floats[(i % 3 * (bytes.Length / 3)) + (i / 3)] = ((bytes[i] / 255f) - mean[i % 3]) / std[i % 3];
        }

        return floats;
    }
}
