using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Formats;

namespace Microsoft.ML.Clip.ModelFolders;

/// <summary>Tells models apart by everything that their embeddings depend on: the towers' files, the tokenizer's, and settings.</summary>
internal static class ModelFingerprint
{
    private static readonly string[] TextFiles =
    [
        "config.json", "open_clip_config.json", "tokenizer.json", "vocab.json", "merges.txt", "spiece.model", "tokenizer.model",
        "special_tokens_map.json", "tokenizer_config.json",
    ];

    public static string Compute(ClipFolder folder, ClipModelOptions options, ClipImagePreprocessing? preprocessing)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Text(hash, JsonSerializer.Serialize(new { preprocessing, options.ContextLength, options.TruncateTexts }));
        if (options.ApplyExifOrientation) Text(hash, nameof(options.ApplyExifOrientation));
        foreach (var tower in new[] { folder.VisionFile, folder.TextFile, folder.CombinedFile }.OfType<string>())
        {
            Text(hash, "tower");
            Content(hash, tower);
            foreach (var weights in OnnxExternalData.Locations(tower)) Content(hash, Path.Combine(Path.GetDirectoryName(tower)!, weights));
        }

        // open_clip's config, which says how texts are cleaned, may lie above the tokenizer.
        foreach (var file in new[] { folder.Path, folder.TokenizerFolder ?? folder.Path }.Distinct()
            .SelectMany(place => TextFiles.Select(name => Path.Combine(place, name))).Where(File.Exists))
        {
            Text(hash, Path.GetFileName(file));
            Content(hash, file);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }

    private static void Text(IncrementalHash hash, string text) => hash.AppendData(Encoding.UTF8.GetBytes($"{text}\n"));

    private static void Content(IncrementalHash hash, string path)
    {
        using var file = RegularFile.Open(path);
        Text(hash, $"{file.Length}");
        var buffer = new byte[1 << 16];
        int read;
        while ((read = file.Read(buffer)) > 0) hash.AppendData(buffer, 0, read);
    }
}
