using System.Text.Json;
using System.Text.Json.Serialization;
using Clip.Testing;

namespace Microsoft.ML.Clip.Tests.Text;

/// <summary>CLIP's own vocabulary, and what the original tokenizer made of some texts.</summary>
internal static class GoldenTokenizer
{
    private static readonly Lazy<ClipTokenizer> Opened = new(() => ClipTokenizer.Create(Golden.Path("golden/clip_tokenizer")));

    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static string Folder => Golden.Path("golden/clip_tokenizer");

    /// <summary>CLIP's tokenizer; skips the running test where the golden data is absent.</summary>
    public static ClipTokenizer Clip => Folder.Length > 0 ? Opened.Value : null!;

    public static IEnumerable<Row> Rows() =>
        File.ReadLines(Golden.Path("golden/tokenizer_dev.jsonl")).Select(line => JsonSerializer.Deserialize<Row>(line, SnakeCase)!);

    public sealed record Row(
        string Text, string Cleaned, int[] Ids, [property: JsonPropertyName("ids77")] int[] Padded,
        bool Truncated, bool FtfyMatters, string Decoded);
}
