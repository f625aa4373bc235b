using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// Attention pooling (CLIP paper, section 2.4; openai/CLIP model.py): the mean of a grid's places is put before them, and after
/// positions are added it alone asks, in one layer of multi-head attention over all.
/// </summary>
public sealed class AttentionPool2d : nn.Module<Tensor, Tensor>
{
    private readonly Parameter positional_embedding;
    private readonly Linear k_proj;
    private readonly Linear q_proj;
    private readonly Linear v_proj;
    private readonly Linear c_proj;
    private readonly long _heads;

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
        positional_embedding = Initialise.Normal(std, tokens, width);
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
        var x = cat([places.mean([1], keepdim: true), places], 1) + positional_embedding; // [B, 1 + h·w, W]
        var query = Heads(q_proj, x.narrow(1, 0, 1));
        var mixed = Autocast.Attention(query, Heads(k_proj, x), Heads(v_proj, x)); // [B, H, 1, W/H]
        return Autocast.Linear(mixed.flatten(1), c_proj.weight, c_proj.bias!).MoveToOuterDisposeScope();
    }

    /// <summary>[B, L, W] → [B, H, L, W/H].</summary>
    private Tensor Heads(Linear projection, Tensor x) =>
        Autocast.Linear(x, projection.weight, projection.bias!).unflatten(2, _heads, -1).transpose(1, 2);
}
