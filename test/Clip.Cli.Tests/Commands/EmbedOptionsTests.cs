using System.CommandLine;
using Clip.Cli.Commands;
using Clip.Data.Embedding;
using Microsoft.ML.Clip;

namespace Clip.Cli.Tests.Commands;

/// <summary>What <c>clip embed</c> makes of its options; what else is seen of them is in <see cref="Options.OptionRows"/>.</summary>
public sealed class EmbedOptionsTests
{
    [Fact]
    public void EachSetsItsOwn()
    {
        var usual = Parse("");
        Assert.Equal(new EmbeddingOptions("out") { Reading = usual.Reading }, usual);
        Assert.Equal(usual with { BatchSize = 5 }, Parse("--batch-size 5"));
        Assert.Equal(usual with { ShardSize = 7 }, Parse("--records-per-file 7"));
        Assert.Equal(usual with { Normalize = false }, Parse("--no-normalize"));
        Assert.Equal(usual with { Format = EmbeddingFormat.Npy }, Parse("--format npy"));
        Assert.Equal(usual with { Decode = ImageDecoding.Scaled }, Parse("--decode scaled"));
        Assert.Equal(usual with { Reading = usual.Reading with { Workers = 3 } }, Parse("--workers 3"));
        Assert.Equal(usual with { Reading = usual.Reading with { MaxBadPercent = 9 } }, Parse("--max-bad 9"));
        Assert.Equal(usual with { Reading = usual.Reading with { ReadTimeout = TimeSpan.FromSeconds(8) } }, Parse("--read-timeout 8"));
    }

    /// <summary>Two that write into one folder would write over each other's files.</summary>
    [Fact]
    public void AnOutputThatAnotherWritesToIsRefused()
    {
        using var folder = new TempFolder();
        folder.Write("words.txt", "a cat\n");
        Directory.CreateDirectory(folder["out"]);
        using var other = new FileStream(folder["out/.lock"], FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);

        Refused.With($"Another run is writing to {folder["out"]}", () => EmbedCommand.Create()
            .Parse(["--model", folder.Path, "--texts", folder["words.txt"], "--output", folder["out"]])
            .Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
    }

    private static EmbeddingOptions Parse(string given)
    {
        var options = new EmbedOptions();
        var command = new System.CommandLine.Command("embed");
        foreach (var option in options.All) command.Options.Add(option);
        var parsed = command.Parse($"--output out {given}");
        Assert.Empty(parsed.Errors);
        return options.Parse(parsed);
    }
}
