using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;
using Microsoft.ML.Clip.Inference;

namespace Microsoft.ML.Clip.Tests.Inference;

/// <summary>A graph that was made for one processor is not read on another.</summary>
public sealed class CpuIdentityTests
{
    [SkippableFact]
    public void AProcessorIsToldByArchitectureMakerAndFullName()
    {
        var told = Told();

        var identity = CpuIdentity.Text;

        Assert.StartsWith($"{RuntimeInformation.ProcessArchitecture} ", identity, StringComparison.Ordinal);
        var words = identity.Split(' ')[1..];
        Assert.All(words, word => Assert.Equal(8, word.Length));
        var bytes = words.SelectMany(word => BitConverter.GetBytes(uint.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
        var text = Encoding.Latin1.GetString([.. bytes]);
        // The maker's twelve letters are kept by thirds, the last before the middle.
        Assert.Equal(told["vendor_id"], text[..4] + text[8..12] + text[4..8]);
        Assert.EndsWith(told["model name"], text.TrimEnd('\0', ' '), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void AProcessorsProductsOfBytesAreKnown()
    {
        var flags = Told()["flags"].Split(' ');

        Assert.Equal(flags.Contains("avx512_vnni") || flags.Contains("avx_vnni"), CpuIdentity.HasVnni);
    }

    private static Dictionary<string, string> Told()
    {
        Skip.IfNot(X86Base.IsSupported && File.Exists("/proc/cpuinfo"), "Linux on x86 tells what the processor is called.");
        return File.ReadLines("/proc/cpuinfo").Select(line => line.Split(':', 2)).Where(pair => pair.Length == 2)
            .GroupBy(pair => pair[0].Trim()).ToDictionary(group => group.Key, group => group.First()[1].Trim());
    }
}
