using Clip.Conversion.Architectures;
using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>What the contrastive objectives share: both towers of one model, and the similarity of their features.</summary>
/// <param name="model">The towers and the temperature; not disposed.</param>
internal abstract class TwoTowerObjective(TwoTowerModel model) : IContrastiveObjective
{
    /// <summary>Prompts that are encoded at once, for memory's sake.</summary>
    private const long PromptsAtOnce = 256;

    /// <summary>The largest inverse temperature.</summary>
    public double MaxLogitScale { get; init; } = TwoTowerModel.MaxLogitScale;

    /// <summary>Of a locked image tower, where no augmentation moves the pictures; null computes all in every step.</summary>
    public KeptFeatures? Kept { get; set; }

    public nn.Module Module => model;

    public ParameterLayout Layout => model.Layout;

    public Tensor? LogitScale
    {
        get
        {
            using var scope = NewDisposeScope();
            return model.LogitScale.detach().Widened().exp().MoveToOuterDisposeScope();
        }
    }

    public Tensor EncodeImage(Tensor pixels) => Unit(model.EncodeImage(pixels));

    public Tensor EncodeText(Tensor ids) => Unit(model.EncodeText(ids));

    public (Tensor Image, Tensor Text) Encode(Tensor pixels, Tensor ids)
    {
        if (Kept is { } kept && model.training) return (kept.Of(pixels, EncodeImage), EncodeText(ids));
        var (image, text, scale) = model.Forward(pixels, ids);
        scale.Dispose();
        return (image, text);
    }

    public abstract Tensor LossOf(Tensor image, Tensor text);

    public abstract Tensor ShareOfLoss(Tensor image, Tensor text, long first, long count);

    public Tensor Loss(Tensor pixels, Tensor ids)
    {
        using var scope = NewDisposeScope();
        var (image, text) = Encode(pixels, ids);
        return LossOf(image, text).MoveToOuterDisposeScope();
    }

    public void AfterStep() => model.ClampLogitScale(MaxLogitScale);

    /// <summary>
    /// The cosines of images and labels: of the same order as any temperature and bias would give them. A label's prompts become one: each
    /// one's feature at length 1, their mean, at length 1 again (CLIP paper, section 3.1.4).
    /// </summary>
    public Func<Tensor, Tensor> Classifier(Tensor prompts, int perLabel)
    {
        using var scope = NewDisposeScope();
        var features = cat([.. prompts.split(PromptsAtOnce).Select(EncodeText)]);
        var mean = features.unflatten(0, -1, perLabel).mean([1]);
        var labels = nn.functional.normalize(mean, dim: -1).MoveToOuterDisposeScope();
        return pixels =>
        {
            using var inner = NewDisposeScope();
            return EncodeImage(pixels).matmul(labels.t()).MoveToOuterDisposeScope();
        };
    }

    private static Tensor Unit(Tensor features)
    {
        using var unused = features;
        using var floats = features.@float();
        return nn.functional.normalize(floats, dim: -1);
    }
}
