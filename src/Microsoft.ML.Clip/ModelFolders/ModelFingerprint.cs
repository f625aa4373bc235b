using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Inference;

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
        if (options.Decode != ImageDecoding.Exact) Text(hash, $"{nameof(options.Decode)} {options.Decode}");
        foreach (var tower in new[] { folder.VisionFile, folder.TextFile, folder.CombinedFile }.OfType<string>())
        {
            Text(hash, "tower");
            foreach (var file in TowerFiles(tower)) Content(hash, file);
        }

        foreach (var file in TokenizerFiles(folder))
        {
            Text(hash, Path.GetFileName(file));
            Content(hash, file);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }

    /// <summary>
    /// All that the embeddings of texts depend on in a folder, by its looks, without reading it: equal as long as nothing was changed.
    /// </summary>
    public static FileStamp?[] TextStamps(ClipFolder folder)
    {
        var tower = new OnnxFile(folder.RequireText());
        tower.Check();
        return [.. tower.Content, .. TokenizerFiles(folder).Select(FileStamp.Of)];
    }

    private static IEnumerable<string> TowerFiles(string tower) =>
        OnnxExternalData.Locations(tower).Select(weights => Path.Combine(Path.GetDirectoryName(tower)!, weights)).Prepend(tower);

    /// <summary>open_clip's config, which says how texts are cleaned, may lie above the tokenizer.</summary>
    private static IEnumerable<string> TokenizerFiles(ClipFolder folder) =>
        new[] { folder.Path, folder.TokenizerFolder ?? folder.Path }.Distinct()
            .SelectMany(place => TextFiles.Select(name => Path.Combine(place, name))).Where(File.Exists);

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
