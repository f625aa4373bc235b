using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Onnx.Quantization;
using Clip.Conversion.Quantization;
using Clip.Conversion.Tokenizing;
using Clip.Data;

namespace Clip.Trainer.Tests.Onnx.Quantization;

/// <summary>A model folder with seeded random weights, and a dozen pictures with captions.</summary>
internal sealed class QuantizedFolder : IDisposable
{
    private const int VocabSize = 520;
    private readonly TinyRun _pictures = new();

    public QuantizedFolder(bool tokenizer = true, Action<Dictionary<string, WeightTensor>>? change = null)
    {
        var weights = RandomModel.Weights(Config);
        change?.Invoke(weights);
        var vocabulary = BpeTrainer.Train(Rows.SelectMany(row => row.Captions), VocabSize);
        RandomModel.WriteFolder(Config, weights, Path, tokenizer ? folder => vocabulary.Save(folder) : null);
    }

    public static ClipConfig Config { get; } = new ClipConfig
    {
        EmbedDim = 32,
        Vision = new VisionTransformerConfig { ImageSize = 16, PatchSize = 8, Width = 128, Layers = 2, Heads = 2, MlpWidth = 512 },
        Text = new TextConfig { ContextLength = 12, Width = 128, Layers = 2, Heads = 2, MlpWidth = 512 },
    }.WithVocabulary(VocabSize);

    public string Path => _pictures.Folder["model"];

    public string Table => _pictures.Table;

    public IReadOnlyList<CaptionedImage> Rows => CaptionTable.Read(_pictures.Table);

    public QuantizationOptions Options => new()
    {
        ImagePaths = [.. Rows.Select(row => row.Path)],
        Texts = [.. Rows.Select(row => row.Captions[0])],
    };

    public string[] OnnxFiles =>
        [.. new DirectoryInfo(System.IO.Path.Combine(Path, "onnx")).EnumerateFiles().Select(f => f.Name).Order(StringComparer.Ordinal)];

    /// <summary>What lies beside the folders of files a model folder always has.</summary>
    public IEnumerable<string> Folders => Directory.EnumerateDirectories(Path).Select(d => System.IO.Path.GetFileName(d)!);

    public void Dispose() => _pictures.Dispose();
}
