using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// Matrix products and convolutions in bfloat16 or float16 when asked for, everything else in float32: weights, norms, softmax and losses
/// keep full precision (a batch norm takes and gives the short type, and computes in float32 between). TorchSharp has no autocast, so the
/// modules come here for their products.
/// </summary>
public static class Autocast
{
    private static readonly AsyncLocal<TrainingPrecision> Current = new();

    /// <summary>What products on this flow of control run in.</summary>
    public static TrainingPrecision Precision => Current.Value;

    /// <summary>Sets what products run in, until the result is disposed.</summary>
    /// <param name="precision">With <see cref="TrainingPrecision.Fp32"/> the call does nothing, so that a setting can be passed in.</param>
    public static IDisposable Use(TrainingPrecision precision)
    {
        var outer = Current.Value;
        if (precision != TrainingPrecision.Fp32) Current.Value = precision;
        return new Restore(outer);
    }

    private static ScalarType? Short => Precision switch
    {
        TrainingPrecision.Bf16 => ScalarType.BFloat16,
        TrainingPrecision.Fp16 => ScalarType.Float16,
        _ => null,
    };

    /// <summary>A tensor as products take it at the moment.</summary>
    internal static Tensor Shortened(Tensor tensor) => Short is { } type ? tensor.to_type(type) : tensor;

    /// <summary>input · weightᵀ + bias, in the precision of the moment.</summary>
    internal static Tensor Linear(Tensor input, Tensor weight, Tensor bias) =>
        Short is { } type
            ? nn.functional.linear(input.to_type(type), weight.to_type(type), bias.to_type(type))
            : nn.functional.linear(input, weight, bias);

    /// <summary>input · weightᵀ, in the precision of the moment.</summary>
    internal static Tensor Product(Tensor input, Tensor weight) =>
        Short is { } type
            ? nn.functional.linear(input.to_type(type), weight.to_type(type))
            : nn.functional.linear(input, weight);

    /// <summary>A convolution without bias, in the precision of the moment.</summary>
    internal static Tensor Convolution(Tensor input, Tensor weight, long stride, long padding) =>
        Short is { } type
            ? nn.functional.conv2d(input.to_type(type), weight.to_type(type), strides: [stride, stride], padding: [padding, padding])
            : nn.functional.conv2d(input, weight, strides: [stride, stride], padding: [padding, padding]);

    /// <summary>The product of two, in the precision of the moment.</summary>
    internal static Tensor MatMul(Tensor left, Tensor right) =>
        Short is { } type ? left.to_type(type).matmul(right.to_type(type)) : left.matmul(right);

    /// <summary>A convolution, with bias where it has one, in the precision of the moment.</summary>
    internal static Tensor Convolution(Tensor input, Tensor weight, Tensor? bias, long stride, long padding, long groups)
    {
        if (Short is { } type) (input, weight, bias) = (input.to_type(type), weight.to_type(type), bias?.to_type(type));
        return nn.functional.conv2d(input, weight, bias, strides: [stride, stride], padding: [padding, padding], groups: groups);
    }

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
        if (Short is not { } type || query.device_type != DeviceType.CPU)
            return nn.functional.scaled_dot_product_attention(query, key, value, attn_mask: visible, is_casual: causal);

        using var scope = NewDisposeScope();
        using Scalar scale = 1 / Math.Sqrt(query.shape[^1]), hidden = float.NegativeInfinity;
        var scores = query.mul(scale).matmul(key.transpose(-1, -2));
        if (causal) visible = ones(scores.shape[^2], scores.shape[^1], ScalarType.Bool, scores.device).tril();
        if (visible is not null) scores = scores.masked_fill(visible.logical_not(), hidden);
        return scores.softmax(-1, ScalarType.Float32).to_type(type).matmul(value).MoveToOuterDisposeScope();
    }

    /// <summary>softmax(query · keyᵀ + added) · value of a query that is scaled already, in the precision of the moment.</summary>
    /// <param name="query">[…, M, D].</param>
    /// <param name="key">[…, L, D].</param>
    /// <param name="value">[…, L, D].</param>
    /// <param name="added">Broadcast to the scores […, M, L]; null for nothing.</param>
    /// <returns>[…, M, D].</returns>
    internal static Tensor ScaledAttention(Tensor query, Tensor key, Tensor value, Tensor? added)
    {
        using var scope = NewDisposeScope();
        if (Short is { } type) (query, key, value) = (query.to_type(type), key.to_type(type), value.to_type(type));
        if (Short is null || query.device_type != DeviceType.CPU)
        {
            // The kernel divides by √D.
            using Scalar scale = Math.Sqrt(query.shape[^1]);
            return nn.functional.scaled_dot_product_attention(query.mul(scale), key, value, attn_mask: added?.to_type(query.dtype))
                .MoveToOuterDisposeScope();
        }

        var scores = query.matmul(key.transpose(-1, -2));
        if (added is not null) scores = scores.Plus(added);
        return scores.softmax(-1, ScalarType.Float32).to_type(query.dtype).matmul(value).MoveToOuterDisposeScope();
    }

    private sealed class Restore(TrainingPrecision outer) : IDisposable
    {
        public void Dispose() => Current.Value = outer;
    }
}
