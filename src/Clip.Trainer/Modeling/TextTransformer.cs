using Clip.Conversion.Configs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// CLIP's text tower (CLIP paper, section 2.4; openai/CLIP model.py): token and position embeddings, a causal transformer, a
/// LayerNorm, and a projection of the row at the first end-of-text token; and open_clip's kinds of it, as its config says: without the
/// causal mask, read at the first or last place, with a bias behind the projection.
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
    private readonly Linear? _linearProjection; // named text_projection too
    private Parameter positional_embedding;
    private Parameter? text_projection;
    private readonly TextConfig _text;

    /// <summary>Creates the tower with random weights: embeddings N(0, .02²), positions N(0, .01²), projection N(0, 1/width).</summary>
    /// <param name="config">The model's sizes.</param>
    public TextTransformer(ClipConfig config)
        : base(nameof(TextTransformer))
    {
        ArgumentNullException.ThrowIfNull(config);
        var text = config.Text;
        _text = text;
        token_embedding = Initialize.Embedding(text.VocabSize, text.Width, 0.02, sparse: true); // a batch touches few rows
        positional_embedding = Initialize.Normal(0.01, text.ContextLength, text.Width);
        transformer = new Transformer(text.Width, text.Layers, text.Heads, text.MlpWidth, text.IsCausal, config, text.LayerScale);
        ln_final = nn.LayerNorm(text.Width, eps: config.LayerNormEps);
        var deviation = Math.Pow(text.Width, -0.5);
        if (text.HasProjectionBias) _linearProjection = Initialize.Linear(text.Width, config.EmbedDim, deviation);
        else text_projection = Initialize.Normal(deviation, text.Width, config.EmbedDim);
    }

    /// <summary>The word vectors that the tokens start from; null for none.</summary>
    internal WordAnchors? Words { get; set; }

    /// <summary>Gives this tower's children and parameters to a model, under OpenAI's top-level names.</summary>
    internal void RegisterAt(Action<string, nn.Module> module, Action<string, Parameter> parameter)
    {
        parameter("positional_embedding", positional_embedding);
        if (_linearProjection is not null) module("text_projection", _linearProjection);
        else parameter("text_projection", text_projection!);
        module("transformer", transformer);
        module("token_embedding", token_embedding);
        module("ln_final", ln_final);
    }

    /// <summary>Takes up what a model that has this tower's parameters put in their place, as when it goes to another device.</summary>
    /// <param name="parameter">The model's parameter of a name.</param>
    internal void TakeUp(Func<string, Parameter> parameter)
    {
        positional_embedding = parameter("positional_embedding");
        if (_linearProjection is null) text_projection = parameter("text_projection");
    }

    /// <summary>Encodes texts.</summary>
    /// <param name="input">
    /// [B, L] int64 token ids, L at most the context length. What follows a row's first end-of-text token does not matter, but where the
    /// config has no causal mask or reads another place: there texts are filled up to the context length with 0, as open_clip's are.
    /// </param>
    /// <returns>[B, D] projected features, not normalized.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var ids = Filled(input);
        long batch = ids.shape[0], length = ids.shape[1], width = positional_embedding.shape[1];
        var place = Place(ids);
        var index = place.view(batch, 1, 1).expand(batch, 1, width);
        var mask = _text.IsCausal
            ? TensorOps.Range(length, ids.device).view(1, 1, 1, length).le(place.view(batch, 1, 1, 1))
            : null;

        var x = Embed(ids).Plus(positional_embedding.narrow(0, 0, length));
        var feature = ln_final.forward(transformer.Pool(x, rows => rows.gather(1, index), mask));
        var projected = _linearProjection is { } layer ? layer.forward(feature) : feature.matmul(text_projection!);
        return projected.MoveToOuterDisposeScope();
    }

    /// <summary>The ids up to the context length, where what stands behind a text counts.</summary>
    private Tensor Filled(Tensor ids)
    {
        long missing = _text.ContextLength - ids.shape[1];
        return _text.NeedsFullContext && missing > 0
            ? cat([ids, zeros(ids.shape[0], missing, ids.dtype, ids.device)], 1)
            : ids;
    }

    /// <summary>The place that is read of each text, [B] int64.</summary>
    private Tensor Place(Tensor ids)
    {
        return _text.Pooling switch
        {
            TextPooling.First => Everywhere(0),
            TextPooling.Last => Everywhere(ids.shape[1] - 1),
            TextPooling.Argmax => ids.argmax(1),
            _ => Ends(ids, _text.EosTokenId),
        };

        Tensor Everywhere(long place)
        {
            using Scalar value = place;
            return full([ids.shape[0]], value, ScalarType.Int64, ids.device);
        }
    }

    /// <summary>
    /// On the CPU with a gradient of the rows that were used alone; elsewhere with the whole one, for counting rows there would wait for
    /// all the work under way.
    /// </summary>
    private Tensor Embed(Tensor ids)
    {
        var embedded = TorchDevice.IsApart(ids.device) ? Rows() : token_embedding.forward(ids);
        // The model's children are told of training and evaluation, this tower is none of them.
        return Words is { } words && token_embedding.training ? words.Apply(ids, embedded) : embedded;

        Tensor Rows()
        {
            using var table = token_embedding.weight!;
            return table.index_select(0, ids.flatten()).view(ids.shape[0], ids.shape[1], -1);
        }
    }

    private static Tensor Ends(Tensor input, long id)
    {
        // How many tokens stand before the first end of text is where that token stands.
        using Scalar endOfText = id, none = 0L, last = input.shape[1] - 1;
        return input.eq(endOfText).to_type(ScalarType.Int64).cumsum(1).eq(none).sum(1).clamp_max(last);
    }
}
