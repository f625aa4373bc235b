using System.Runtime.InteropServices;
using Clip.Data.Distributed;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// The sum of a float32 tensor over all ranks, with its gradient: where the loss is the sum of what the ranks have of it, each rank's
/// gradient is the sum of all ranks' too.
/// </summary>
internal static class RankSum
{
    /// <summary>Sums; all ranks call it with the same shape, in the same order.</summary>
    public static Tensor Of(Tensor values, Ranks ranks) =>
        is_grad_enabled() && values.requires_grad ? Function.apply(values, ranks) : Sum(values, ranks);

    /// <summary>A summed copy, without a graph.</summary>
    public static Tensor Sum(Tensor values, Ranks ranks)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        var host = values.detach().cpu().contiguous().clone();
        ranks.BeginSum(Address(host), host.numel(), SumPrecision.Float32).Wait();
        return host.to(values.device).MoveToOuterDisposeScope();
    }

    /// <summary>Where a contiguous tensor on the CPU lies.</summary>
    public static unsafe nint Address(Tensor host) => (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(
        ref MemoryMarshal.GetReference(host.bytes));

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(RankSum);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            ctx.save_data("ranks", vars[1]);
            return Sum((Tensor)vars[0], (Ranks)vars[1]);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
            [Sum(grad_output, (Ranks)ctx.get_data("ranks")), null!];
    }
}
