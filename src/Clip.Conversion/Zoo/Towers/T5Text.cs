using Clip.Conversion.Checkpoints;
using Clip.Conversion.Zoo.Blocks;
using static Clip.Conversion.Onnx.Format.GraphBuilder;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>mT5's encoder: no position table, but scores by distance, the same in all blocks.</summary>
internal sealed record T5Text : HuggingFaceText
{
    public const double Eps = 1e-6;

    /// <summary>Distances beyond this are in the last bucket.</summary>
    private const int Farthest = 128;

    public override string Family => "mT5 text tower";

    /// <summary>Rows of the table of scores; half of them for tokens before, half for those after.</summary>
    public required int Buckets { get; init; }

    protected override string Blocks => $"{Prefix}block.";

    public static BlockPlan Plan(int width, int heads, int headWidth, int mlpWidth) => new()
    {
        Width = width,
        Heads = heads,
        HeadsWidth = heads * headWidth,
        Eps = Eps,
        IsRms = true,
        HasBias = false,
        ScalesScores = false,
        AttentionNorm = "layer.0.layer_norm",
        MlpNorm = "layer.1.layer_norm",
        Qkv = Qkv.Apart("layer.0.SelfAttention.q", "layer.0.SelfAttention.k", "layer.0.SelfAttention.v", hasBias: false),
        Output = "layer.0.SelfAttention.o",
        Mlp = new MlpPlan(["layer.1.DenseReluDense.wi_0", "layer.1.DenseReluDense.wi_1"], "layer.1.DenseReluDense.wo")
        {
            Width = mlpWidth,
            Activation = Nonlinearity.GeluTanh,
        },
    };

    protected override string Embed(TowerWriter net, string ids) => Tokens(net, "embed_tokens", ids);

    /// <summary>[items, heads, tokens, tokens]: gathered by distance when it runs, for a text may be of any length.</summary>
    protected override string Scores(TowerWriter net, string ids, string padding)
    {
        const string name = "layer.0.SelfAttention.relative_attention_bias.weight";
        var graph = net.Graph;
        var table = net.Parameters.Take($"{Blocks}0.{name}", Buckets, Block.Heads);
        var byDistance = graph.Weight($"{Prefix}distance_scores", TensorMath.Gather(
            table, [2 * Farthest + 1, Block.Heads], Block.Heads, place => Bucket(place - Farthest)));
        var length = graph.Op("Squeeze", [graph.Op("Shape", [ids], Attribute("start", 1L), Attribute("end", 2L)), graph.Vector(0)]);
        var places = net.Op("Range", graph.Scalar(0L), length, graph.Scalar(1L));
        var distances = net.Op("Sub", graph.Op("Unsqueeze", [places, graph.Vector(0)]), graph.Op("Unsqueeze", [places, graph.Vector(1)]));
        var farthest = graph.Scalar((long)Farthest);
        var rows = net.Add(net.Op("Clip", distances, graph.Scalar((long)-Farthest), farthest), farthest);
        var scores = net.Transpose(net.Op("Gather", byDistance, rows), 2, 0, 1);
        return net.Add(padding, graph.Op("Unsqueeze", [scores, graph.Vector(0)]));
    }

    protected override string Finish(TowerWriter net, string x) => net.RmsNorm(x, $"{Prefix}final_layer_norm", Width, Eps);

    /// <summary>The bucket of a distance, key − query, in single precision as T5's code has it.</summary>
    private int Bucket(int distance)
    {
        var half = Buckets / 2;
        var exact = half / 2;
        var (first, length) = (distance > 0 ? half : 0, Math.Abs(distance));
        if (length < exact) return first + length;
        var step = MathF.Log((float)length / exact) / (float)Math.Log((double)Farthest / exact) * (half - exact);
        return first + Math.Min(half - 1, exact + (int)step);
    }
}
