using Clip.Conversion.Configs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// Both towers and the temperature. Parameter names are OpenAI's: <c>visual.*</c>, the text tower's at the top level, and
/// <c>logit_scale</c>; SigLIP's <c>logit_bias</c> and ConVIRT's <c>image_head.weight</c> and <c>text_head.weight</c> where the config
/// has them.
/// </summary>
/// <remarks>With a <see cref="ModifiedResNet"/>, <c>train()</c> and <c>eval()</c> differ: call the latter to encode for use.</remarks>
public sealed class ClipModel : nn.Module
{
    /// <summary>The largest inverse temperature of CLIP's training (section 2.5).</summary>
    internal const double MaxLogitScale = 100;

    private readonly ImageTower visual;
    private readonly Func<Tensor, Tensor> _encodeText; // a module here would be registered, and its parameters named after it
    private readonly Action<Func<string, Parameter>> _takeUp;
    private readonly Parameter logit_scale;
    private readonly Parameter? logit_bias;
    private readonly ProjectionHead? image_head;
    private readonly ProjectionHead? text_head;

    /// <summary>Creates the model with random weights from torch's global generator.</summary>
    /// <param name="config">The model's sizes.</param>
    public ClipModel(ClipConfig config)
        : base(nameof(ClipModel))
    {
        Config = config ?? throw new ArgumentNullException(nameof(config));
        config.RequireTrainable();
        var text = new TextTransformer(config);
        (_encodeText, _takeUp) = (text.forward, text.TakeUp);
        visual = ImageTower.Create(config);
        logit_scale = new Parameter(tensor((float)config.LogitScaleInit));
        register_module("visual", visual);
        text.RegisterAt(register_module, register_parameter);
        register_parameter("logit_scale", logit_scale);
        if (config.LogitBiasInit is { } bias) register_parameter("logit_bias", logit_bias = new Parameter(tensor((float)bias)));
        if (!config.ProjectionHeads) return;
        image_head = new ProjectionHead(config.EmbedDim);
        text_head = new ProjectionHead(config.EmbedDim);
        register_module("image_head", image_head);
        register_module("text_head", text_head);
    }

    /// <summary>The model's sizes.</summary>
    public ClipConfig Config { get; }

    /// <summary>The logarithm of the inverse temperature, a scalar parameter.</summary>
    public Parameter LogitScale => logit_scale;

    /// <summary>Added to the logits (SigLIP), a scalar parameter; null where the config has none.</summary>
    public Parameter? LogitBias => logit_bias;

    /// <summary>Encodes images.</summary>
    /// <param name="pixelValues">[B, 3, S, S] normalized pixels.</param>
    /// <returns>[B, D] features, not normalized.</returns>
    public Tensor EncodeImage(Tensor pixelValues) => Project(visual.forward(pixelValues), image_head);

    /// <summary>Encodes texts.</summary>
    /// <param name="inputIds">[B, L] int64 token ids.</param>
    /// <returns>[B, D] features, not normalized.</returns>
    public Tensor EncodeText(Tensor inputIds) => Project(_encodeText(inputIds), text_head);

    /// <summary>Encodes pairs for the loss.</summary>
    /// <param name="pixelValues">[B, 3, S, S] normalized pixels.</param>
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
    public void ClampLogitScale() => ClampLogitScale(MaxLogitScale);

    /// <summary>Keeps the temperature in a range: logit_scale in [0, ln <paramref name="largest"/>].</summary>
    internal void ClampLogitScale(double largest)
    {
        using var unused = no_grad();
        using Scalar least = 0.0, most = Math.Log(largest);
        logit_scale.clamp_(least, most);
    }

    /// <summary>Another device or type makes new parameters; the text tower, which holds some of this model's, takes these up.</summary>
    protected override void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
    {
        base._toEpilog(dtype, device, non_blocking);
        _takeUp(name => get_parameter(name)!);
    }

    private static Tensor Project(Tensor feature, ProjectionHead? head)
    {
        if (head is null) return feature;
        using (feature) return head.forward(feature);
    }
}
