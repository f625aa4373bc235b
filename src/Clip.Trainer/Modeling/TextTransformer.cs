using Clip.Conversion.Configs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// CLIP's text tower (CLIP paper, section 2.4; openai/CLIP model.py): token and position embeddings, a causal transformer, a
/// LayerNorm, and a projection of the row at the first end-of-text token.
/// </summary>
/// <remarks>
/// OpenAI keeps these parameters at the model's top level; <see cref="ClipModel"/> registers them there, by way of
/// <see cref="RegisterAt"/>.
/// </remarks>
public sealed class TextTransformer : nn.Module<Tensor, Tensor>
{
    private readonly Embedding token_embedding;
    private readonly Transformer transformer;
    private readonly LayerNorm ln_final;
    private Parameter positional_embedding;
    private Parameter text_projection;
    private readonly long? _endOfText;

    /// <summary>Creates the tower with random weights: embeddings N(0, .02²), positions N(0, .01²), projection N(0, 1/width).</summary>
    /// <param name="config">The model's sizes.</param>
    public TextTransformer(ClipConfig config)
        : base(nameof(TextTransformer))
    {
        ArgumentNullException.ThrowIfNull(config);
        var text = config.Text;
        _endOfText = text.Pooling == TextPooling.Argmax ? null : text.EosTokenId;
        token_embedding = nn.Embedding(text.VocabSize, text.Width, sparse: true); // a batch touches few rows
        using (no_grad()) token_embedding.weight!.normal_(0, 0.02);
        positional_embedding = Initialize.Normal(0.01, text.ContextLength, text.Width);
        transformer = new Transformer(text.Width, text.Layers, text.Heads, text.MlpWidth, causal: true, config, text.LayerScale);
        ln_final = nn.LayerNorm(text.Width, eps: config.LayerNormEps);
        text_projection = Initialize.Normal(Math.Pow(text.Width, -0.5), text.Width, config.EmbedDim);
    }

    /// <summary>Gives this tower's children and parameters to a model, under OpenAI's top-level names.</summary>
    internal void RegisterAt(Action<string, nn.Module> module, Action<string, Parameter> parameter)
    {
        parameter("positional_embedding", positional_embedding);
        parameter("text_projection", text_projection);
        module("transformer", transformer);
        module("token_embedding", token_embedding);
        module("ln_final", ln_final);
    }

    /// <summary>Takes up what a model that has this tower's parameters put in their place, as when it goes to another device.</summary>
    /// <param name="parameter">The model's parameter of a name.</param>
    internal void TakeUp(Func<string, Parameter> parameter)
    {
        positional_embedding = parameter("positional_embedding");
        text_projection = parameter("text_projection");
    }

    /// <summary>Encodes texts.</summary>
    /// <param name="input">
    /// [B, L] int64 token ids, L at most the context length; what follows a row's first end-of-text token does not matter.
    /// </param>
    /// <returns>[B, D] projected features, not normalized.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        long batch = input.shape[0], length = input.shape[1], width = positional_embedding.shape[1];
        var end = _endOfText is { } id ? Ends(input, id) : input.argmax(1);
        var index = end.view(batch, 1, 1).expand(batch, 1, width);
        var mask = TensorOps.Range(length, input.device).view(1, 1, 1, length).le(end.view(batch, 1, 1, 1));

        var x = Embed(input).Plus(positional_embedding.narrow(0, 0, length));
        var pooled = transformer.Pool(x, rows => rows.gather(1, index), mask);
        return ln_final.forward(pooled).matmul(text_projection).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// On the CPU with a gradient of the rows that were used alone; elsewhere with the whole one, for counting rows there would wait for
    /// all the work under way.
    /// </summary>
    private Tensor Embed(Tensor ids) => TorchDevice.IsApart(ids.device)
        ? token_embedding.weight!.index_select(0, ids.flatten()).view(ids.shape[0], ids.shape[1], -1)
        : token_embedding.forward(ids);

    private static Tensor Ends(Tensor input, long id)
    {
        // How many tokens stand before the first end of text is where that token stands.
        using Scalar endOfText = id, none = 0L, last = input.shape[1] - 1;
        return input.eq(endOfText).to_type(ScalarType.Int64).cumsum(1).eq(none).sum(1).clamp_max(last);
    }
}
