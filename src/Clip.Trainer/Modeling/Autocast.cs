using TorchSharp;
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

    /// <summary>softmax(query · keyᵀ / √D) · value, in the precision of the moment; softmax is computed in float32.</summary>
    /// <param name="query">[B, H, M, D].</param>
    /// <param name="key">[B, H, L, D].</param>
    /// <param name="value">[B, H, L, D].</param>
    /// <param name="visible">True where a query may see a key, broadcast to [B, H, M, L]; null where it may see all.</param>
    /// <param name="causal">Whether a query sees only keys up to its own place; not together with <paramref name="visible"/>.</param>
    /// <returns>[B, H, M, D].</returns>
    internal static Tensor Attention(Tensor query, Tensor key, Tensor value, Tensor? visible = null, bool causal = false)
    {
        // torch's own kernel is slow at bfloat16 on a CPU: backward takes seven times as long as by products.
        if (!IsEnabled || query.device_type != DeviceType.CPU)
            return nn.functional.scaled_dot_product_attention(query, key, value, attn_mask: visible, is_casual: causal);

        using var scope = NewDisposeScope();
        using Scalar scale = 1 / Math.Sqrt(query.shape[^1]), hidden = float.NegativeInfinity;
        var scores = query.mul(scale).matmul(key.transpose(-1, -2));
        if (causal) visible = ones(scores.shape[^2], scores.shape[^1], ScalarType.Bool).tril();
        if (visible is not null) scores = scores.masked_fill(visible.logical_not(), hidden);
        return scores.softmax(-1, ScalarType.Float32).bfloat16().matmul(value).MoveToOuterDisposeScope();
    }

    private sealed class Restore(bool outer) : IDisposable
    {
        public void Dispose() => Enabled.Value = outer;
    }
}
