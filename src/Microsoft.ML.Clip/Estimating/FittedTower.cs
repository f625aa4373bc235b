using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Estimating;

/// <summary>What a saved transformer has beside its options: the tower that it was fitted with.</summary>
internal record FittedTower
{
    public ClipSessionOptions Session { get; init; } = new();

    public SavedTower Tower { get; init; } = new();

    private protected OnnxSession Open(IHostEnvironment environment, ModelLoadContext context, string entry) =>
        OnnxSession.Open(Tower.Load(environment, context, entry), MlNet.Resolve(environment, Session));
}

/// <summary>An image tower, and how images are prepared for it.</summary>
internal record FittedImageTower : FittedTower
{
    public ClipImagePreprocessing? Preprocessing { get; init; }

    public TowerHold<ImageTower> Load(IHostEnvironment environment, ModelLoadContext context, string entry)
    {
        var preprocessing = Preprocessing ?? throw SavedState.NoEntry(nameof(Preprocessing));
        return new(ImageTower.Create(Open(environment, context, entry), preprocessing), IsOwned: true);
    }
}

/// <summary>A text tower, and how texts are made ready for it; the tokenizer's files lie beside.</summary>
internal sealed record FittedTextTower : FittedTower
{
    public TextTowerSettings Text { get; init; } = new();

    public TowerHold<TextTower> Load(IHostEnvironment environment, ModelLoadContext context, string entry)
    {
        var tokenizer = SavedTokenizer.Load(context);
        return new(TextTower.Create(Open(environment, context, entry), tokenizer, Text), IsOwned: true);
    }
}
