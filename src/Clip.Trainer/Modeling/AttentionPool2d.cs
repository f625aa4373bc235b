using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// Attention pooling (CLIP paper, section 2.4; openai/CLIP model.py): the mean of a grid's places is put before them, and after
/// positions are added it alone asks, in one layer of multi-head attention over all.
/// </summary>
public sealed class AttentionPool2d : nn.Module<Tensor, Tensor>, ILowRankTarget
{
    private readonly Parameter positional_embedding;
    private readonly Linear k_proj;
    private readonly Linear q_proj;
    private readonly Linear v_proj;
    private readonly Linear c_proj;
    private readonly long _heads;
    private LowRankUpdate? k_proj_lora;
    private LowRankUpdate? q_proj_lora;
    private LowRankUpdate? v_proj_lora;
    private LowRankUpdate? c_proj_lora;

    /// <summary>Creates the layer; positions and all projections start as N(0, 1/width), biases as PyTorch's, U(±1/√width).</summary>
    /// <param name="tokens">Places of the grid and one for their mean.</param>
    /// <param name="width">Channels W of the grid.</param>
    /// <param name="heads">Heads; divides <paramref name="width"/>.</param>
    /// <param name="embedDim">Width D of the output.</param>
    public AttentionPool2d(long tokens, long width, long heads, long embedDim)
        : base(nameof(AttentionPool2d))
    {
        _heads = heads;
        var std = Math.Pow(width, -0.5);
        positional_embedding = Initialize.Normal(std, tokens, width);
        k_proj = Projection(width);
        q_proj = Projection(width);
        v_proj = Projection(width);
        c_proj = Projection(embedDim);
        RegisterComponents();

        Linear Projection(long outputs)
        {
            var layer = nn.Linear(width, outputs);
            using var unused = no_grad();
            layer.weight.normal_(0, std);
            return layer;
        }
    }

    /// <summary>Pools grids.</summary>
    /// <param name="input">[B, W, h, w] with h · w + 1 tokens.</param>
    /// <returns>[B, D].</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var places = input.flatten(2).transpose(1, 2);
        var x = cat([places.mean([1], keepdim: true), places], 1).Plus(positional_embedding); // [B, 1 + h·w, W]
        var query = Heads(q_proj, q_proj_lora, x.narrow(1, 0, 1));
        var mixed = Autocast.Attention(query, Heads(k_proj, k_proj_lora, x), Heads(v_proj, v_proj_lora, x)); // [B, H, 1, W/H]
        return LowRankUpdate.Linear(mixed.flatten(1), c_proj, c_proj_lora).MoveToOuterDisposeScope();
    }

    void ILowRankTarget.AddLowRank(int rank, double alpha)
    {
        register_module(nameof(k_proj_lora), k_proj_lora = LowRankUpdate.Of(k_proj.weight, rank, alpha));
        register_module(nameof(q_proj_lora), q_proj_lora = LowRankUpdate.Of(q_proj.weight, rank, alpha));
        register_module(nameof(v_proj_lora), v_proj_lora = LowRankUpdate.Of(v_proj.weight, rank, alpha));
        register_module(nameof(c_proj_lora), c_proj_lora = LowRankUpdate.Of(c_proj.weight, rank, alpha));
    }

    /// <summary>[B, L, W] → [B, H, L, W/H].</summary>
    private Tensor Heads(Linear projection, LowRankUpdate? update, Tensor x) =>
        LowRankUpdate.Linear(x, projection, update).unflatten(2, _heads, -1).transpose(1, 2);
}
