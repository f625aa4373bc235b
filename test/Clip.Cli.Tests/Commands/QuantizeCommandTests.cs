using Clip.Trainer.Tests.Onnx.Quantization;
using System.CommandLine;
using Clip.Cli.Commands;

namespace Clip.Cli.Tests.Commands;

public sealed class QuantizeCommandTests
{
    [Fact]
    public void Painted_scenes_serve_where_there_is_no_calibration_table()
    {
        using var folder = new QuantizedFolder();

        Assert.Equal(0, Run("--model", folder.Path, "--precision", "int8"));

        Assert.Equal(3, folder.OnnxFiles.Count(f => f.EndsWith("_int8.onnx", StringComparison.Ordinal)));
        Assert.DoesNotContain(folder.OnnxFiles, f => f.Contains("fp16", StringComparison.Ordinal));
    }

    [Fact]
    public void A_calibration_table_is_used()
    {
        using var folder = new QuantizedFolder();

        Assert.Equal(0, Run("--model", folder.Path, "--calibration", folder.Table, "--samples", "5"));
        Refused.With(
            "has no column 'label'", () => Run("--model", folder.Path, "--calibration", folder.Table, "--csv-caption-key", "label"));

        Assert.Equal(9, folder.OnnxFiles.Length);
    }

    [Theory]
    [InlineData("--precision 'int4' is not known; give int8, fp16 or int8,fp16.", "--precision", "fp16,int4")]
    [InlineData("There is no data file 'nowhere.tsv'", "--calibration", "nowhere.tsv")]
    [InlineData("no model folder, for it has no config.json")]
    public void Mistakes_are_told_in_a_sentence(string message, params string[] arguments)
    {
        using var folder = new TempFolder();

        Refused.With(message, () => Run(["--model", folder.Path, .. arguments]));

        Assert.Empty(folder.Entries);
    }

    private static int Run(params string[] arguments) =>
        QuantizeCommand.Create().Parse(arguments).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
