using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// Both towers and the temperature. Parameter names are OpenAI's: <c>visual.*</c>, the text tower's at the top level, and
/// <c>logit_scale</c>.
/// </summary>
/// <remarks>With a <see cref="ModifiedResNet"/>, <c>train()</c> and <c>eval()</c> differ: call the latter to encode for use.</remarks>
public sealed class ClipModel : nn.Module
{
    private readonly nn.Module<Tensor, Tensor> visual;
    private readonly Func<Tensor, Tensor> _encodeText; // a module here would be registered, and its parameters named after it
    private readonly Parameter logit_scale;

    /// <summary>Creates the model with random weights from torch's global generator.</summary>
    /// <param name="config">The model's sizes.</param>
    public ClipModel(ClipConfig config)
        : base(nameof(ClipModel))
    {
        Config = config ?? throw new ArgumentNullException(nameof(config));
        config.RequireTrainable();
        var text = new TextTransformer(config);
        _encodeText = text.forward;
        visual = config.Vision switch
        {
            VisionTransformerConfig vision => new VisionTransformer(vision, config),
            ResNetConfig vision => new ModifiedResNet(vision, config.EmbedDim),
            _ => throw new ArgumentException($"There is no image tower for a {config.Vision.GetType().Name}.", nameof(config)),
        };
        logit_scale = new Parameter(tensor((float)config.LogitScaleInit));
        register_module("visual", visual);
        text.RegisterAt(register_module, register_parameter);
        register_parameter("logit_scale", logit_scale);
    }

    /// <summary>The model's sizes.</summary>
    public ClipConfig Config { get; }

    /// <summary>The logarithm of the inverse temperature, a scalar parameter.</summary>
    public Parameter LogitScale => logit_scale;

    /// <summary>Encodes images.</summary>
    /// <param name="pixelValues">[B, 3, S, S] normalised pixels.</param>
    /// <returns>[B, D] features, not normalised.</returns>
    public Tensor EncodeImage(Tensor pixelValues) => visual.forward(pixelValues);

    /// <summary>Encodes texts.</summary>
    /// <param name="inputIds">[B, L] int64 token ids.</param>
    /// <returns>[B, D] features, not normalised.</returns>
    public Tensor EncodeText(Tensor inputIds) => _encodeText(inputIds);

    /// <summary>Encodes pairs for the loss.</summary>
    /// <param name="pixelValues">[B, 3, S, S] normalised pixels.</param>
    /// <param name="inputIds">[B, L] int64 token ids.</param>
    /// <returns>Features [B, D] of unit length, and exp(logit_scale), a scalar.</returns>
    public (Tensor ImageFeatures, Tensor TextFeatures, Tensor LogitScale) Forward(Tensor pixelValues, Tensor inputIds)
    {
        using var scope = NewDisposeScope();
        var image = nn.functional.normalize(EncodeImage(pixelValues).@float(), dim: -1);
        var text = nn.functional.normalize(EncodeText(inputIds).@float(), dim: -1);
        return (image.MoveToOuterDisposeScope(), text.MoveToOuterDisposeScope(), logit_scale.exp().MoveToOuterDisposeScope());
    }

    /// <summary>Keeps the temperature in its range, as after every step of the paper's training: logit_scale in [0, ln 100].</summary>
    public void ClampLogitScale()
    {
        using var unused = no_grad();
        using Scalar least = 0.0, most = Math.Log(100);
        logit_scale.clamp_(least, most);
    }
}
