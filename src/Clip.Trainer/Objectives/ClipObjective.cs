using Clip.Trainer.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Objectives;

/// <summary>CLIP's own objective: <see cref="ContrastiveLoss"/> with a learned temperature, kept in its range (CLIP paper, section 2.5).</summary>
/// <param name="model">The towers and the temperature; not disposed.</param>
internal sealed class ClipObjective(ClipModel model) : IContrastiveObjective
{
    public nn.Module Module => model;

    public double? LogitScale => Math.Exp(model.LogitScale.item<float>());

    public Tensor EncodeImage(Tensor pixels) => Unit(model.EncodeImage(pixels));

    public Tensor EncodeText(Tensor ids) => Unit(model.EncodeText(ids));

    public (Tensor Image, Tensor Text) Encode(Tensor pixels, Tensor ids)
    {
        var (image, text, scale) = model.Forward(pixels, ids);
        scale.Dispose();
        return (image, text);
    }

    public Tensor LossOf(Tensor image, Tensor text)
    {
        using var scope = NewDisposeScope();
        return ContrastiveLoss.Compute(image, text, model.LogitScale.exp()).MoveToOuterDisposeScope();
    }

    public Tensor Loss(Tensor pixels, Tensor ids)
    {
        using var scope = NewDisposeScope();
        var (image, text) = Encode(pixels, ids);
        return LossOf(image, text).MoveToOuterDisposeScope();
    }

    public void AfterStep() => model.ClampLogitScale();

    private static Tensor Unit(Tensor features)
    {
        using var unused = features;
        using var floats = features.@float();
        return nn.functional.normalize(floats, dim: -1);
    }
}
