using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// Gradient checkpointing (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): a block keeps its input only, and runs once
/// more on the way back. TorchSharp has no checkpoint(), so the transformer comes here for its blocks.
/// </summary>
/// <remarks>The blocks must give the same result both times: nothing random, no batch norm.</remarks>
internal static class GradCheckpointing
{
    private static readonly AsyncLocal<bool> Enabled = new();

    /// <summary>Turns checkpointing on for forwards on this flow of control until the result is disposed.</summary>
    /// <param name="enabled">False makes the call do nothing, so that a setting can be passed straight in.</param>
    public static IDisposable Use(bool enabled = true)
    {
        var outer = Enabled.Value;
        Enabled.Value = enabled || outer;
        return new Restore(outer);
    }

    /// <summary>Runs a block, with its activations kept or not.</summary>
    public static Tensor Forward(nn.Module<Tensor, Tensor> block, Tensor input) =>
        // Where nothing flows back to the input, there is no graph to hang the second run on.
        Enabled.Value && is_grad_enabled() && input.requires_grad
            ? SecondRun.apply(block, input, Autocast.Precision)
            : block.forward(input);

    private sealed class Restore(bool outer) : IDisposable
    {
        public void Dispose() => Enabled.Value = outer;
    }

    private sealed class SecondRun : autograd.SingleTensorFunction<SecondRun>
    {
        public override string Name => nameof(SecondRun);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (block, input) = ((nn.Module<Tensor, Tensor>)vars[0], (Tensor)vars[1]);
            ctx.save_data("block", block);
            ctx.save_data("precision", vars[2]);
            ctx.save_for_backward([input]);
            using var unused = no_grad();
            return block.forward(input);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var block = (nn.Module<Tensor, Tensor>)ctx.get_data("block");
            using var precision = Autocast.Use((TrainingPrecision)ctx.get_data("precision"));
            using var graph = enable_grad();
            var input = ctx.get_saved_variables()[0].detach().requires_grad_(true);
            block.forward(input).backward([grad_output]); // the weights' gradients are added where they belong
            return [null!, input.grad!.MoveToOuterDisposeScope(), null!];
        }
    }
}
