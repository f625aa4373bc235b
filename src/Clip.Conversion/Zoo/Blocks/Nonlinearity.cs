using Clip.Conversion.Configs;

namespace Clip.Conversion.Zoo.Blocks;

/// <summary>What stands between two linear layers.</summary>
internal enum Nonlinearity
{
    /// <summary>x·Φ(x), with the exact error function.</summary>
    Gelu,

    /// <summary>x·σ(1.702·x).</summary>
    QuickGelu,

    /// <summary>GELU's tanh form.</summary>
    GeluTanh,

    /// <summary>x·σ(x).</summary>
    Silu,

    /// <summary>max(x, 0).</summary>
    Relu,
}

/// <summary>The same by the name that configs have.</summary>
internal static class Nonlinearities
{
    public static Nonlinearity Of(Activation activation) => activation switch
    {
        Activation.QuickGelu => Nonlinearity.QuickGelu,
        Activation.GeluTanh => Nonlinearity.GeluTanh,
        _ => Nonlinearity.Gelu,
    };

    /// <summary>Hugging Face's <c>hidden_act</c>.</summary>
    /// <exception cref="ClipException">It is another.</exception>
    public static Nonlinearity OfHuggingFace(string name, string source) => name switch
    {
        "gelu" => Nonlinearity.Gelu,
        "quick_gelu" => Nonlinearity.QuickGelu,
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => Nonlinearity.GeluTanh,
        "silu" or "swish" => Nonlinearity.Silu,
        "relu" => Nonlinearity.Relu,
        _ => throw new ClipException($"{source}: the activation '{name}' is not supported; gelu, quick_gelu, gelu_new, silu and relu are."),
    };
}
