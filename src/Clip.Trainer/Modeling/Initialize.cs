using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>The starting values of CLIP's parameters; drawn from torch's global generator.</summary>
internal static class Initialize
{
    public static Parameter Normal(double std, params long[] shape)
    {
        using var unscaled = randn(shape);
        using Scalar scale = std;
        return new Parameter(unscaled.mul(scale));
    }

    public static Parameter Uniform(double bound, params long[] shape)
    {
        var values = new Parameter(empty(shape));
        using var unused = no_grad();
        values.uniform_(-bound, bound);
        return values;
    }

    public static Parameter Zeros(params long[] shape) => new(zeros(shape));

    /// <summary>A table of embeddings of N(0, <paramref name="std"/>²).</summary>
    public static Embedding Embedding(long rows, long width, double std, bool sparse = false)
    {
        var table = nn.Embedding(rows, width, sparse: sparse);
        // Wrapped anew at each look; unheld, its finalizer may free it while native code draws: see TensorOps.
        using var weight = table.weight!;
        using var unused = no_grad();
        weight.normal_(0, std);
        return table;
    }

    /// <summary>A linear layer with weights of N(0, <paramref name="std"/>²) and a zero bias.</summary>
    public static Linear Linear(long inputs, long outputs, double std)
    {
        var layer = nn.Linear(inputs, outputs);
        using var unused = no_grad();
        layer.weight.normal_(0, std);
        layer.bias!.zero_();
        return layer;
    }
}
