using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// Self-attention with PyTorch's parameter names: <c>in_proj_weight</c> [3W, W] stacks query, key and value;
/// <c>in_proj_bias</c> [3W]; <c>out_proj</c> [W, W].
/// </summary>
public sealed class MultiheadAttention : nn.Module<Tensor, Tensor>, ILowRankTarget
{
    private readonly Parameter in_proj_weight;
    private readonly Parameter in_proj_bias;
    private readonly Linear out_proj;
    private readonly long _width;
    private readonly long _heads;
    private readonly bool _causal;
    private LowRankUpdate? in_proj_lora;
    private LowRankUpdate? out_proj_lora;

    /// <summary>
    /// Creates the layer with weights of N(0, 1/width) going in, N(0, <paramref name="outStd"/>²) going out, and zero biases.
    /// </summary>
    /// <param name="width">Channels W of the residual stream.</param>
    /// <param name="heads">Heads; divides <paramref name="width"/>.</param>
    /// <param name="causal">Whether a row sees only itself and the rows before it.</param>
    /// <param name="outStd">Standard deviation the output projection starts with.</param>
    public MultiheadAttention(long width, long heads, bool causal, double outStd)
        : base(nameof(MultiheadAttention))
    {
        (_width, _heads, _causal) = (width, heads, causal);
        in_proj_weight = Initialize.Normal(Math.Pow(width, -0.5), 3 * width, width);
        in_proj_bias = Initialize.Zeros(3 * width);
        out_proj = Initialize.Linear(width, width, outStd);
        RegisterComponents();
    }

    /// <summary>Attends from every row.</summary>
    /// <param name="input">[B, L, W].</param>
    /// <returns>[B, L, W].</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var qkv = Split(In(input, 0, 3), 3); // 3 × [B, H, L, W/H]
        var mixed = Autocast.Attention(qkv[0], qkv[1], qkv[2], causal: _causal);
        return Project(mixed).MoveToOuterDisposeScope();
    }

    /// <summary>Attends from one row of each sample only: what the last block needs when that row alone is read.</summary>
    /// <param name="input">[B, L, W].</param>
    /// <param name="rows">[B, 1, W]: the rows that ask.</param>
    /// <param name="mask">[B, 1, 1, L], true where a key may be seen; null where all may.</param>
    /// <returns>[B, 1, W].</returns>
    public Tensor FromRows(Tensor input, Tensor rows, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var query = Split(In(rows, 0, 1), 1)[0];
        var keyValue = Split(In(input, 1, 2), 2);
        var mixed = Autocast.Attention(query, keyValue[0], keyValue[1], mask);
        return Project(mixed).MoveToOuterDisposeScope();
    }

    void ILowRankTarget.AddLowRank(int rank, double alpha)
    {
        register_module(nameof(in_proj_lora), in_proj_lora = LowRankUpdate.Of(in_proj_weight, rank, alpha));
        register_module(nameof(out_proj_lora), out_proj_lora = LowRankUpdate.Of(out_proj.weight, rank, alpha));
    }

    /// <summary>Some of query, key and value: <paramref name="parts"/> of the three from number <paramref name="first"/> on.</summary>
    private Tensor In(Tensor x, long first, long parts)
    {
        long from = first * _width, count = parts * _width;
        var output = Autocast.Linear(x, in_proj_weight.narrow(0, from, count), in_proj_bias.narrow(0, from, count));
        return in_proj_lora is null ? output : in_proj_lora.AddTo(output, x, from, count);
    }

    private Tensor[] Split(Tensor stacked, long parts)
    {
        var heads = stacked.view(stacked.shape[0], stacked.shape[1], parts, _heads, _width / _heads).permute(2, 0, 3, 1, 4);
        return heads.unbind(0);
    }

    private Tensor Project(Tensor mixed)
    {
        var rows = mixed.transpose(1, 2).reshape(mixed.shape[0], mixed.shape[2], _width);
        return LowRankUpdate.Linear(rows, out_proj, out_proj_lora);
    }
}
