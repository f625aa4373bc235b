using Clip.Conversion.Zoo.Blocks;
using static Clip.Conversion.Onnx.Format.GraphBuilder;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>How the tokens of a Hugging Face text tower become one feature; the names are open_clip's without <c>_pooler</c>.</summary>
internal enum TextPool
{
    /// <summary>The mean of the tokens that are no padding.</summary>
    Mean,

    /// <summary>Their largest value, channel by channel.</summary>
    Max,

    /// <summary>The first token's.</summary>
    First,

    /// <summary>The first token's through Hugging Face's own pooler, a linear layer and tanh.</summary>
    Pooler,
}

/// <summary>The way into the shared space behind a Hugging Face text tower.</summary>
/// <param name="Layers">The linear layers' names without <c>.weight</c>: none, one, or two with GELU between; no biases.</param>
/// <param name="Hidden">Channels between two.</param>
internal sealed record TextHead(string[] Layers, int Hidden);

/// <summary>
/// A Hugging Face encoder as text tower: attention hides padding by the mask, and every token sees every other. What differs between BERT,
/// RoBERTa, DistilBERT, mT5 and NLLB is how tokens are embedded, what the blocks are, and the names.
/// </summary>
internal abstract record HuggingFaceText : TextTower
{
    /// <summary>What stands before the encoder's names.</summary>
    public required string Prefix { get; init; }

    public required int Width { get; init; }

    public required int Layers { get; init; }

    public required BlockPlan Block { get; init; }

    public required TextPool Pool { get; init; }

    public required TextHead Head { get; init; }

    public override bool TakesMask => true;

    public override string Sizes => $"{ContextLength} tokens, vocabulary {VocabSize}, "
        + $"width {Width}, {Layers} layers, {Block.Heads} heads, MLP {Block.Mlp.Width}";

    /// <summary>What stands before a block's number.</summary>
    protected abstract string Blocks { get; }

    public override string Features(TowerWriter net, string ids, string mask)
    {
        net.Scope($"{Prefix}embeddings");
        net.Places = ContextLength;
        var itemsAndTokens = CountTokens(net, ids);
        var x = net.Reshape(Embed(net, ids), -1, Width);
        var scores = Scores(net, ids, HidePadding(net, mask));
        x = new TransformerBlock(net, Block, itemsAndTokens).All(Blocks, Layers, x, scores);
        x = Finish(net, x);
        net.Scope($"{Prefix}pool");
        net.Places = 1;
        x = Pooled(net, ByItem(net, x, itemsAndTokens, Width), mask);
        return Project(net, x);
    }

    /// <summary>ids → [items, tokens, width].</summary>
    protected abstract string Embed(TowerWriter net, string ids);

    /// <summary>What is added to scores.</summary>
    protected virtual string Scores(TowerWriter net, string ids, string padding) => padding;

    /// <summary>What follows the blocks.</summary>
    protected virtual string Finish(TowerWriter net, string x) => x;

    /// <summary>The rows of a table.</summary>
    protected string Tokens(TowerWriter net, string table, string ids) =>
        net.Op("Gather", net.Weight($"{Prefix}{table}.weight", VocabSize, Width), ids);

    /// <summary>Positions that padding does not count in: a token's is the padding's id and how many are no padding up to it.</summary>
    protected string CountedPositions(TowerWriter net, string ids)
    {
        var graph = net.Graph;
        var padding = graph.Scalar((long)PaddingId);
        var isToken = graph.Op("Cast", [net.Op("Not", net.Op("Equal", ids, padding))], Attribute("to", (long)DataType.Int64));
        var counted = net.Op("CumSum", isToken, graph.Scalar(1L));
        return net.Add(net.Op("Mul", counted, isToken), padding);
    }

    private string Pooled(TowerWriter net, string x, string mask)
    {
        var graph = net.Graph;
        if (Pool is TextPool.First or TextPool.Pooler)
        {
            var first = graph.Op("Gather", [x, graph.Scalar(0L)], Attribute("axis", 1L));
            return Pool == TextPool.First ? first : net.Op("Tanh", net.Linear(first, $"{Prefix}pooler.dense", Width, Width));
        }

        var weights = graph.Op("Unsqueeze", [graph.Op("Cast", [mask], Attribute("to", (long)DataType.Float)), graph.Vector(2)]);
        if (Pool == TextPool.Max)
        {
            var isToken = net.Op("Greater", weights, graph.Scalar(0f));
            var shown = net.Op("Where", isToken, x, graph.Scalar(float.MinValue));
            return graph.Op("ReduceMax", [shown, graph.Vector(1)], Attribute("keepdims", 0L));
        }

        var sum = graph.Op("ReduceSum", [net.Op("Mul", x, weights), graph.Vector(1)], Attribute("keepdims", 0L));
        var count = graph.Op("ReduceSum", [weights, graph.Vector(1)], Attribute("keepdims", 0L));
        return net.Op("Div", sum, net.Op("Max", count, graph.Scalar(1e-9f)));
    }

    /// <summary>What comes between pooling and <see cref="Head"/>.</summary>
    protected virtual string Project(TowerWriter net, string x) => Head.Layers switch
    {
        [] => x,
        [var only] => net.Project(x, only, Width, EmbedDim, hasBias: false),
        [var first, var second] => net.Project(
            net.Activate(net.Linear(x, first, Width, Head.Hidden, hasBias: false), Nonlinearity.Gelu), second, Head.Hidden, EmbedDim,
            hasBias: false),
        _ => throw new InvalidOperationException("A text head has at most two layers."),
    };
}
