using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Objectives;

/// <summary>Holds gradients against differences of the function itself, in double precision.</summary>
internal static class Gradients
{
    public static void AssertMatchDifferences(Func<Tensor, Tensor> loss, Tensor at)
    {
        const double step = 1e-5;
        using var scope = NewDisposeScope();
        var x = at.detach().clone().requires_grad_();
        loss(x).backward();
        var gradient = x.grad!.data<double>().ToArray();
        var values = at.data<double>().ToArray();
        for (var i = 0; i < values.Length; i++)
        {
            var slope = (At(i, step) - At(i, -step)) / (2 * step);
            Assert.InRange(gradient[i] - slope, -1e-7, 1e-7);
        }

        double At(int index, double change)
        {
            var moved = values.ToArray();
            moved[index] += change;
            return loss(tensor(moved, at.shape)).item<double>();
        }
    }
}
