using System.CommandLine;
using Clip.Cli.Commands;
using Clip.Conversion.Onnx.Format;
using Clip.Trainer.Tests.Onnx.Quantization;

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

    /// <summary>One hidden unit at 30,000, which is then ignored, leaves 8 bits nothing to tell the others apart by.</summary>
    [Fact]
    public async Task What_8_bits_change_much_is_said()
    {
        const string block = "visual.transformer.resblocks.0.mlp";
        using var harmed = new QuantizedFolder(change: weights =>
        {
            var bias = weights[$"{block}.c_fc.bias"].Data.ToArray();
            bias[7] = 300_000;
            weights[$"{block}.c_fc.bias"] = weights[$"{block}.c_fc.bias"] with { Data = bias };
            var rows = weights[$"{block}.c_proj.weight"].Data.ToArray();
            for (var i = 7; i < rows.Length; i += 512) rows[i] = 0;
            weights[$"{block}.c_proj.weight"] = weights[$"{block}.c_proj.weight"] with { Data = rows };
        });
        using var usual = new QuantizedFolder();

        var (_, _, warned) = await Command.RunApartAsync("quantize", "--model", harmed.Path, "--precision", "int8");
        using var temporary = new TempFolder();
        var environment = new Dictionary<string, string> { ["TMPDIR"] = temporary.Path, ["TMP"] = temporary.Path };
        var (_, _, silent) = await Command.RunWithAsync(environment, "quantize", "--model", usual.Path, "--precision", "int8");

        Assert.Equal(
            "clip: warning: onnx/vision_model_int8.onnx: 8 bits change this model's features much; give --calibration, or use fp16.",
            warned.Trim());
        Assert.Empty(silent);
        // Nor do the painted scenes stay.
        Assert.DoesNotContain(temporary.Entries, entry => entry.StartsWith("clip-quantize-", StringComparison.Ordinal));
    }

    /// <summary>Rows that come one after another are often of one kind; of twelve, four are the first, fourth, seventh and tenth.</summary>
    [Fact]
    public void Samples_are_spread_over_the_table()
    {
        using var folder = new QuantizedFolder();
        foreach (var row in folder.Rows.Where((_, i) => i % 3 != 0)) File.WriteAllText(row.Path, "no picture");

        Assert.Equal(0, Run(
            "--model", folder.Path, "--precision", "fp16", "--calibration", folder.Table, "--samples", "4", "--mean-cosine", "0.9"));
        Assert.ThrowsAny<Exception>(() => Run(
            "--model", folder.Path, "--precision", "fp16", "--calibration", folder.Table, "--samples", "5"));
    }

    /// <summary>However its path is spelled, and however many captions it has.</summary>
    [Fact]
    public void A_picture_is_one_sample()
    {
        using var folder = new QuantizedFolder();
        var (first, second, last) = (folder.Rows[0].Path, folder.Rows[1].Path, Path.Combine(folder.Path, "none.png"));
        string[] rows = [$"{first}\ta", $"{Spelled(first)}\tb", $"{Spelled(first)}\tc", $"{second}\td", $"{last}\te"];
        var table = Path.Combine(folder.Path, "samples.tsv");
        File.WriteAllText(table, $"filepath\ttitle\n{string.Join('\n', rows)}\n");

        // Of three pictures three are taken, of five rows not the last.
        var error = Assert.ThrowsAny<Exception>(() => Run("--model", folder.Path, "--calibration", table, "--samples", "3"));

        Assert.Contains("none.png", error.Message, StringComparison.Ordinal);

        static string Spelled(string path) => Path.Combine(Path.GetDirectoryName(path)!, ".", Path.GetFileName(path));
    }

    [Fact]
    public void Too_many_rows_that_cannot_be_used_are_an_error()
    {
        using var folder = new TempFolder();
        var table = folder.Write("samples.tsv", "filepath\ttitle\na.png\ta\nb.png\t\nc.png\tc\n");

        Refused.With(
            $"1 of 3 records of {table} cannot be used, more than 10 percent (", () => Run("--model", folder.Path, "--calibration", table));
    }

    [Theory]
    [InlineData(false, 127)]
    [InlineData(true, 63)]
    public void Weights_of_a_reduced_range_have_seven_bits(bool reduced, int most)
    {
        using var folder = new QuantizedFolder();

        Assert.Equal(0, Run(["--model", folder.Path, "--precision", "int8", .. reduced ? new[] { "--reduce-range" } : []]));

        foreach (var stem in new[] { "vision_model", "text_model", "model" })
        {
            var graph = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(folder.Path, "onnx", $"{stem}_int8.onnx"))).Graph;
            var matrices = graph.Initializer.Where(t => t.DataType == TensorProto.Types.DataType.Int8 && t.Dims.Count == 2).ToArray();
            Assert.NotEmpty(matrices);
            Assert.All(matrices, matrix => Assert.Equal(most, matrix.RawData.ToByteArray().Max(b => Math.Abs((int)(sbyte)b))));
        }
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
