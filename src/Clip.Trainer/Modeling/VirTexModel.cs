using Clip.Conversion.Configs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// An image tower and two decoders that caption from the left and from the right (Desai and Johnson 2021, VirTex, section 3). What the
/// decoders share is as there: token and position embeddings with the LayerNorm behind them, the projection of the image, and the output,
/// whose weights are the token embeddings'.
/// </summary>
/// <remarks>
/// The decoders are as wide and deep as the config's text tower, as for CLIP's own comparison (CLIP paper, section 2.3). Unlike VirTex's,
/// their blocks have the LayerNorm first, there is no dropout, and besides the places of the image they see its pooled feature: so the
/// tower that is exported learns as a whole, its projection included.
/// </remarks>
public sealed class VirTexModel : nn.Module
{
    private readonly ImageTower visual;
    private readonly Linear grid_projection;
    private readonly Linear feature_projection;
    private readonly Embedding words;
    private readonly Parameter positions;
    private readonly LayerNorm ln_embed;
    private readonly CaptionDecoder forward_decoder;
    private readonly CaptionDecoder backward_decoder;
    private readonly Parameter output_bias;

    /// <summary>Creates the model with random weights.</summary>
    /// <param name="config">The image tower's and the decoders' sizes, and the vocabulary's.</param>
    public VirTexModel(ClipConfig config)
        : base(nameof(VirTexModel))
    {
        Config = config ?? throw new ArgumentNullException(nameof(config));
        var text = config.Text;
        visual = ImageTower.Create(config);
        grid_projection = Initialize.Linear(visual.GridWidth, text.Width, Math.Pow(visual.GridWidth, -0.5));
        feature_projection = Initialize.Linear(config.EmbedDim, text.Width, Math.Pow(config.EmbedDim, -0.5));
        words = Initialize.Embedding(text.VocabSize, text.Width, 0.02);
        positions = Initialize.Normal(0.01, text.ContextLength, text.Width);
        ln_embed = nn.LayerNorm(text.Width, eps: config.LayerNormEps);
        forward_decoder = new CaptionDecoder(config);
        backward_decoder = new CaptionDecoder(config);
        output_bias = Initialize.Zeros(text.VocabSize);
        RegisterComponents();
    }

    /// <summary>The model's sizes.</summary>
    public ClipConfig Config { get; }

    /// <summary>Encodes images for the decoders.</summary>
    /// <param name="pixelValues">[B, 3, S, S] normalized pixels.</param>
    /// <returns>[B, 1 + P, W]: the pooled feature, then the places.</returns>
    public Tensor EncodeImage(Tensor pixelValues)
    {
        using var scope = NewDisposeScope();
        var (feature, grid) = visual.WithGrid(pixelValues);
        var pooled = Autocast.Linear(feature, feature_projection.weight, feature_projection.bias!).unsqueeze(1);
        var places = Autocast.Linear(grid, grid_projection.weight, grid_projection.bias!);
        return cat([pooled, places], 1).@float().MoveToOuterDisposeScope();
    }

    /// <summary>Reads texts beside images.</summary>
    /// <param name="image">[B, 1 + P, W], from <see cref="EncodeImage"/>.</param>
    /// <param name="ids">[B · N, L] int64 token ids: N texts for each image.</param>
    /// <param name="backward">Whether the texts are reversed, end of text first, for the decoder that reads so.</param>
    /// <returns>[B · N, L, W]; row t tells of the token after t, by way of <see cref="Logits"/>.</returns>
    public Tensor Decode(Tensor image, Tensor ids, bool backward)
    {
        using var scope = NewDisposeScope();
        var x = ln_embed.forward(words.forward(ids).Plus(positions.narrow(0, 0, ids.shape[1])));
        return (backward ? backward_decoder : forward_decoder).forward(x, image).@float().MoveToOuterDisposeScope();
    }

    /// <summary>Scores every token of the vocabulary.</summary>
    /// <param name="rows">[…, W], from <see cref="Decode"/>.</param>
    /// <returns>[…, V] logits.</returns>
    public Tensor Logits(Tensor rows)
    {
        using var scope = NewDisposeScope();
        using var table = words.weight!;
        return Autocast.Linear(rows, table, output_bias).@float().MoveToOuterDisposeScope();
    }
}
