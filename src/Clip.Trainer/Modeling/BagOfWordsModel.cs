using Clip.Conversion.Configs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// An image tower (<c>visual</c>) and a linear layer from its feature to every word of the vocabulary (<c>word_logits</c>).
/// </summary>
public sealed class BagOfWordsModel : nn.Module<Tensor, Tensor>
{
    private readonly ImageTower visual;
    private readonly Linear word_logits;

    /// <summary>Creates the model with random weights; the words' start as N(0, 1/D) and zero biases.</summary>
    /// <param name="config">The image tower's sizes, the feature's width D and the vocabulary's size.</param>
    public BagOfWordsModel(ClipConfig config)
        : base(nameof(BagOfWordsModel))
    {
        Config = config ?? throw new ArgumentNullException(nameof(config));
        visual = ImageTower.Create(config);
        word_logits = Initialize.Linear(config.EmbedDim, config.Text.VocabSize, Math.Pow(config.EmbedDim, -0.5));
        RegisterComponents();
    }

    /// <summary>The model's sizes.</summary>
    public ClipConfig Config { get; }

    /// <summary>Predicts words.</summary>
    /// <param name="input">[B, 3, S, S] normalized pixels.</param>
    /// <returns>[B, V] logits.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var feature = visual.forward(input);
        return Autocast.Linear(feature, word_logits.weight, word_logits.bias!).@float().MoveToOuterDisposeScope();
    }
}
