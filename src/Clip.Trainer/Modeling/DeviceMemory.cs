using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>A GPU's memory, as NVIDIA's driver tells it; TorchSharp does not.</summary>
internal static partial class DeviceMemory
{
    /// <summary>Bytes in use and in all, of the GPU that this thread computes on.</summary>
    /// <param name="device">Where a model is.</param>
    /// <returns>Null where it is no NVIDIA GPU, or its driver does not say.</returns>
    public static (long Used, long Total)? Of(Device device)
    {
        if (device.type != DeviceType.CUDA) return null;
        try
        {
            return MemGetInfo(out var free, out var total) == 0 ? ((long)(total - free), (long)total) : null;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return null; // it is told in words where it is known
        }
    }

    /// <summary>The same for people; empty where it is not known.</summary>
    public static string Describe(Device device) => Of(device) is var (used, total)
        ? string.Create(CultureInfo.InvariantCulture, $"{used / 1e6:N0} MB of {total / 1e6:N0} MB on {device} in use, by all programs")
        : "";

    [LibraryImport("libcuda.so.1", EntryPoint = "cuMemGetInfo_v2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MemGetInfo(out nuint free, out nuint total);
}
