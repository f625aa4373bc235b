using Clip.Conversion.Onnx.Format;
using static Clip.Conversion.Onnx.Format.GraphBuilder;

namespace Clip.Conversion.Onnx;

/// <summary>Writes multi-head attention between rows that are projected already: cut into heads, scored, mixed and joined again.</summary>
internal sealed class AttentionGraph(GraphBuilder graph, int width, int heads)
{
    private readonly int _headWidth = width / heads;

    /// <summary>The scores' 1/√d, which goes into the query's weights and saves a pass over the scores.</summary>
    public float QueryScale => 1 / MathF.Sqrt(_headWidth);

    /// <summary>The shape that cuts rows into [items, tokens, heads, channels], for a known number of tokens.</summary>
    public string HeadShape(long tokens) => graph.Vector(-1, tokens, heads, _headWidth);

    /// <summary>The same where a vector of two, <paramref name="itemsAndTokens"/>, counts them when the graph runs.</summary>
    public string HeadShape(string itemsAndTokens) =>
        graph.Op("Concat", [itemsAndTokens, graph.Vector(heads, _headWidth)], Attribute("axis", 0L));

    /// <summary>Attends from some rows to all.</summary>
    /// <param name="query">[items · rows, width], scaled.</param>
    /// <param name="queryShape">Its <see cref="HeadShape(long)"/>.</param>
    /// <param name="key">[items · tokens, width].</param>
    /// <param name="value">[items · tokens, width].</param>
    /// <param name="allShape">The last two's <see cref="HeadShape(long)"/>.</param>
    /// <param name="mask">Added to the scores [items, heads, rows, tokens]; null for none.</param>
    /// <param name="onQuery">What is done to the query [items, heads, rows, channels]; null for nothing.</param>
    /// <param name="onKey">What is done to the key [items, heads, tokens, channels]; null for nothing.</param>
    /// <returns>[items · rows, width].</returns>
    public string Attend(
        string query, string queryShape, string key, string value, string allShape, string? mask,
        Func<string, string>? onQuery = null, Func<string, string>? onKey = null)
    {
        var keysByHead = Heads(key, allShape);
        if (onKey is not null) keysByHead = onKey(keysByHead);
        // Transposed apart from being cut into heads: ONNX Runtime makes this second step part of the product.
        var keys = graph.Op("Transpose", [keysByHead], Attribute("perm", 0, 1, 3, 2));
        var queries = Heads(query, queryShape);
        if (onQuery is not null) queries = onQuery(queries);
        var scores = graph.Op("MatMul", [queries, keys]);
        if (mask is not null) scores = graph.Op("Add", [scores, mask]);
        var mixed = graph.Op("MatMul", [graph.Op("Softmax", [scores], Attribute("axis", -1L)), Heads(value, allShape)]);
        return graph.Op("Reshape", [graph.Op("Transpose", [mixed], Attribute("perm", 0, 2, 1, 3)), graph.Vector(-1, width)]);
    }

    private string Heads(string x, string shape) =>
        graph.Op("Transpose", [graph.Op("Reshape", [x, shape])], Attribute("perm", 0, 2, 1, 3));
}
