using Clip.Conversion.Architectures;
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
public sealed class ClipModel : TwoTowerModel
{
    private readonly ImageTower visual;
    private readonly Func<Tensor, Tensor> _encodeText; // a module here would be registered, and its parameters named after it
    private readonly Action<Func<string, Parameter>> _takeUp;
    private readonly Action<WordAnchors> _anchor;
    private WordAnchors? _words;
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
        if (config.IsSiglip)
            throw new ClipException("SigLIP's image tower is no module of its own: it is trained by `clip train` or the estimator.");
        var text = new TextTransformer(config);
        (_encodeText, _takeUp, _anchor) = (text.forward, text.TakeUp, words => text.Words = words);
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

    /// <inheritdoc/>
    internal override ParameterLayout Layout => ParameterLayout.Of(Config);

    /// <inheritdoc/>
    public override Parameter LogitScale => logit_scale;

    /// <inheritdoc/>
    public override Parameter? LogitBias => logit_bias;

    /// <inheritdoc/>
    public override Tensor EncodeImage(Tensor pixelValues) => Project(visual.forward(pixelValues), image_head);

    /// <inheritdoc/>
    public override Tensor EncodeText(Tensor inputIds) => Project(_encodeText(inputIds), text_head);

    /// <summary>Whether the text tower's tokens start from word vectors.</summary>
    internal bool StartsFromWords => _words is not null;

    /// <summary>Holds the text tower to word vectors that its tokens start from; the model disposes of them.</summary>
    internal void AnchorTokens(WordAnchors words)
    {
        _words = words;
        _anchor(words);
    }

    /// <summary>Disposes of the model, and of word vectors that it was given.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _words?.Dispose();
        base.Dispose(disposing);
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
