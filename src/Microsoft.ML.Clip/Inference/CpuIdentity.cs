using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Clip.Inference;

/// <summary>What tells this processor from others, as far as ONNX Runtime chooses kernels and the layout of weights by it.</summary>
internal static class CpuIdentity
{
    private const int Extended = unchecked((int)0x80000000), Brand = unchecked((int)0x80000002);

    public static string Text { get; } =
        $"{RuntimeInformation.ProcessArchitecture} {(X86Base.IsSupported ? OfX86(X86Base.CpuId) : OfOthers())}";

    /// <summary>Whether this is an x86 processor that multiplies bytes and adds four products in 32 bits, by AVX-512 or by AVX.</summary>
    public static bool HasVnni { get; } =
        X86Base.IsSupported && VnniOfX86(X86Base.CpuId, Avx512BW.VL.IsSupported, Avx2.IsSupported);

    /// <summary>
    /// VNNI of what the system lets programs use: AVX512_VNNI is bit 11 of ECX of leaf 7, AVX-VNNI bit 4 of EAX of its subleaf 1 (Intel's
    /// Software Developer's Manual, volume 2, CPUID).
    /// </summary>
    internal static bool VnniOfX86(CpuId cpuId, bool avx512, bool avx2)
    {
        if (cpuId(0, 0).Eax < 7) return false;
        var (subleaves, _, features, _) = cpuId(7, 0);
        return (avx512 && (features & 1 << 11) != 0) || (avx2 && subleaves >= 1 && (cpuId(7, 1).Eax & 1 << 4) != 0);
    }

    /// <summary>Name, family and features by the instruction CPUID; not its word with the number of the core that was asked.</summary>
    internal static string OfX86(CpuId cpuId)
    {
        var words = new List<int>();
        var (most, vendor1, vendor2, vendor3) = cpuId(0, 0);
        words.AddRange([vendor1, vendor2, vendor3]);
        var (signature, _, features1, features2) = cpuId(1, 0);
        words.AddRange([signature, features1, features2]);
        if (most >= 7)
        {
            var (leaves, features3, features4, features5) = cpuId(7, 0);
            words.AddRange([features3, features4, features5]);
            if (leaves >= 1) words.Add(cpuId(7, 1).Eax);
        }

        if ((uint)cpuId(Extended, 0).Eax >= unchecked((uint)(Brand + 2)))
        {
            for (var leaf = 0; leaf < 3; leaf++)
            {
                var (a, b, c, d) = cpuId(Brand + leaf, 0);
                words.AddRange([a, b, c, d]);
            }
        }

        return string.Join(' ', words.Select(word => word.ToString("x8", CultureInfo.InvariantCulture)));
    }

    /// <summary>Linux tells features and parts; Windows and macOS have a name and their own version.</summary>
    private static string OfOthers()
    {
        const string Told = "/proc/cpuinfo";
        return File.Exists(Told)
            ? OfCpuInfo(File.ReadLines(Told))
            : $"{Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")} {RuntimeInformation.OSDescription}";
    }

    /// <summary>The features and parts of all kinds of core, in one order whichever runs first.</summary>
    internal static string OfCpuInfo(IEnumerable<string> told)
    {
        string[] kinds = ["Features", "CPU implementer", "CPU part", "CPU variant"];
        var lines = told.Where(line => kinds.Any(kind => line.StartsWith(kind, StringComparison.Ordinal)));
        return string.Join('|', lines.Distinct().Order(StringComparer.Ordinal));
    }
}

/// <summary>The instruction CPUID, by leaf and subleaf.</summary>
internal delegate (int Eax, int Ebx, int Ecx, int Edx) CpuId(int leaf, int subleaf);
