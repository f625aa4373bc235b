using Clip.Conversion.Configs;
using Clip.Conversion.Zoo.Blocks;
using static Clip.Conversion.Onnx.Format.GraphBuilder;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>What follows open_clip's own text tower.</summary>
internal enum TextProjection
{
    /// <summary>A matrix [width, embed_dim].</summary>
    Matrix,

    /// <summary>A linear layer with bias.</summary>
    Linear,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>open_clip's own text tower with every switch of its <c>CLIPTextCfg</c>, CoCa's class token among them.</summary>
internal sealed record OpenClipText : TextTower
{
    public override string Family => HasClassToken ? "CoCa's text tower" : "open_clip's text tower";

    /// <summary>What stands before the names: <c>text.</c>, or nothing.</summary>
    public required string Prefix { get; init; }

    public required OpenClipBlock Block { get; init; }

    public bool IsCausal { get; init; } = true;

    public TextPooling Pooling { get; init; } = TextPooling.Argmax;

    /// <summary>Where a text ends, for <see cref="TextPooling.Eos"/>.</summary>
    public int EosId { get; init; }

    public TextProjection Projection { get; init; }

    /// <summary>Whether a learned token is put behind the context and read: CoCa's.</summary>
    public bool HasClassToken { get; init; }

    public override bool NeedsFullContext => HasClassToken || !IsCausal || Pooling == TextPooling.Last;

    public override string Sizes => $"{ContextLength} tokens, vocabulary {VocabSize}, {Block.Sizes}";

    public override string Features(TowerWriter net, string ids, string mask)
    {
        var (width, rows) = (Block.Width, ContextLength + (HasClassToken ? 1 : 0));
        var graph = net.Graph;
        net.Scope($"{Prefix}embed");
        var x = net.Op("Gather", net.Weight($"{Prefix}token_embedding.weight", VocabSize, width), ids);
        var positions = net.Weight($"{Prefix}positional_embedding", rows, width);
        net.Places = rows;
        if (HasClassToken) return Project(net, ReadClassToken(net, ids, x, positions));

        var itemsAndTokens = CountTokens(net, ids);
        var length = graph.Op("Shape", [ids], Attribute("start", 1L), Attribute("end", 2L));
        positions = net.Op("Slice", positions, graph.Vector(0), length, graph.Vector(0));
        x = net.Reshape(net.Add(x, positions), -1, width);
        string? causal = null;
        if (IsCausal)
        {
            var square = graph.Op("Concat", [length, length], Attribute("axis", 0L));
            var full = graph.Weight("causal_mask", CausalMask(ContextLength));
            causal = net.Op("Slice", full, graph.Vector(0, 0), square, graph.Vector(0, 1));
        }

        var block = new TransformerBlock(net, Block.Plan, itemsAndTokens);
        for (var i = 0; i < Block.Layers - 1; i++) x = block.Write(Layer(i), x, x, causal);

        // The last block is computed for the token that is read.
        net.Scope($"{Prefix}pool");
        var isPerText = Pooling is TextPooling.Eos or TextPooling.Argmax;
        var place = Pooling switch
        {
            TextPooling.First => graph.Scalar(0L),
            TextPooling.Last => graph.Scalar(ContextLength - 1L),
            _ => EndOfText(net, ids),
        };
        var byItem = ByItem(net, x, itemsAndTokens, width);
        var pooled = isPerText
            ? graph.Op("GatherND", [byItem, place], Attribute("batch_dims", 1L))
            : graph.Op("Gather", [byItem, place], Attribute("axis", 1L));
        var rowMask = causal is null ? null : net.Op("Unsqueeze", net.Op("Gather", causal, place), graph.Vector(isPerText ? 1 : 0));
        return Project(net, block.Write(Layer(Block.Layers - 1), x, pooled, rowMask, rowTokens: 1));
    }

    private string Layer(int number) => $"{Prefix}transformer.resblocks.{number}.";

    private string Project(TowerWriter net, string x)
    {
        net.Scope($"{Prefix}project");
        x = net.LayerNorm(x, $"{Prefix}ln_final", Block.Width, Block.Eps);
        net.Places = 1;
        return Projection switch
        {
            TextProjection.Matrix => net.Project(x, $"{Prefix}text_projection", Block.Width, EmbedDim),
            TextProjection.Linear => net.Project(x, $"{Prefix}text_projection", Block.Width, EmbedDim, hasBias: true),
            _ => x,
        };
    }

    /// <summary>Where each text ends. ArgMax gives the first of equals; it compares numbers, not truth values, hence the cast.</summary>
    private string EndOfText(TowerWriter net, string ids)
    {
        var isEnd = Pooling == TextPooling.Argmax ? ids : net.Op("Equal", ids, net.Graph.Scalar((long)EosId));
        return net.Graph.Op("ArgMax", [net.Graph.Op("Cast", [isEnd], Attribute("to", (long)DataType.Int32))], Attribute("axis", 1L));
    }

    /// <summary>
    /// CoCa's: the learned token stands behind the context. A key is visible to the tokens from its own on, where the id before it, by the
    /// historic shift of the trained models, is no padding (0).
    /// </summary>
    private string ReadClassToken(TowerWriter net, string ids, string x, string positions)
    {
        var (graph, width, rows) = (net.Graph, Block.Width, ContextLength + 1);
        var items = graph.Op("Shape", [ids], Attribute("start", 0L), Attribute("end", 1L));
        var shape = graph.Op("Concat", [items, graph.Vector(1, width)], Attribute("axis", 0L));
        var token = net.Op("Expand", net.Weight($"{Prefix}cls_emb", width), shape);
        x = net.Reshape(net.Add(graph.Op("Concat", [x, token], Attribute("axis", 1L)), positions), -1, width);

        // [items, rows]: the first key is always seen.
        var isPadding = net.Op("Equal", ids, graph.Scalar(0L));
        var hidden = net.Op("Where", isPadding, graph.Scalar(float.NegativeInfinity), graph.Scalar(0f));
        var seen = net.Op("Expand", graph.Scalar(0f), graph.Op("Concat", [items, graph.Vector(1)], Attribute("axis", 0L)));
        hidden = graph.Op("Concat", [seen, hidden], Attribute("axis", 1L));
        var byKey = net.Op("Unsqueeze", hidden, graph.Vector(1, 2));
        var scores = net.Add(byKey, graph.Weight("causal_mask", CausalMask(rows)));

        var block = new TransformerBlock(net, Block.Plan, rows);
        for (var i = 0; i < Block.Layers - 1; i++) x = block.Write(Layer(i), x, x, scores);
        net.Scope($"{Prefix}pool");
        // The last row of the causal mask hides nothing.
        return block.Write(Layer(Block.Layers - 1), x, net.Pick(x, rows, width, rows - 1), byKey, rowTokens: 1);
    }
}
