using System.Globalization;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>The devices that torch computes on, by the names that PyTorch's users give them.</summary>
internal static class TorchDevice
{
    /// <summary>The first NVIDIA GPU where there is one, else the CPU.</summary>
    public const string Auto = "auto";

    /// <summary>What may be given.</summary>
    public const string Names = "auto, cpu, cuda, cuda:N or mps";

    /// <summary>Whether work on it goes on while the program does: what is read from it is waited for.</summary>
    public static bool IsApart(Device device) => device.type != DeviceType.CPU;

    /// <summary>
    /// What products are computed in where a precision is asked for. On x86 processors without AVX-512, libtorch has nothing but a plain
    /// loop for bfloat16, which takes some twenty times as long as float32, and gives no more than that does: so it is float32.
    /// </summary>
    public static TrainingPrecision Offered(TrainingPrecision precision, Device device) =>
        precision == TrainingPrecision.Bf16 && !IsApart(device) && X86Base.IsSupported && !HasAvx512 ? TrainingPrecision.Fp32 : precision;

    /// <summary>What libtorch asks of a processor for its products in bfloat16.</summary>
    private static bool HasAvx512 => Avx512BW.VL.IsSupported && Avx512DQ.IsSupported;

    /// <summary>
    /// Whether NVIDIA's GPUs may round the factors of float32 products and convolutions, in the whole process; libtorch by itself lets them
    /// for convolutions.
    /// </summary>
    public static void AllowTf32(bool allowed) =>
        backends.cuda.matmul.allow_tf32 = backends.cudnn.allow_tf32 = allowed;

    /// <summary>Refuses what is no device's name, wherever it is run.</summary>
    /// <exception cref="ClipException">It is none.</exception>
    public static void Check(string name)
    {
        if (name is not (Auto or "cpu" or "cuda" or "mps") && Number(name) is null)
            throw new ClipException($"`Device` '{name}' is not known; give {Names}.");
    }

    /// <summary>The device of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="localRank">This process's number among those of its job on this machine, which take the GPUs in turn.</param>
    /// <exception cref="ClipException">There is no such device, or libtorch was built without it.</exception>
    public static Device Of(string name, int localRank = 0)
    {
        Check(name);
        switch (name)
        {
            case Auto when cuda_is_available():
                return Cuda(name, null, localRank);
            case Auto or "cpu":
                return CPU;
            case "mps":
                return mps_is_available() ? MPS : throw new ClipException("`Device` mps is Apple's GPU, which is not here; give cpu.");
            default:
                return Cuda(name, Number(name), localRank);
        }
    }

    private static Device Cuda(string name, int? number, int localRank)
    {
        if (!cuda_is_available())
            throw new ClipException(
                $"`Device` {name} needs an NVIDIA GPU with its driver, and libtorch built for it (the package TorchSharp-cuda-linux or "
                + "TorchSharp-cuda-windows in place of TorchSharp-cpu); give cpu, or see to these.");
        var count = cuda.device_count();
        var index = number ?? (localRank % count);
        return index < count
            ? device($"cuda:{index}")
            : throw new ClipException($"`Device` {name} is not here: the GPUs are numbered from 0 to {count - 1}; give one of these.");
    }

    private static int? Number(string name) =>
        name.StartsWith("cuda:", StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
