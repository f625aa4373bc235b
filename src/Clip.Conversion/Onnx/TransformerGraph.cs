using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx.Format;
using static Clip.Conversion.Onnx.Format.GraphBuilder;

namespace Clip.Conversion.Onnx;

/// <summary>
/// Writes residual attention blocks. Between blocks the tokens of all items lie as the rows of one matrix, so that every linear layer
/// is a single <c>Gemm</c> that takes PyTorch's weights as they are (<c>transB</c>) and adds its bias on the way.
/// </summary>
/// <param name="graph">Where the nodes go.</param>
/// <param name="weights">Where the weights come from.</param>
/// <param name="blocks">What the names of the tower's blocks start with; the number follows.</param>
/// <param name="width">Channels of the residual stream.</param>
/// <param name="heads">Attention heads; divides <paramref name="width"/>.</param>
/// <param name="config">Activation and LayerNorm epsilon; an image tower's as <see cref="ClipConfig.OfVision"/> gives them.</param>
internal sealed class TransformerGraph(
    GraphBuilder graph, WeightSource weights, string blocks, int width, int heads, ClipConfig config)
{
    private readonly AttentionGraph _attention = new(graph, width, heads);

    /// <inheritdoc cref="AttentionGraph.HeadShape(long)"/>
    public string HeadShape(long tokens) => _attention.HeadShape(tokens);

    /// <inheritdoc cref="AttentionGraph.HeadShape(string)"/>
    public string HeadShape(string itemsAndTokens) => _attention.HeadShape(itemsAndTokens);

    /// <summary>Writes the tower's block number <paramref name="layer"/> for the given rows, which attend to all.</summary>
    /// <param name="layer">From 0.</param>
    /// <param name="all">Every token: [items · tokens, width].</param>
    /// <param name="allShape">Their <see cref="HeadShape(long)"/>.</param>
    /// <param name="rows">The tokens to compute: <paramref name="all"/>, or [items, width] where only one of each item is read.</param>
    /// <param name="rowsShape">Their <see cref="HeadShape(long)"/>.</param>
    /// <param name="mask">Added to the attention scores [items, heads, rows, tokens]; null for none.</param>
    public string Block(int layer, string all, string allShape, string rows, string rowsShape, string? mask)
    {
        var name = $"{blocks}{layer}";
        graph.Scope(name);
        var allNormed = LayerNorm(name + ClipNames.Block.FirstNorm, all);
        var rowsNormed = rows == all ? allNormed : LayerNorm(name + ClipNames.Block.FirstNorm, rows);

        var (inWeights, inBiases) = InProjections(name);
        var joined = _attention.Attend(
            Projection(rowsNormed, "q", 0, _attention.QueryScale),
            rowsShape,
            Projection(allNormed, "k", 1, 1),
            Projection(allNormed, "v", 2, 1),
            allShape,
            mask);
        return AddMlp(name, graph.Op("Add", [rows, Linear(name + ClipNames.Block.Out, joined)]));

        string Projection(string x, string letter, int third, float factor) =>
            Project(
                x, $"{name}.attn.{letter}_proj",
                TensorMath.Scale(inWeights[third], factor), TensorMath.Scale(inBiases[third], factor));
    }

    /// <summary>
    /// Writes SigLIP's pooling head (transformers' SiglipMultiheadAttentionPoolingHead): a learned query, the same for every image and
    /// so projected when the file is written, attends to all rows; an MLP is added to what it sees.
    /// </summary>
    /// <param name="name">The head's.</param>
    /// <param name="all">Every token: [items · tokens, width].</param>
    /// <param name="allShape">Their <see cref="HeadShape(long)"/>.</param>
    /// <returns>[items, width].</returns>
    public string Probe(string name, string all, string allShape)
    {
        graph.Scope(name);
        var (inWeights, inBiases) = InProjections(name);
        var query = new Derivation.ProjectedRow(inWeights[0], inBiases[0], weights.Take(ClipNames.Image.Probe), _attention.QueryScale);
        var joined = _attention.Attend(
            graph.Weight($"{name}.query", TensorMath.Make([1, width], query)),
            HeadShape(1),
            Project(all, $"{name}.attn.k_proj", inWeights[1], inBiases[1]),
            Project(all, $"{name}.attn.v_proj", inWeights[2], inBiases[2]),
            allShape,
            mask: null);
        return AddMlp(name, Linear(name + ClipNames.Block.Out, joined));
    }

    private string AddMlp(string name, string x)
    {
        var hidden = Linear(name + ClipNames.Block.Widen, LayerNorm(name + ClipNames.Block.SecondNorm, x));
        return graph.Op("Add", [x, Linear(name + ClipNames.Block.Narrow, Activate(hidden))]);
    }

    /// <summary>The weights and biases of query, key and value, which PyTorch stacks.</summary>
    private (WeightTensor[] Weights, WeightTensor[] Biases) InProjections(string name) =>
        (StackedFloats.Thirds(weights.Take(name + ClipNames.Block.InWeight)),
            StackedFloats.Thirds(weights.Take(name + ClipNames.Block.InBias)));

    /// <summary>Normalizes rows over their channels, and applies gain and bias.</summary>
    public string LayerNorm(string name, string x)
    {
        var (gain, bias) = (graph.Weight(weights, $"{name}.weight"), graph.Weight(weights, $"{name}.bias"));
        return graph.Op(
            "LayerNormalization", [x, gain, bias], Attribute("axis", -1L), Attribute("epsilon", (float)config.LayerNormEps));
    }

    /// <summary>A linear layer with bias.</summary>
    public string Linear(string name, string x) => Project(x, name, weights.Take($"{name}.weight"), weights.Take($"{name}.bias"));

    private string Project(string x, string name, WeightTensor weight, WeightTensor bias) =>
        graph.Op("Gemm", [x, graph.Weight($"{name}.weight", weight), graph.Weight($"{name}.bias", bias)], Attribute("transB", 1L));

    private string Activate(string x) => config.Activation switch
    {
        Activation.Gelu => graph.Op("Gelu", [x]),
        Activation.GeluTanh => graph.Op("Gelu", [x], Attribute("approximate", "tanh")),
        _ => graph.Op("Mul", [x, graph.Op("Sigmoid", [graph.Op("Mul", [x, graph.Scalar(1.702f)])])]),
    };
}
