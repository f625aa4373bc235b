using Clip.Conversion.Configs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>CoCa's pooling (arXiv:2205.01917, section 3.2; open_clip's AttentionalPooler): learned queries attend to all tokens.</summary>
internal sealed class AttentionalPooler : nn.Module<Tensor, Tensor>
{
    private readonly Parameter query;
    private readonly PoolerAttention attn;
    private readonly LayerNorm ln_q;
    private readonly LayerNorm ln_k;
    private readonly long _queries;

    /// <summary>Creates the pooling with queries of N(0, 1).</summary>
    /// <param name="pool">Its sizes.</param>
    /// <param name="width">Channels of the tokens.</param>
    /// <param name="embedDim">Channels of the queries and of what comes out.</param>
    /// <param name="readsFirst">Whether the first query's result is all that is read.</param>
    /// <param name="eps">The LayerNorms' epsilon.</param>
    public AttentionalPooler(AttentionalPooling pool, long width, long embedDim, bool readsFirst, double eps)
        : base(nameof(AttentionalPooler))
    {
        _queries = readsFirst ? 1 : pool.Queries;
        query = Initialize.Normal(1, pool.Queries, embedDim);
        attn = new PoolerAttention(width, embedDim, pool.Heads);
        ln_q = nn.LayerNorm(embedDim, eps: eps);
        ln_k = nn.LayerNorm(width, eps: eps);
        RegisterComponents();
    }

    /// <summary>Pools.</summary>
    /// <param name="input">[B, L, W].</param>
    /// <returns>[B, queries, D], in float32 for the norm that follows.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var pooled = attn.Attend(ln_q.forward(query.narrow(0, 0, _queries)), ln_k.forward(input));
        return pooled.@float().MoveToOuterDisposeScope();
    }

    /// <summary>Attention between two widths, with PyTorch's names: stacked projections where they are one.</summary>
    private sealed class PoolerAttention : nn.Module
    {
        private readonly Parameter? in_proj_weight;
        private readonly Parameter? q_proj_weight;
        private readonly Parameter? k_proj_weight;
        private readonly Parameter? v_proj_weight;
        private readonly Parameter in_proj_bias;
        private readonly Linear out_proj;
        private readonly long _width;
        private readonly long _heads;

        public PoolerAttention(long inputs, long width, long heads)
            : base(nameof(PoolerAttention))
        {
            (_width, _heads) = (width, heads);
            if (inputs == width)
            {
                in_proj_weight = Glorot(3 * width, width);
            }
            else
            {
                q_proj_weight = Glorot(width, width);
                k_proj_weight = Glorot(width, inputs);
                v_proj_weight = Glorot(width, inputs);
            }

            in_proj_bias = Initialize.Zeros(3 * width);
            out_proj = nn.Linear(width, width);
            using (no_grad()) out_proj.bias!.zero_();
            RegisterComponents();
        }

        /// <summary>From queries [Q, D], the same for all, and tokens [B, L, W] to [B, Q, D].</summary>
        public Tensor Attend(Tensor queries, Tensor tokens)
        {
            var batch = tokens.shape[0];
            var q = Split(Project(queries.unsqueeze(0), q_proj_weight, 0)).expand(batch, -1, -1, -1);
            var k = Split(Project(tokens, k_proj_weight, 1));
            var v = Split(Project(tokens, v_proj_weight, 2));
            var mixed = Autocast.Attention(q, k, v).transpose(1, 2).reshape(batch, queries.shape[0], _width);
            return Autocast.Linear(mixed, out_proj.weight, out_proj.bias!);
        }

        private Tensor Project(Tensor x, Parameter? weight, long third) => Autocast.Linear(
            x, weight ?? in_proj_weight!.narrow(0, third * _width, _width), in_proj_bias.narrow(0, third * _width, _width));

        private Tensor Split(Tensor x) => x.view(x.shape[0], x.shape[1], _heads, _width / _heads).transpose(1, 2);

        private static Parameter Glorot(long outputs, long inputs) =>
            Initialize.Uniform(Math.Sqrt(6.0 / (inputs + outputs)), outputs, inputs);
    }
}
