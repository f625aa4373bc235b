using Clip.Conversion.Checkpoints;
using Clip.Conversion.Zoo.Blocks;
using static Clip.Conversion.Onnx.Format.GraphBuilder;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>BERT, RoBERTa and XLM-R: norms behind the sums, learned positions; and DistilBERT, which names its parts otherwise.</summary>
internal sealed record BertText : HuggingFaceText
{
    public override string Family => Kind switch
    {
        BertKind.Roberta => Transformation > 0 ? "AltCLIP's XLM-R text tower" : "RoBERTa text tower",
        BertKind.DistilBert => "DistilBERT text tower",
        _ => "BERT text tower",
    };

    public required BertKind Kind { get; init; }

    /// <summary>Rows of the position table.</summary>
    public required int Positions { get; init; }

    /// <summary>Rows of the table of token types, of which the first is taken; 0 for no table.</summary>
    public required int TokenTypes { get; init; }

    /// <summary>Channels that AltCLIP's linear layer behind the tokens puts out; 0 for no such layer.</summary>
    public int Transformation { get; init; }

    protected override string Blocks => Kind == BertKind.DistilBert ? $"{Prefix}transformer.layer." : $"{Prefix}encoder.layer.";

    /// <summary>The blocks of a kind.</summary>
    public static BlockPlan Plan(BertKind kind, int width, int heads, int mlpWidth, double eps, Nonlinearity activation) =>
        kind == BertKind.DistilBert
            ? new BlockPlan
            {
                Width = width,
                Heads = heads,
                Eps = eps,
                Norms = NormPlace.BehindSum,
                AttentionNorm = "sa_layer_norm",
                MlpNorm = "output_layer_norm",
                Qkv = Qkv.Apart("attention.q_lin", "attention.k_lin", "attention.v_lin"),
                Output = "attention.out_lin",
                Mlp = new MlpPlan(["ffn.lin1"], "ffn.lin2") { Width = mlpWidth, Activation = activation },
            }
            : new BlockPlan
            {
                Width = width,
                Heads = heads,
                Eps = eps,
                Norms = NormPlace.BehindSum,
                AttentionNorm = "attention.output.LayerNorm",
                MlpNorm = "output.LayerNorm",
                Qkv = Qkv.Apart("attention.self.query", "attention.self.key", "attention.self.value"),
                Output = "attention.output.dense",
                Mlp = new MlpPlan(["intermediate.dense"], "output.dense") { Width = mlpWidth, Activation = activation },
            };

    protected override string Embed(TowerWriter net, string ids)
    {
        var graph = net.Graph;
        var x = Tokens(net, "embeddings.word_embeddings", ids);
        var table = net.Weight($"{Prefix}embeddings.position_embeddings.weight", Positions, Width);
        if (Kind == BertKind.Roberta)
        {
            x = net.Add(x, net.Op("Gather", table, CountedPositions(net, ids)));
        }
        else
        {
            var length = graph.Op("Shape", [ids], Attribute("start", 1L), Attribute("end", 2L));
            x = net.Add(x, net.Op("Slice", table, graph.Vector(0), length, graph.Vector(0)));
        }

        if (TokenTypes > 0)
        {
            var types = net.Parameters.Take($"{Prefix}embeddings.token_type_embeddings.weight", TokenTypes, Width);
            x = net.Add(x, graph.Weight($"{Prefix}embeddings.token_type", TensorMath.Rows(types, 0, 1)));
        }

        return net.LayerNorm(x, $"{Prefix}embeddings.LayerNorm", Width, Block.Eps);
    }

    /// <summary>AltCLIP has a norm and a linear layer in between; what is behind the first token's is read alone.</summary>
    protected override string Project(TowerWriter net, string x)
    {
        if (Transformation == 0) return base.Project(net, x);
        x = net.LayerNorm(x, "text_model.pre_LN", Width, Block.Eps);
        x = net.Linear(x, "text_model.transformation", Width, Transformation);
        return net.Project(x, Head.Layers[0], Transformation, EmbedDim, hasBias: false);
    }
}

/// <summary>Kinds of BERT.</summary>
internal enum BertKind
{
    Bert,

    /// <summary>RoBERTa and XLM-R: positions count from behind the padding's id.</summary>
    Roberta,

    DistilBert,
}
