using Clip.Conversion.Configs;
using Clip.Conversion.Zoo.Blocks;
using Clip.Conversion.Zoo.Towers;

namespace Clip.Conversion.Zoo.Reading;

/// <summary>
/// The Hugging Face text towers in open_clip's configs, by their names, which fix their sizes (facts of the named models' config.json).
/// <c>hf_model_config</c> and the weights say otherwise where they do.
/// </summary>
internal static class HuggingFaceTexts
{
    private const string Encoder = "text.transformer.";

    private static readonly Dictionary<string, (BertKind Kind, BertSizes Sizes)> Berts = new()
    {
        ["bert-base-uncased"] = (BertKind.Bert, new(30522, 768, 12, 12, 3072, 512, 2, 1e-12, 0)),
        ["roberta-base"] = (BertKind.Roberta, new(50265, 768, 12, 12, 3072, 514, 1, 1e-5, 1)),
        ["roberta-large"] = (BertKind.Roberta, new(50265, 1024, 24, 16, 4096, 514, 1, 1e-5, 1)),
        ["xlm-roberta-base"] = (BertKind.Roberta, new(250002, 768, 12, 12, 3072, 514, 1, 1e-5, 1)),
        ["xlm-roberta-large"] = (BertKind.Roberta, new(250002, 1024, 24, 16, 4096, 514, 1, 1e-5, 1)),
    };

    /// <summary>Vocabulary, width, layers, heads, channels of a head, channels inside the MLP.</summary>
    private static readonly Dictionary<string, (int Vocabulary, int Width, int Layers, int Heads, int Head, int Mlp)> T5s = new()
    {
        ["mt5-small"] = (250112, 512, 8, 6, 64, 1024),
        ["mt5-base"] = (250112, 768, 12, 12, 64, 2048),
        ["mt5-large"] = (250112, 1024, 24, 16, 64, 2816),
        ["mt5-xl"] = (250112, 2048, 24, 32, 64, 5120),
    };

    /// <summary>Vocabulary, width, layers, heads, channels inside the MLP, positions.</summary>
    private static readonly Dictionary<string, (int Vocabulary, int Width, int Layers, int Heads, int Mlp, int Positions)> Nllbs = new()
    {
        ["nllb-200-distilled-600M"] = (256206, 1024, 12, 16, 4096, 1024),
        ["nllb-200-distilled-1.3B"] = (256206, 1024, 24, 16, 8192, 1024),
    };

    public static TextTower Read(ConfigKeys text, Sizes sizes, int embedDim)
    {
        var name = text.Text("hf_model_name", "");
        // Before the slash stands who published it.
        var model = name.Split('/')[^1];
        var keys = text.Section("hf_model_config");
        var pool = text.Text("hf_pooler_type", "mean_pooler");
        var contextLength = text.Int("context_length", 77);
        TextTower tower;
        if (Berts.TryGetValue(model, out var bert))
            tower = Bert(bert.Kind, bert.Sizes, keys, sizes, contextLength, embedDim, pool, Projection);
        else if (T5s.TryGetValue(model, out var t5))
            tower = T5(t5, keys, sizes, contextLength, embedDim, pool, Projection);
        else if (Nllbs.TryGetValue(model, out var nllb))
            tower = Nllb(nllb, keys, sizes, contextLength, embedDim, pool, Projection);
        else
            throw new ClipException(
                $"{sizes.Source}: hf_model_name {name} is not supported; "
                + $"{string.Join(", ", Berts.Keys.Concat(T5s.Keys).Concat(Nllbs.Keys))} are.");
        keys.RefuseOthers("model_type", "architectures", "hidden_dropout_prob", "attention_probs_dropout_prob", "torch_dtype");
        OpenClipModels.RefuseOtherText(text.Also("width", "vocab_size", "pad_id", "heads", "layers", "pool_type"));
        return tower;

        TextHead Projection(int width)
        {
            // Absent means two layers; null means none, which needs one width.
            var kind = text.IsNull("hf_proj_type") ? "" : text.Text("hf_proj_type", "mlp");
            _ = text.Value("hf_proj_type");
            var hidden = (width + embedDim) / 2;
            return kind switch
            {
                "mlp" => new TextHead(["text.proj.0", "text.proj.2"], sizes.Of("text.proj.0.weight", 0, hidden)),
                "linear" => new TextHead(["text.proj"], 0),
                "" or "none" when width == embedDim => new TextHead([], 0),
                _ => throw new ClipException(
                    $"{sizes.Source}: hf_proj_type '{kind}' is not supported for width {width} and embed_dim {embedDim}; "
                    + "mlp and linear are."),
            };
        }
    }

    /// <summary>A BERT of any kind, by the names of its tensors behind a prefix.</summary>
    private static BertText Bert(
        BertKind kind, BertSizes table, ConfigKeys keys, Sizes sizes, int contextLength, int embedDim, string pool,
        Func<int, TextHead> projection)
    {
        var read = BertSizes.Read(keys, sizes, Encoder, table);
        var isClassPooled = pool == "cls_pooler";
        // Hugging Face's own pooler is there for these kinds where it is asked for.
        var hasPooler = isClassPooled && sizes.Has($"{Encoder}pooler.dense.weight", true);
        return Bert(kind, read, sizes, Encoder, contextLength, embedDim, Pool(pool, hasPooler, sizes.Source), projection(read.Width));
    }

    /// <summary>The same for any Hugging Face model that has one as its text tower.</summary>
    internal static BertText Bert(
        BertKind kind, BertSizes read, Sizes sizes, string prefix, int contextLength, int embedDim, TextPool pool, TextHead head)
    {
        // A position table of RoBERTa's has rows up to the padding's id in front.
        var longest = read.Positions - (kind == BertKind.Roberta ? read.PaddingId + 1 : 0);
        var text = new BertText
        {
            Kind = kind,
            Prefix = prefix,
            EmbedDim = embedDim,
            ContextLength = Math.Min(contextLength, longest),
            VocabSize = read.Vocabulary,
            Width = read.Width,
            Layers = read.Layers,
            Block = BertText.Plan(kind, read.Width, read.Heads, read.Mlp, read.Eps, read.Activation),
            Positions = read.Positions,
            TokenTypes = kind == BertKind.DistilBert ? 0 : read.TokenTypes,
            PaddingId = read.PaddingId,
            Pool = pool,
            Head = head,
        };
        Check(sizes.Source, text);
        return text;
    }

    private static T5Text T5(
        (int Vocabulary, int Width, int Layers, int Heads, int Head, int Mlp) table, ConfigKeys keys, Sizes sizes, int contextLength,
        int embedDim, string pool, Func<int, TextHead> projection)
    {
        const string attention = $"{Encoder}block.0.layer.0.SelfAttention.";
        var width = sizes.Of($"{Encoder}embed_tokens.weight", 1, keys.Int("d_model", table.Width));
        var heads = sizes.Of($"{attention}relative_attention_bias.weight", 1, keys.Int("num_heads", table.Heads));
        var inner = sizes.Of($"{attention}q.weight", 0, heads * keys.Int("d_kv", table.Head));
        ClipConfig.Positive(sizes.Source, heads, "text heads", ClipConfig.MaxWidth);
        ClipConfig.Divides(sizes.Source, heads, inner, "text heads", "width");
        var hidden = sizes.Of($"{Encoder}block.0.layer.1.DenseReluDense.wi_0.weight", 0, keys.Int("d_ff", table.Mlp));
        var text = new T5Text
        {
            Prefix = Encoder,
            EmbedDim = embedDim,
            ContextLength = contextLength,
            VocabSize = sizes.Of($"{Encoder}embed_tokens.weight", 0, keys.Int("vocab_size", table.Vocabulary)),
            Width = width,
            Layers = sizes.Count($"{Encoder}block.", keys.Int("num_layers", table.Layers)),
            Block = T5Text.Plan(width, heads, inner / heads, hidden),
            Buckets = sizes.Of($"{attention}relative_attention_bias.weight", 0, keys.Int("relative_attention_num_buckets", 32)),
            Pool = Pool(pool, hasPooler: false, sizes.Source),
            Head = projection(width),
        };
        Check(sizes.Source, text);
        return text;
    }

    private static NllbText Nllb(
        (int Vocabulary, int Width, int Layers, int Heads, int Mlp, int Positions) table, ConfigKeys keys, Sizes sizes, int contextLength,
        int embedDim, string pool, Func<int, TextHead> projection)
    {
        var width = sizes.Of($"{Encoder}embed_tokens.weight", 1, keys.Int("d_model", table.Width));
        var hidden = sizes.Of($"{Encoder}layers.0.fc1.weight", 0, keys.Int("encoder_ffn_dim", table.Mlp));
        var text = new NllbText
        {
            Prefix = Encoder,
            EmbedDim = embedDim,
            ContextLength = contextLength,
            VocabSize = sizes.Of($"{Encoder}embed_tokens.weight", 0, keys.Int("vocab_size", table.Vocabulary)),
            Width = width,
            Layers = sizes.Count($"{Encoder}layers.", keys.Int("encoder_layers", table.Layers)),
            Block = NllbText.Plan(width, keys.Int("encoder_attention_heads", table.Heads), hidden),
            Positions = Math.Max(keys.Int("max_position_embeddings", table.Positions), contextLength),
            PaddingId = keys.Int("pad_token_id", 1),
            Pool = Pool(pool, hasPooler: false, sizes.Source),
            Head = projection(width),
        };
        Check(sizes.Source, text);
        if (width % 2 != 0 || width < 4) throw new ClipException($"{sizes.Source}: NLLB's positions need an even width; {width} is none.");
        return text;
    }

    private static TextPool Pool(string name, bool hasPooler, string source) => name switch
    {
        "mean_pooler" => TextPool.Mean,
        "max_pooler" => TextPool.Max,
        "cls_pooler" => hasPooler ? TextPool.Pooler : TextPool.First,
        "cls_last_hidden_state_pooler" => TextPool.First,
        _ => throw new ClipException(
            $"{source}: hf_pooler_type '{name}' is not supported; mean_pooler, max_pooler, cls_pooler and "
            + "cls_last_hidden_state_pooler are."),
    };

    private static void Check(string source, HuggingFaceText text)
    {
        SizeRules.Text(source, text.ContextLength, text.VocabSize, text.Width);
        SizeRules.Block(source, text.Block, text.Layers);
    }
}

/// <summary>A BERT's sizes.</summary>
internal sealed record BertSizes(
    int Vocabulary, int Width, int Layers, int Heads, int Mlp, int Positions, int TokenTypes, double Eps, int PaddingId)
{
    public Nonlinearity Activation { get; init; } = Nonlinearity.Gelu;

    /// <summary>Reads them off the weights, a config's keys, and what stands for the rest.</summary>
    public static BertSizes Read(ConfigKeys keys, Sizes sizes, string prefix, BertSizes otherwise)
    {
        if (keys.Text("position_embedding_type", "absolute") is not "absolute" and var positions)
            throw new ClipException($"{sizes.Source}: position_embedding_type '{positions}' is not supported; absolute is.");
        return new BertSizes(
            sizes.Of($"{prefix}embeddings.word_embeddings.weight", 0, keys.Int("vocab_size", otherwise.Vocabulary)),
            sizes.Of($"{prefix}embeddings.word_embeddings.weight", 1, keys.Int("hidden_size", otherwise.Width)),
            sizes.Count($"{prefix}encoder.layer.", keys.Int("num_hidden_layers", otherwise.Layers)),
            keys.Int("num_attention_heads", otherwise.Heads),
            sizes.Of($"{prefix}encoder.layer.0.intermediate.dense.weight", 0, keys.Int("intermediate_size", otherwise.Mlp)),
            sizes.Of($"{prefix}embeddings.position_embeddings.weight", 0, keys.Int("max_position_embeddings", otherwise.Positions)),
            sizes.Of($"{prefix}embeddings.token_type_embeddings.weight", 0, keys.Int("type_vocab_size", otherwise.TokenTypes)),
            keys.Double("layer_norm_eps", otherwise.Eps),
            keys.Int("pad_token_id", otherwise.PaddingId))
        {
            Activation = Nonlinearities.OfHuggingFace(keys.Text("hidden_act", "gelu"), sizes.Source),
        };
    }
}
