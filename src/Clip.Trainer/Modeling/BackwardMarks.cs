using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// Tells when backward is done with a block, so that its weights' gradients can be sent to other ranks while those of the blocks below are
/// computed. TorchSharp has no hooks on tensors; a function that does nothing on the way there tells on the way back.
/// </summary>
/// <remarks>
/// By then the block's gradients are complete: torch's engine takes, of what is ready, the node made last, and adds to gradients before
/// anything else; every node of the block was made after its mark.
/// </remarks>
internal static class BackwardMarks
{
    private static readonly AsyncLocal<Action<nn.Module>?> Listener = new();

    /// <summary>Marks blocks of forwards on this flow of control until the result is disposed.</summary>
    /// <param name="listener">Told of a block, by a thread of torch's; null makes the call do nothing.</param>
    public static IDisposable Use(Action<nn.Module>? listener)
    {
        var outer = Listener.Value;
        Listener.Value = listener ?? outer;
        return new Restore(outer);
    }

    /// <summary>A block's input, marked where someone listens.</summary>
    public static Tensor Before(nn.Module block, Tensor input) =>
        Listener.Value is { } listener && is_grad_enabled() && input.requires_grad ? Mark.apply(block, input, listener) : input;

    private sealed class Restore(Action<nn.Module>? outer) : IDisposable
    {
        public void Dispose() => Listener.Value = outer;
    }

    private sealed class Mark : autograd.SingleTensorFunction<Mark>
    {
        public override string Name => nameof(Mark);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            ctx.save_data("block", vars[0]);
            ctx.save_data("listener", vars[2]);
            using var unused = no_grad();
            return ((Tensor)vars[1]).alias();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            ((Action<nn.Module>)ctx.get_data("listener"))((nn.Module)ctx.get_data("block"));
            return [null!, grad_output.alias(), null!];
        }
    }
}
