using Clip.Trainer.Modeling;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>A parameter's gradient as backward left it: of the parameter's shape, or, of an embedding, some of its rows.</summary>
/// <param name="Values">[rows, width] of a matrix whose other rows have none, else of the parameter's shape.</param>
/// <param name="Rows">The numbers of those rows, none twice; null where all are there.</param>
internal sealed record Gradient(Tensor Values, Tensor? Rows)
{
    /// <summary>A parameter's gradient, in the dispose scope of the moment; null where it has none.</summary>
    public static Gradient? Of(Parameter parameter)
    {
        if (parameter.grad is not { } gradient) return null;
        if (!gradient.is_sparse) return new Gradient(gradient.contiguous(), null);
        // A row for each time the batch uses it: summed here.
        var (rows, places, _) = gradient.SparseIndices[0].unique(return_inverse: true);
        var values = gradient.SparseValues;
        using Scalar one = 1;
        return new Gradient(zeros(rows.shape[0], values.shape[1], values.dtype, values.device).index_add_(0, places!, values, one), rows);
    }

    /// <summary>The sum of the squares of all its numbers.</summary>
    public double SumOfSquares() => AdamWKernel.Takes(Values)
        ? AdamWKernel.SumOfSquares(Values)
        : Values.Squared().sum(ScalarType.Float64).cpu().item<double>();

    /// <summary>Moves a parameter and its moments by one step of AdamW.</summary>
    public void Update(Parameter parameter, Tensor mean, Tensor square, AdamWFactors f)
    {
        if (!AdamWKernel.Takes(parameter)) Torch(parameter, mean, square, f);
        else if (Rows is null) AdamWKernel.Update(parameter, mean, square, Values, f);
        else AdamWKernel.UpdateRows(parameter, mean, square, Rows, Values, f);
    }

    /// <summary>The same by torch's kernels, for other devices and types.</summary>
    private void Torch(Parameter parameter, Tensor mean, Tensor square, AdamWFactors f)
    {
        // TensorOps by name, as every scalar must be: see TensorOps.
        using Scalar scale = f.GradientScale, keep = f.Keep, beta2 = f.Beta2, towardsSquare = f.TowardsSquare,
            root = f.Root, epsilon = f.Epsilon, step = f.Step, one = 1f;
        var gradient = (Rows is null ? Values : zeros_like(parameter).index_copy_(0, Rows, Values)).mul(scale);
        using Tensor towardsMean = f.TowardsMean;
        mean.lerp_(gradient, towardsMean);
        square.mul_(beta2).addcmul_(gradient, gradient, towardsSquare);
        parameter.mul_(keep).addcdiv_(mean, square.sqrt().div_(root).add_(epsilon, one), step);
    }
}
