using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using TorchSharp;

namespace Clip.Trainer.Modeling;

/// <summary>TorchSharp's native libraries, which the application brings.</summary>
internal static class NativeTorch
{
    private const string Library = "LibTorchSharp";

    /// <exception cref="ClipException">The application references none of the packages that bring them.</exception>
    public static void Require()
    {
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception e) when (e is NotSupportedException or DllNotFoundException or TypeInitializationException)
        {
            throw new ClipException(
                "libtorch is not among the application's files: add a reference to the package TorchSharp-cpu, or for NVIDIA GPUs to "
                + "TorchSharp-cuda-linux or TorchSharp-cuda-windows, to the application.",
                e);
        }
    }

    /// <summary>
    /// Linux systems older than TorchSharp's build refuse its library; the build mends the copy in the program's folder
    /// (build/TorchSharp.targets). Where it did not, as in a program outside of the repository that references this project, a mended copy
    /// lies in a folder of its own, and is taken once the first was refused.
    /// </summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "It must be done before the first use of TorchSharp, wherever that is.")]
    internal static void OfferMendedLibrary()
    {
        if (!OperatingSystem.IsLinux()) return;
        // TorchSharp's own assembly is not asked for its context, for that would load it where nothing is trained.
        var own = AssemblyLoadContext.GetLoadContext(typeof(NativeTorch).Assembly) ?? AssemblyLoadContext.Default;
        own.ResolvingUnmanagedDll += LoadMended;
        if (own != AssemblyLoadContext.Default) AssemblyLoadContext.Default.ResolvingUnmanagedDll += LoadMended;
    }

    private static nint LoadMended(Assembly assembly, string name)
    {
        var mended = Path.Combine(AppContext.BaseDirectory, "libtorch-older-linux", $"lib{Library}.so");
        if (name != Library || !File.Exists(mended)) return 0;
        // It looks for libtorch in its own folder, where it is not; what is loaded already it finds by name.
        var loaded = NativeLibrary.TryLoad("torch", assembly, searchPath: null, out _);
        return loaded && NativeLibrary.TryLoad(mended, out var handle) ? handle : 0;
    }
}
