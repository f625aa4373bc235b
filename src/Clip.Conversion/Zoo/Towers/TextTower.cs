using Clip.Conversion.Checkpoints;
using Clip.Conversion.Zoo.Blocks;
using static Clip.Conversion.Onnx.Format.GraphBuilder;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>A text tower of some family: its sizes, and how its graph is written.</summary>
internal abstract record TextTower
{
    /// <summary>What people call the family.</summary>
    public abstract string Family { get; }

    /// <summary>The most tokens that a text may have.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Width of the shared space.</summary>
    public required int EmbedDim { get; init; }

    /// <summary>Entries of the vocabulary.</summary>
    public required int VocabSize { get; init; }

    /// <summary>What a text is filled up with.</summary>
    public int PaddingId { get; init; }

    /// <summary>Whether the feature depends on padding, so that every text must be filled up.</summary>
    public virtual bool NeedsFullContext => false;

    /// <summary>Whether the graph is told by <c>attention_mask</c> which tokens are no padding.</summary>
    public virtual bool TakesMask => false;

    /// <summary>Its sizes in words.</summary>
    public abstract string Sizes { get; }

    /// <summary>Writes the tower: ids [items, tokens] → [items, embed_dim], not normalized.</summary>
    /// <param name="net">Where to.</param>
    /// <param name="ids">The tokens.</param>
    /// <param name="mask">1 for tokens, 0 for padding; the empty string where it takes none.</param>
    public abstract string Features(TowerWriter net, string ids, string mask);

    /// <summary>How many items and tokens there are when the graph runs: [2].</summary>
    protected static string CountTokens(TowerWriter net, string ids) => net.Op("Shape", ids);

    /// <summary>The rows as [items, tokens, width].</summary>
    protected static string ByItem(TowerWriter net, string rows, string itemsAndTokens, int width) => net.Op(
        "Reshape", rows, net.Graph.Op("Concat", [itemsAndTokens, net.Graph.Vector(width)], Attribute("axis", 0L)));

    /// <summary>The mask as what is added to scores: [items, 1, 1, tokens], 0 for tokens and the lowest number for padding.</summary>
    protected static string HidePadding(TowerWriter net, string mask)
    {
        var graph = net.Graph;
        var isToken = graph.Op("Greater", [mask, graph.Scalar(0L)]);
        var added = graph.Op("Where", [isToken, graph.Scalar(0f), graph.Scalar(float.MinValue)]);
        return graph.Op("Unsqueeze", [added, graph.Vector(1, 2)]);
    }

    /// <summary>A square mask in which a token sees itself and those before it.</summary>
    protected static WeightTensor CausalMask(int n)
    {
        var mask = new float[n * n];
        for (var row = 0; row < n; row++) mask.AsSpan(row * n + row + 1, n - row - 1).Fill(float.NegativeInfinity);
        return new WeightTensor([n, n], mask);
    }
}
