using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>What the contrastive objectives share: both towers of one model, and the similarity of their features.</summary>
/// <param name="model">The towers and the temperature; not disposed.</param>
internal abstract class TwoTowerObjective(ClipModel model) : IContrastiveObjective
{
    public nn.Module Module => model;

    public double? LogitScale => Math.Exp(model.LogitScale.item<float>());

    public (Tensor Image, Tensor Text) Encode(Tensor pixels, Tensor ids)
    {
        var (image, text, scale) = model.Forward(pixels, ids);
        scale.Dispose();
        return (image, text);
    }

    public abstract Tensor LossOf(Tensor image, Tensor text);

    public Tensor Loss(Tensor pixels, Tensor ids)
    {
        using var scope = NewDisposeScope();
        var (image, text) = Encode(pixels, ids);
        return LossOf(image, text).MoveToOuterDisposeScope();
    }

    public void AfterStep() => model.ClampLogitScale();

    /// <summary>The cosines of images and labels: of the same order as any temperature and bias would give them.</summary>
    public Func<Tensor, Tensor> Classifier(Tensor labels)
    {
        var texts = nn.functional.normalize(model.EncodeText(labels).@float(), dim: -1);
        return pixels =>
        {
            using var scope = NewDisposeScope();
            var images = nn.functional.normalize(model.EncodeImage(pixels).@float(), dim: -1);
            return images.matmul(texts.t()).MoveToOuterDisposeScope();
        };
    }
}
