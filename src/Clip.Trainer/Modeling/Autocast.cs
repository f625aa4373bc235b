using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// Matrix products and convolutions in bfloat16 when asked for, everything else in float32: weights, norms, softmax and losses keep
/// full precision (a batch norm takes and gives bfloat16, and computes in float32 between). TorchSharp has no autocast, so the
/// modules come here for their products.
/// </summary>
public static class Autocast
{
    private static readonly AsyncLocal<bool> Enabled = new();

    /// <summary>Whether products on this flow of control run in bfloat16.</summary>
    public static bool IsEnabled => Enabled.Value;

    /// <summary>Turns bfloat16 products on until the result is disposed.</summary>
    /// <param name="enabled">False makes the call do nothing, so that a setting can be passed straight in.</param>
    public static IDisposable Bfloat16(bool enabled = true)
    {
        var outer = Enabled.Value;
        Enabled.Value = enabled || outer;
        return new Restore(outer);
    }

    /// <summary>input · weightᵀ + bias, in the precision of the moment.</summary>
    internal static Tensor Linear(Tensor input, Tensor weight, Tensor bias) =>
        IsEnabled
            ? nn.functional.linear(input.bfloat16(), weight.bfloat16(), bias.bfloat16())
            : nn.functional.linear(input, weight, bias);

    /// <summary>input · weightᵀ, in the precision of the moment.</summary>
    internal static Tensor Product(Tensor input, Tensor weight) =>
        IsEnabled ? nn.functional.linear(input.bfloat16(), weight.bfloat16()) : nn.functional.linear(input, weight);

    /// <summary>A convolution without bias, in the precision of the moment.</summary>
    internal static Tensor Convolution(Tensor input, Tensor weight, long stride, long padding) =>
        IsEnabled
            ? nn.functional.conv2d(input.bfloat16(), weight.bfloat16(), strides: [stride, stride], padding: [padding, padding])
            : nn.functional.conv2d(input, weight, strides: [stride, stride], padding: [padding, padding]);

    private sealed class Restore(bool outer) : IDisposable
    {
        public void Dispose() => Enabled.Value = outer;
    }
}
