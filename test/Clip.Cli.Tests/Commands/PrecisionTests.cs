using System.Runtime.Intrinsics.X86;

namespace Clip.Cli.Tests.Commands;

/// <summary><c>clip train --precision</c> on processors that have no arithmetic for it.</summary>
public sealed class PrecisionTests : TinyTraining
{
    /// <summary>What .NET takes for a processor without AVX-512.</summary>
    private static readonly Dictionary<string, string> Older = new() { ["DOTNET_EnableAVX512"] = "0", ["DOTNET_EnableAVX512F"] = "0" };

    [SkippableFact]
    public async Task Bfloat16_without_AVX_512_is_float32_and_said_to_be()
    {
        Skip.IfNot(X86Base.IsSupported, "The processor is not an x86.");

        var said = await Train("bf16");
        var unsaid = await Train("fp32");

        Assert.Contains("no AVX-512", said, StringComparison.Ordinal);
        Assert.Contains("products are computed in float32", said, StringComparison.Ordinal);
        Assert.DoesNotContain("AVX-512", unsaid, StringComparison.Ordinal);
        AssertSameFiles("fp32", "bf16", "model.safetensors");
    }

    private async Task<string> Train(string precision)
    {
        var (exit, printed, error) = await Command.RunWithAsync(
            Older,
            [
                .. Options(precision, epochs: 1), "--model", Run.ConfigFile, "--tokenizer", Run.Folder["tokenizer"],
                "--precision", precision,
            ]);
        Assert.True(exit == 0, error);
        return (printed + error).ReplaceLineEndings(" ");
    }
}
