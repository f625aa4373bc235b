using Clip.Conversion.Checkpoints;
using Clip.Conversion.Zoo.Blocks;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>NLLB's encoder (transformers' M2M100): computed positions, ReLU.</summary>
internal sealed record NllbText : HuggingFaceText
{
    public override string Family => "NLLB text tower";

    /// <summary>The longest text that positions are computed for.</summary>
    public required int Positions { get; init; }

    protected override string Blocks => $"{Prefix}layers.";

    public static BlockPlan Plan(int width, int heads, int mlpWidth) => new()
    {
        Width = width,
        Heads = heads,
        Eps = 1e-5,
        AttentionNorm = "self_attn_layer_norm",
        MlpNorm = "final_layer_norm",
        Qkv = Qkv.Apart("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
        Output = "self_attn.out_proj",
        Mlp = new MlpPlan(["fc1"], "fc2") { Width = mlpWidth, Activation = Nonlinearity.Relu },
    };

    protected override string Embed(TowerWriter net, string ids)
    {
        var x = net.Op("Mul", Tokens(net, "embed_tokens", ids), net.Graph.Scalar(MathF.Sqrt(Width)));
        return net.Add(x, net.Op("Gather", net.Graph.Weight($"{Prefix}positions", Table()), CountedPositions(net, ids)));
    }

    protected override string Finish(TowerWriter net, string x) => net.LayerNorm(x, $"{Prefix}layer_norm", Width, Block.Eps);

    /// <summary>[sin(p·f), cos(p·f)] for each position p; zeros for padding's.</summary>
    private WeightTensor Table()
    {
        var (rows, half) = (PaddingId + 1 + Positions, Width / 2);
        var values = new float[rows * Width];
        for (var p = 0; p < rows; p++)
        {
            if (p == PaddingId) continue;
            for (var i = 0; i < half; i++)
            {
                var angle = p * Math.Exp(-i * Math.Log(10000) / (half - 1));
                values[p * Width + i] = (float)Math.Sin(angle);
                values[p * Width + half + i] = (float)Math.Cos(angle);
            }
        }

        return new WeightTensor([rows, Width], values);
    }
}
