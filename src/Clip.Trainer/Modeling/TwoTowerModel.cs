using Clip.Conversion.Architectures;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>Two towers into one space, and the temperature: whatever they are made of, this is what is trained.</summary>
public abstract class TwoTowerModel : nn.Module
{
    /// <summary>The largest inverse temperature of CLIP's training (section 2.5).</summary>
    internal const double MaxLogitScale = 100;

    private protected TwoTowerModel(string name)
        : base(name)
    {
    }

    /// <summary>The logarithm of the inverse temperature, a scalar parameter.</summary>
    public abstract Parameter LogitScale { get; }

    /// <summary>Added to the logits (SigLIP), a scalar parameter; null where the model has none.</summary>
    public abstract Parameter? LogitBias { get; }

    /// <summary>What its parameters are: names, towers, layers.</summary>
    internal abstract ParameterLayout Layout { get; }

    /// <summary>Encodes images.</summary>
    /// <param name="pixelValues">[B, 3, S, S] normalized pixels.</param>
    /// <returns>[B, D] features, not normalized.</returns>
    public abstract Tensor EncodeImage(Tensor pixelValues);

    /// <summary>Encodes texts.</summary>
    /// <param name="inputIds">[B, L] int64 token ids.</param>
    /// <returns>[B, D] features, not normalized.</returns>
    public abstract Tensor EncodeText(Tensor inputIds);

    /// <summary>Encodes pairs for the loss.</summary>
    /// <param name="pixelValues">[B, 3, S, S] normalized pixels.</param>
    /// <param name="inputIds">[B, L] int64 token ids.</param>
    /// <returns>Features [B, D] of unit length, and exp(logit_scale), a scalar.</returns>
    public (Tensor ImageFeatures, Tensor TextFeatures, Tensor LogitScale) Forward(Tensor pixelValues, Tensor inputIds)
    {
        using var scope = NewDisposeScope();
        var image = nn.functional.normalize(EncodeImage(pixelValues).@float(), dim: -1);
        var text = nn.functional.normalize(EncodeText(inputIds).@float(), dim: -1);
        return (image.MoveToOuterDisposeScope(), text.MoveToOuterDisposeScope(), LogitScale.exp().MoveToOuterDisposeScope());
    }

    /// <summary>Keeps the temperature in its range, as after every step of the paper's training: logit_scale in [0, ln 100].</summary>
    public void ClampLogitScale() => ClampLogitScale(MaxLogitScale);

    /// <summary>Keeps the temperature in a range: logit_scale in [0, ln <paramref name="largest"/>].</summary>
    internal void ClampLogitScale(double largest)
    {
        using var unused = no_grad();
        using Scalar least = 0.0, most = Math.Log(largest);
        LogitScale.clamp_(least, most);
    }
}
