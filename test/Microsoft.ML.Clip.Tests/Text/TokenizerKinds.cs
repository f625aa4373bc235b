using System.IO.Compression;
using System.Text.Json;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>
/// Small tokenizers of every kind and 2,000 texts of 12 scripts, with what Hugging Face's own tokenizers make of them: see the README of
/// the goldens.
/// </summary>
internal static class TokenizerKinds
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Goldens", "tokenizers");

    public static string[] Names => [.. Directory.GetFiles(Folder, "*.json").Select(Path.GetFileNameWithoutExtension).Order()!];

    public static string[] Texts()
    {
        using var unpacked = new GZipStream(File.OpenRead(Path.Combine(Folder, "texts.jsonl.gz")), CompressionMode.Decompress);
        using var reader = new StreamReader(unpacked);
        return [.. reader.ReadToEnd().TrimEnd('\n').Split('\n').Select(line => JsonSerializer.Deserialize<string>(line)!)];
    }

    /// <summary>For each text, what is kept of the SHA-256 of its ids (3 bytes) and of the text that they decode to (2 bytes).</summary>
    public static byte[][] Hashes(string name) => [.. File.ReadAllBytes(Path.Combine(Folder, $"{name}.sha")).Chunk(5)];

    /// <summary>Writes a kind's <c>tokenizer.json</c>.</summary>
    public static string Save(string name, string folder)
    {
        var json = File.ReadAllText(Path.Combine(Folder, $"{name}.json"));
        if (json.Contains("\"unigram.model\"", StringComparison.Ordinal))
            json = json.Replace("unigram.model", SentencePieceFiles.CharsMap(), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), json);
        return folder;
    }
}
