using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Tokenizing;
using Clip.Data;
using Clip.Data.Sources;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using Microsoft.ML.Clip;
using SkiaSharp;
using ClipModel = Clip.Trainer.Modeling.ClipModel;

namespace Clip.Trainer.Tests;

/// <summary>A dozen drawn pictures with captions and a model of a few thousand parameters: a whole training in a second.</summary>
internal sealed class TinyRun : IDisposable
{
    public const string Config =
        """
        {"embed_dim": 16, "vision_cfg": {"image_size": 16, "layers": 2, "width": 16, "head_width": 8, "patch_size": 8},
         "text_cfg": {"context_length": 12, "vocab_size": 520, "width": 16, "heads": 2, "layers": 2}}
        """;

    private static readonly (string Name, SKColor Color)[] Colors =
        [("red", SKColors.Red), ("green", SKColors.Green), ("blue", SKColors.Blue), ("white", SKColors.White)];

    private readonly bool _isGuest;

    public TinyRun()
    {
        Folder = new TempFolder();
        var rows = Enumerable.Range(0, 12).Select(i =>
        {
            var (name, color) = Colors[i % 4];
            using var bitmap = new SKBitmap(20, 20 + i);
            bitmap.Erase(color);
            using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            File.WriteAllBytes(Folder[$"{i}.png"], png.ToArray());
            return $"{i}.png\ta {name} wall number {i}";
        });
        Table = Folder.Write("pairs.tsv", "filepath\ttitle\n" + string.Join('\n', rows) + "\n");
        ConfigFile = Folder.Write("model.json", Config);
        BpeTrainer.Train(CaptionTable.Read(Table).SelectMany(r => r.Captions), 520)
            .Save(Directory.CreateDirectory(Folder["tokenizer"]).FullName);
    }

    /// <summary>Another run on the files of one, which outlives it.</summary>
    public TinyRun(TinyRun other) => (Folder, Table, ConfigFile, _isGuest) = (other.Folder, other.Table, other.ConfigFile, true);

    public TempFolder Folder { get; }

    public string Table { get; }

    public string ConfigFile { get; }

    public TrainingOptions Options { get; init; } = new() { Epochs = 4, BatchSize = 4, LearningRate = 1e-3, Warmup = 2, Seed = 5 };

    /// <summary>The run's vocabulary, fitted to its config.</summary>
    public ModelTokenizer Tokenizer() => ModelTokenizer.Open(Folder["tokenizer"], ClipConfigJson.Load(ConfigFile));

    /// <summary>A trainer on fresh weights; the caller disposes the model it is given.</summary>
    public TrainingLoop Trainer(
        out ClipModel model, string? checkpoints, Action<StepReport>? onStep = null, Action<string, string>? onBroken = null)
    {
        var tokenizer = Tokenizer();
        var config = tokenizer.Config;
        model = new ClipModel(config);
        // torch's generator is drawn from by other tests too.
        TorchWeights.Load(model, RandomWeights.Create(config, Options.Seed), "the seed");
        var images = new AugmentedPixels(ClipImagePreprocessing.ForSize(config.Vision.ImageSize), Options.Augmentation, 1 << 20);
        var pairs = new PairLoader(
            new TableSource(CaptionTable.Read(Table)), tokenizer.Rows, images,
            new PairLoaderOptions(Options.BatchSize, Options.Seed) { OnBroken = onBroken });
        var kept = checkpoints is null ? null : new CheckpointFolder(checkpoints, keep: 2);
        var preprocessing = ClipImagePreprocessing.ForSize(config.Vision.ImageSize);
        return new TrainingLoop(new ClipObjective(model), config.Vision.ImageSize, Options, pairs, validator: null, kept)
        {
            OnStep = onStep,
            Model = Course.Of(ClipConfigJson.ToHuggingFace(config), tokenizer, preprocessing),
        };
    }

    public void Dispose()
    {
        if (!_isGuest) Folder.Dispose();
    }
}
