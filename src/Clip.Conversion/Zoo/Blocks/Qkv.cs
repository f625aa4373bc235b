using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Zoo.Blocks;

/// <summary>Where a block keeps query, key and value: stacked in one tensor, or apart.</summary>
/// <param name="Weights">One name, or three; behind the block's.</param>
/// <param name="Biases">The same of the biases: none, one stacked, or three, null for one that is absent (then 0).</param>
internal sealed record Qkv(string[] Weights, string?[] Biases)
{
    /// <summary>open_clip's and PyTorch's.</summary>
    public static readonly Qkv InProjection = new(["attn.in_proj_weight"], ["attn.in_proj_bias"]);

    /// <summary>timm's.</summary>
    public static readonly Qkv Fused = new(["attn.qkv.weight"], ["attn.qkv.bias"]);

    /// <summary>timm's without bias.</summary>
    public static readonly Qkv FusedWithoutBias = new(["attn.qkv.weight"], []);

    /// <summary>EVA's: the bias of the key, which softmax cancels, is left out.</summary>
    public static readonly Qkv FusedWithoutKeyBias = new(["attn.qkv.weight"], ["attn.q_bias", null, "attn.v_bias"]);

    /// <summary>Three linear layers.</summary>
    public static Qkv Apart(string query, string key, string value, bool hasBias = true, bool hasKeyBias = true) => new(
        [$"{query}.weight", $"{key}.weight", $"{value}.weight"],
        hasBias ? [$"{query}.bias", hasKeyBias ? $"{key}.bias" : null, $"{value}.bias"] : []);

    /// <summary>The three weights, [inner, width] each, and their biases.</summary>
    public (WeightTensor Weight, WeightTensor? Bias)[] Take(Parameters parameters, string block, long width, long inner)
    {
        var weights = Weights.Length == 1
            ? Thirds(parameters.TakeLinear(block + Weights[0], 3 * inner, width), inner)
            : [.. Weights.Select(name => parameters.TakeLinear(block + name, inner, width))];
        var biases = Biases.Length == 1 ? Thirds(parameters.Take(block + Biases[0], 3 * inner), inner) : null;
        return
        [
            .. weights.Select((weight, i) => (weight, biases?[i] ?? (i < Biases.Length && Biases[i] is { } name
                ? parameters.Take(block + name, inner)
                : null))),
        ];
    }

    private static WeightTensor[] Thirds(WeightTensor stacked, long inner) =>
        [.. Enumerable.Range(0, 3).Select(third => TensorMath.Rows(stacked, third * inner, inner))];
}
