
namespace Clip.Conversion.Configs;

/// <summary>The activation between the two linear layers of a transformer block's MLP.</summary>
public enum Activation
{
    /// <summary>x·Φ(x), with the exact error function: open_clip's and most later models' choice.</summary>
    Gelu,

    /// <summary>x·σ(1.702·x): what OpenAI's weights were trained with.</summary>
    QuickGelu,

    /// <summary>x·½(1 + tanh(√(2/π)·(x + 0.044715·x³))): SigLIP's, <c>gelu_pytorch_tanh</c> in Hugging Face's words.</summary>
    GeluTanh,
}

/// <summary>Which row of the text tower is the text's feature; the names are open_clip's <c>pool_type</c>.</summary>
public enum TextPooling
{
    /// <summary>
    /// The first end-of-text token (<c>eos</c>), which in CLIP's vocabularies has the largest id (<c>argmax</c>): CLIP's own.
    /// </summary>
    Eos,

    /// <summary>The first token.</summary>
    First,

    /// <summary>The last of the context, which is padding where the text is shorter: SigLIP's.</summary>
    Last,

    /// <summary>
    /// The first token of the largest id (<c>argmax</c>), where that is not known to be the end of text: Hugging Face's rule for early
    /// configs of CLIP, whose <c>eos_token_id</c> is 2.
    /// </summary>
    Argmax,
}

/// <summary>The text tower: a causal transformer read at the end-of-text token (CLIP paper, section 2.4).</summary>
public sealed record TextConfig
{
    /// <summary>The most tokens a text may have, start and end included.</summary>
    public int ContextLength { get; init; } = 77;

    /// <summary>Entries of the vocabulary, special tokens included.</summary>
    public int VocabSize { get; init; } = 49408;

    /// <summary>Channels of the residual stream.</summary>
    public int Width { get; init; } = 512;

    /// <summary>How many residual attention blocks.</summary>
    public int Layers { get; init; } = 12;

    /// <summary>How many attention heads; divides <see cref="Width"/>.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>Channels inside the MLP; OpenAI's rule is 4 × <see cref="Width"/>.</summary>
    public int MlpWidth { get; init; } = 2048;

    /// <summary>The start-of-text token; in CLIP's vocabularies the last but one.</summary>
    public int BosTokenId { get; init; } = 49406;

    /// <summary>The end-of-text token, at which the feature is read; in CLIP's vocabularies the last.</summary>
    public int EosTokenId { get; init; } = 49407;

    /// <summary>Which row is read.</summary>
    public TextPooling Pooling { get; init; }

    /// <summary>What the factors of each block's branches start with (LayerScale, arXiv:2103.17239); null for none.</summary>
    public double? LayerScale { get; init; }

    /// <summary>Whether a token sees only itself and those before it. SigLIP's see all of the context, padding too.</summary>
    public bool IsCausal { get; init; } = true;

    /// <summary>Whether the projection into the shared space has a bias, as SigLIP's.</summary>
    public bool HasProjectionBias { get; init; }

    /// <summary>What open_clip's config says of a tokenizer that is not CLIP's own; null where it says nothing.</summary>
    internal NamedTokenizer? Tokenizer { get; init; }

    /// <summary>Whether the feature depends on padding, so that every text must be filled up to <see cref="ContextLength"/>.</summary>
    internal bool NeedsFullContext => !IsCausal || Pooling == TextPooling.Last;
}

/// <summary>What open_clip's configs say of a tokenizer.</summary>
/// <param name="Name"><c>hf_tokenizer_name</c>: Hugging Face's name.</param>
/// <param name="Cleaning"><c>clean</c> of <c>tokenizer_kwargs</c>: what is done to texts first; null for open_clip's default.</param>
/// <param name="StripsSeparator"><c>strip_sep_token</c> of them: whether the separator's id becomes 0.</param>
internal sealed record NamedTokenizer(string? Name, string? Cleaning, bool StripsSeparator);

/// <summary>Which towers a model has.</summary>
public enum ModelTowers
{
    /// <summary>Both.</summary>
    Both,

    /// <summary>The image tower alone: Hugging Face's <c>CLIPVisionModelWithProjection</c>.</summary>
    Image,

    /// <summary>The text tower alone: Hugging Face's <c>CLIPTextModelWithProjection</c>.</summary>
    Text,
}

/// <summary>What a model has beside its image tower.</summary>
public enum TextSide
{
    /// <summary>A text tower, and the temperature: <c>ClipModel</c>.</summary>
    Tower,

    /// <summary>Two decoders that caption: <c>VirTexModel</c>.</summary>
    Captioner,

    /// <summary>A linear layer to the words of the vocabulary: <c>BagOfWordsModel</c>.</summary>
    Words,
}

/// <summary>
/// The sizes of a CLIP model: everything that is not a weight. Read from and written to Hugging Face's <c>config.json</c>;
/// open_clip's model configs are read too. The defaults are OpenAI's ViT-B/32.
/// </summary>
public sealed record ClipConfig
{
    /// <summary>Width of the space both towers project into.</summary>
    public int EmbedDim { get; init; } = 512;

    /// <summary>What stands beside the image tower; a captioner has the sizes of <see cref="Text"/>, words have its vocabulary.</summary>
    public TextSide TextSide { get; init; }

    /// <summary>Which towers there are; the sizes of one that is not mean nothing.</summary>
    public ModelTowers Towers { get; init; }

    /// <summary>The image tower.</summary>
    public VisionConfig Vision { get; init; } = new VisionTransformerConfig();

    /// <summary>The text tower.</summary>
    public TextConfig Text { get; init; } = new();

    /// <summary>The activation of the transformers' MLPs; a ResNet's own is always ReLU.</summary>
    public Activation Activation { get; init; } = Activation.QuickGelu;

    /// <summary>The image tower's activation where it is another than <see cref="Activation"/>; else null.</summary>
    public Activation? VisionActivation { get; init; }

    /// <summary>Whether the image tower is SigLIP's, and with it the names and files of Hugging Face's <c>SiglipModel</c>.</summary>
    internal bool IsSiglip => Vision is VisionTransformerConfig { Pooling: VisionPooling.AttentionHead };

    /// <summary>
    /// Whether the model computes what Hugging Face's CLIP does not, or has a tokenizer that open_clip's config describes, so that its
    /// config and names are open_clip's, and its graphs the zoo's.
    /// </summary>
    internal bool IsOpenClips => HasOpenClipTowers || (Text.Tokenizer is not null && Vision is not ResNetConfig);

    /// <summary>Whether a tower computes what none of Hugging Face's CLIP does.</summary>
    internal bool HasOpenClipTowers =>
        Text.LayerScale is not null || Vision is ConvNextConfig or VisionTransformerConfig { IsOpenClips: true };

    /// <summary>The config without what training alone reads.</summary>
    internal ClipConfig ForUse => Vision is VisionTransformerConfig { PatchDropout: > 0 } vision
        ? this with { Vision = vision with { PatchDropout = 0 } }
        : this;

    /// <summary>Added to the variance in every LayerNorm.</summary>
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>The image tower's epsilon where it is another than <see cref="LayerNormEps"/>; else null.</summary>
    public double? VisionLayerNormEps { get; init; }

    /// <summary>The config as the image tower has it: with its own activation and epsilon as the model's.</summary>
    internal ClipConfig OfVision => this with
    {
        Activation = VisionActivation ?? Activation,
        VisionActivation = null,
        LayerNormEps = VisionLayerNormEps ?? LayerNormEps,
        VisionLayerNormEps = null,
    };

    /// <summary>The config with what an image tower has, noted only where it is another than the text tower's.</summary>
    internal ClipConfig WithVision(Activation activation, double layerNormEps) => this with
    {
        VisionActivation = activation == Activation ? null : activation,
        VisionLayerNormEps = layerNormEps == LayerNormEps ? null : layerNormEps,
    };

    /// <summary>The start of <c>logit_scale</c>, the logarithm of the inverse temperature: ln(1/0.07) (CLIP paper, section 2.5).</summary>
    public double LogitScaleInit { get; init; } = Math.Log(1 / 0.07);

    /// <summary>The start of <c>logit_bias</c>, which SigLIP adds to the logits; null for a model without.</summary>
    public double? LogitBiasInit { get; init; }

    /// <summary>
    /// Whether a ReLU and a second linear layer follow each tower's projection, as in ConVIRT; see <c>ProjectionHead</c>.
    /// </summary>
    public bool ProjectionHeads { get; init; }

    /// <summary>The same sizes for another vocabulary, whose last two entries are start and end of text.</summary>
    public ClipConfig WithVocabulary(int vocabSize) => WithVocabulary(vocabSize, vocabSize - 2, vocabSize - 1);

    /// <summary>The same sizes for another vocabulary.</summary>
    /// <param name="vocabSize">Its entries, special tokens included.</param>
    /// <param name="bosTokenId">Its start of text.</param>
    /// <param name="eosTokenId">Its end of text.</param>
    public ClipConfig WithVocabulary(int vocabSize, int bosTokenId, int eosTokenId) =>
        this with
        {
            Text = Text with
            {
                VocabSize = vocabSize,
                BosTokenId = bosTokenId,
                EosTokenId = eosTokenId,
                // With the end of text known it need not be looked for.
                Pooling = Text.Pooling == TextPooling.Argmax ? TextPooling.Eos : Text.Pooling,
            },
        };

    /// <summary>Checks that the sizes fit each other.</summary>
    /// <param name="source">Where they came from, for the message.</param>
    /// <exception cref="ClipException">A size is not positive or does not divide the one it must.</exception>
    public ClipConfig Validate(string source)
    {
        Positive(source, EmbedDim, "projection_dim", MaxWidth);
        Vision.Validate(source);
        Positive(source, Text.ContextLength, "text context length", MaxTokens);
        Positive(source, Text.VocabSize, "text vocab_size", MaxVocabulary);
        Positive(source, Text.Width, "text width", MaxWidth);
        Positive(source, Text.Layers, "text layers", MaxLayers);
        Positive(source, Text.Heads, "text heads", MaxWidth);
        Positive(source, Text.MlpWidth, "text MLP width", MaxMlpWidth);
        Divides(source, Text.Heads, Text.Width, "text heads", "width");
        foreach (var eps in new[] { LayerNormEps, OfVision.LayerNormEps })
        {
            if (eps is not (>= 0 and < 1))
                throw new ClipException(
                    FormattableString.Invariant($"{source}: layer_norm_eps is {eps}; give a number from 0 to below 1."));
        }

        if (Vision is VisionTransformerConfig { AttentionalPool.Heads: var heads })
            Divides(source, heads, EmbedDim, "attn_pooler_heads", "embed_dim");
        if (Vision is ResNetConfig && Text.LayerScale is not null)
            throw new ClipException(
                $"{source}: a ResNet beside this text tower is not supported; give a Vision Transformer's model, or "
                + "leave ls_init_value out.");
        if ((long)Text.VocabSize * Text.Width > Array.MaxLength)
            throw new ClipException(
                $"{source}: text vocab_size {Text.VocabSize} times width {Text.Width} is more than an array holds; no CLIP's is.");
        if (IsSiglip && ((VisionTransformerConfig)Vision).Width is var width && width != EmbedDim)
            throw new ClipException($"{source}: a SigLIP's image features have the tower's width {width}, but the texts' have {EmbedDim}.");
        if (IsSiglip && !(Text is { IsCausal: false, HasProjectionBias: true, Pooling: TextPooling.Last }))
            throw new ClipException(
                $"{source}: a SigLIP's image tower with another text tower than SigLIP's is not supported; correct the config.");
        return this;
    }

    /// <summary>Refuses what is not trained.</summary>
    /// <exception cref="ClipException">The config asks for it.</exception>
    internal void RequireTrainable()
    {
        if (Towers != ModelTowers.Both)
            throw new ClipException(
                "A config of one tower alone cannot be trained, for what is trained is their agreement; give one of both.");
        var isOtherText = Text.NeedsFullContext || Text.HasProjectionBias || Text.Pooling == TextPooling.First
            || Activation == Activation.GeluTanh;
        if ((IsOpenClips || IsSiglip || isOtherText) && (TextSide != TextSide.Tower || ProjectionHeads))
            throw new ClipException(
                "The objectives virtex, bow and convirt are trained with CLIP's own Vision Transformers, ResNets and text towers alone; "
                + "give such a config, or the objective clip or siglip.");
        if (IsOpenClips && VisionActivation is not null)
            throw new ClipException(
                "open_clip's own kinds of towers are trained with one activation in both; give a config with `quick_gelu` or without.");
    }

    /// <summary>Far above any CLIP's, so that a config that is none is told from one before memory is taken for it.</summary>
    internal const int MaxWidth = 1 << 14, MaxMlpWidth = 1 << 17, MaxLayers = 512, MaxTokens = 1 << 16, MaxVocabulary = 1 << 24;

    internal static void Positive(string source, int value, string name, int max)
    {
        if (value <= 0) throw new ClipException($"{source}: {name} is {value}; give a positive number.");
        if (value > max) throw new ClipException($"{source}: {name} is {value}, beyond any CLIP's; give at most {max}.");
    }

    internal static void Divides(string source, int divisor, int value, string name, string of)
    {
        if (value % divisor != 0)
            throw new ClipException($"{source}: {name} {divisor} does not divide {of} {value}; choose sizes that do.");
    }
}
