using Microsoft.ML.Clip.Text.Bpe;

namespace Microsoft.ML.Clip.Hub.Tests;

/// <summary>A small CLIP with all the files that real ones have, made once by <c>clip init</c>: weights, ONNX files, tokenizer.</summary>
public sealed class RealModel : IAsyncLifetime, IDisposable
{
    private const string Config =
        """
        {"embed_dim": 16, "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 8},
         "text_cfg": {"context_length": 16, "vocab_size": 530, "width": 32, "heads": 2, "layers": 1}}
        """;

    private readonly TempFolder _folder = new();

    /// <summary>The model folder.</summary>
    internal string Folder => _folder["model"];

    /// <summary>Its weights by OpenAI's and open_clip's names.</summary>
    internal string OpenClipWeights => _folder["open_clip_model.safetensors"];

    /// <summary>Its sizes, as open_clip writes them into a repository.</summary>
    internal static string OpenClipConfig(int vocabulary)
    {
        var sizes = Config.Replace("530", $"{vocabulary}", StringComparison.Ordinal);
        return $"{{\"model_cfg\": {sizes}, \"preprocess_cfg\": {{\"size\": [32, 32]}}}}";
    }

    internal int Vocabulary => TextTokenizer.Open(Folder).VocabularySize;

    public async Task InitializeAsync()
    {
        _folder.Write("model.json", Config);
        _folder.Write("words.txt", string.Join('\n', Enumerable.Repeat("a photo of a red cat and a green dog under a blue car", 20)));
        await RunAsync("tokenizer", "train", "--train-data", _folder["words.txt"], "--vocab-size", "530", "--output", _folder["tokenizer"]);
        await RunAsync(
            "init", "--model", _folder["model.json"], "--tokenizer", _folder["tokenizer"], "--seed", "1", "--output", Folder);
        await RunAsync("export-safetensors", Folder, "--output", OpenClipWeights);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    private static async Task RunAsync(params string[] arguments) => (await ClipProcess.RunAsync(arguments)).Succeeded();
}

/// <summary>The tests that share one model.</summary>
[CollectionDefinition(Name)]
public sealed class SharedModel : ICollectionFixture<RealModel>
{
    public const string Name = "one small model";
}
