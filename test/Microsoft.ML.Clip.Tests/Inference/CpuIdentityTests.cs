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

    /// <summary>Leaf 7 of real processors: what the maker put in, and what the system lets programs use.</summary>
    [Theory]
    [InlineData("Skylake-X, AVX-512 without VNNI", 7, 0, 0x00000008, 0, true, true, false)]
    [InlineData("Ice Lake, AVX-512 with VNNI", 7, 0, 0x00000800, 0, true, true, true)]
    [InlineData("Ice Lake where the system has no AVX-512", 7, 0, 0x00000800, 0, false, true, false)]
    [InlineData("Alder Lake, AVX-VNNI alone", 7, 1, 0x00000008, 0x00000010, false, true, true)]
    [InlineData("Alder Lake where the system has no AVX", 7, 1, 0x00000008, 0x00000010, false, false, false)]
    [InlineData("Granite Rapids, other kinds of AVX beside it", 0x20, 2, 0x00000008, 0x00000020, true, true, false)]
    [InlineData("Zen 5, both", 0x10, 1, 0x00000800, 0x00000010, true, true, true)]
    [InlineData("Haswell, whose subleaf 1 says nothing", 7, 0, 0, 0x00000010, false, true, false)]
    [InlineData("Nehalem, whose leaf 7 says nothing", 6, 1, 0x00000800, 0x00000010, true, true, false)]
    public void ProductsOfBytesAreThoseThatProgramsMayUse(
        string processor, int most, int subleaves, int ecx, int eax, bool avx512, bool avx2, bool expected)
    {
        var found = CpuIdentity.VnniOfX86(
            (leaf, subleaf) => (leaf, subleaf) switch
            {
                (0, 0) => (most, 0, 0, 0),
                (7, 0) => (subleaves, 0, ecx, 0),
                _ => (eax, 0, 0, 0),
            },
            avx512, avx2);

        Assert.True(found == expected, processor);
    }

    /// <summary>Any word of a processor's name, family and features makes it another; the number of the core does not.</summary>
    [Fact]
    public void ProcessorsThatDifferInAnyFeatureAreToldApart()
    {
        const uint Extended = 0x80000000;
        Dictionary<(uint Leaf, int Subleaf), int[]> modern = new()
        {
            [(0, 0)] = [7, 10, 11, 12],
            [(1, 0)] = [20, 21, 22, 23],
            [(7, 0)] = [1, 31, 32, 33],
            [(7, 1)] = [40, 41, 42, 43],
            [(Extended, 0)] = [unchecked((int)Extended) + 4, 0, 0, 0],
            [(Extended + 2, 0)] = [50, 51, 52, 53],
            [(Extended + 3, 0)] = [60, 61, 62, 63],
            [(Extended + 4, 0)] = [70, 71, 72, 73],
        };
        (uint, int, int)[] passedOver = [(0, 0, 0), (1, 0, 1), (7, 0, 0), (7, 1, 1), (7, 1, 2), (7, 1, 3)];
        var identity = Identity(modern);

        foreach (var ((leaf, subleaf), words) in modern.Where(pair => pair.Key.Leaf != Extended))
        {
            for (var word = 0; word < words.Length; word++)
            {
                // Leaves that a processor says it has, it keeps.
                words[word] += 1000;
                var same = passedOver.Contains((leaf, subleaf, word));
                Assert.True(same == (Identity(modern) == identity), $"word {word} of leaf {leaf:x}, {subleaf}");
                words[word] -= 1000;
            }
        }
    }

    /// <summary>What a processor answers for leaves that it does not have is another leaf's, and is not asked for.</summary>
    [Fact]
    public void OfAnOldProcessorOnlyWhatItHasIsAskedFor()
    {
        Dictionary<(uint Leaf, int Subleaf), int[]> old = new()
        {
            [(0, 0)] = [6, 10, 11, 12],
            [(1, 0)] = [20, 21, 22, 23],
            [(0x80000000, 0)] = [unchecked((int)0x80000003), 0, 0, 0],
        };
        Assert.Equal("0000000a 0000000b 0000000c 00000014 00000016 00000017", Identity(old));

        old[(0, 0)][0] = 7;
        old[(7, 0)] = [0, 31, 32, 33];
        Assert.Equal("0000000a 0000000b 0000000c 00000014 00000016 00000017 0000001f 00000020 00000021", Identity(old));
    }

    /// <summary>Arm's cores of two kinds, in whichever order the system lists them.</summary>
    [Fact]
    public void AnArmProcessorIsToldByThePartsAndFeaturesOfItsCores()
    {
        string[] little =
        [
            "processor\t: 0", "BogoMIPS\t: 50.00", "Features\t: fp asimd asimddp", "CPU implementer\t: 0x41", "CPU architecture: 8",
            "CPU variant\t: 0x1", "CPU part\t: 0xd05", "CPU revision\t: 0", "",
        ];
        string[] big = [.. little.Select(line => line.Replace("0xd05", "0xd0b", StringComparison.Ordinal))];
        const string Expected =
            "CPU implementer\t: 0x41|CPU part\t: 0xd05|CPU part\t: 0xd0b|CPU variant\t: 0x1|Features\t: fp asimd asimddp";

        Assert.Equal(Expected, CpuIdentity.OfCpuInfo([.. little, .. big]));
        Assert.Equal(Expected, CpuIdentity.OfCpuInfo([.. big, .. little, .. big]));
    }

    private static string Identity(Dictionary<(uint Leaf, int Subleaf), int[]> leaves) => CpuIdentity.OfX86((leaf, subleaf) =>
        leaves[((uint)leaf, subleaf)] is [var eax, var ebx, var ecx, var edx] ? (eax, ebx, ecx, edx) : throw new InvalidDataException());

    private static Dictionary<string, string> Told()
    {
        Skip.IfNot(X86Base.IsSupported && File.Exists("/proc/cpuinfo"), "Linux on x86 tells what the processor is called.");
        return File.ReadLines("/proc/cpuinfo").Select(line => line.Split(':', 2)).Where(pair => pair.Length == 2)
            .GroupBy(pair => pair[0].Trim()).ToDictionary(group => group.Key, group => group.First()[1].Trim());
    }
}
