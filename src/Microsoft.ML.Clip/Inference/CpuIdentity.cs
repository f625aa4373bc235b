using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Clip.Inference;

/// <summary>What tells this processor from others, as far as ONNX Runtime chooses kernels and the layout of weights by it.</summary>
internal static class CpuIdentity
{
    private const int Extended = unchecked((int)0x80000000), Brand = unchecked((int)0x80000002);

    public static string Text { get; } = $"{RuntimeInformation.ProcessArchitecture} {(X86Base.IsSupported ? OfX86() : OfOthers())}";

    /// <summary>Whether this is an x86 processor that multiplies bytes and adds four products in 32 bits, by AVX-512 or by AVX.</summary>
    public static bool HasVnni { get; } = X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7
        && ((Avx512BW.VL.IsSupported && (X86Base.CpuId(7, 0).Ecx & 1 << 11) != 0)
            || (Avx2.IsSupported && X86Base.CpuId(7, 0).Eax >= 1 && (X86Base.CpuId(7, 1).Eax & 1 << 4) != 0));

    /// <summary>Name, family and features by the instruction CPUID; not its word with the number of the core that was asked.</summary>
    private static string OfX86()
    {
        var words = new List<int>();
        var (most, vendor1, vendor2, vendor3) = X86Base.CpuId(0, 0);
        words.AddRange([vendor1, vendor2, vendor3]);
        var (signature, _, features1, features2) = X86Base.CpuId(1, 0);
        words.AddRange([signature, features1, features2]);
        if (most >= 7)
        {
            var (leaves, features3, features4, features5) = X86Base.CpuId(7, 0);
            words.AddRange([features3, features4, features5]);
            if (leaves >= 1) words.Add(X86Base.CpuId(7, 1).Eax);
        }

        if ((uint)X86Base.CpuId(Extended, 0).Eax >= unchecked((uint)(Brand + 2)))
        {
            for (var leaf = 0; leaf < 3; leaf++)
            {
                var (a, b, c, d) = X86Base.CpuId(Brand + leaf, 0);
                words.AddRange([a, b, c, d]);
            }
        }

        return string.Join(' ', words.Select(word => word.ToString("x8", CultureInfo.InvariantCulture)));
    }

    /// <summary>Linux tells features and parts; Windows and macOS have a name and their own version.</summary>
    private static string OfOthers()
    {
        const string Told = "/proc/cpuinfo";
        string[] kinds = ["Features", "CPU implementer", "CPU part", "CPU variant"];
        if (File.Exists(Told))
        {
            var lines = File.ReadLines(Told).Where(line => kinds.Any(kind => line.StartsWith(kind, StringComparison.Ordinal)));
            return string.Join('|', lines.Distinct().Order(StringComparer.Ordinal));
        }

        return $"{Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")} {RuntimeInformation.OSDescription}";
    }
}
