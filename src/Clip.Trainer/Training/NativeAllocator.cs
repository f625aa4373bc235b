using System.Runtime.InteropServices;

namespace Clip.Trainer.Training;

/// <summary>How the C library gives torch its memory.</summary>
internal static unsafe class NativeAllocator
{
    private const int TrimThreshold = -1, MmapThreshold = -3, ArenaMax = -8; // of glibc's malloc.h
    private const int LargestMmapThreshold = 32 << 20;

    /// <summary>
    /// Lets glibc keep what is freed. A training step frees its activations and the next one needs as much again; by default the memory
    /// goes back to the system in between and each page is cleared anew, some hundredths of a step's time. One arena only, since kept
    /// memory of many would add up as steps wander over threads. Other C libraries are left alone. It holds for the process, so it is for
    /// programs to call.
    /// </summary>
    public static void KeepFreedMemory()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libc.so.6", out var library)) return;
        if (!NativeLibrary.TryGetExport(library, "mallopt", out var address)) return;
        var mallopt = (delegate* unmanaged[Cdecl]<int, int, int>)address;
        mallopt(ArenaMax, 1);
        mallopt(TrimThreshold, int.MaxValue);
        mallopt(MmapThreshold, LargestMmapThreshold);
    }
}
