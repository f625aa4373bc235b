using System.Globalization;
using Clip.Conversion.Onnx;
using Clip.Conversion.Quantization;
using Clip.Trainer.Tests.Onnx.Quantization;

namespace Clip.Cli.Tests.Commands;

/// <summary>What <c>clip quantize</c> prints: what it compared on, each file's size and cost, and how often answers agree.</summary>
public sealed class QuantizeOutputTests
{
    [Fact]
    public async Task EachFileIsToldWithItsSizeAndCost()
    {
        using var folder = new QuantizedFolder();

        var lines = await PrintedCommands.LinesAsync(
            "quantize", "--model", folder.Path, "--precision", "int8,fp16", "--calibration", folder.Table, "--samples", "7",
            "--mean-cosine", "0.5");

        Assert.Contains($"compared with fp32 on 7 images and 7 texts ({folder.Table})", lines);
        foreach (var stem in new[] { "vision_model", "text_model", "model" })
        {
            foreach (var suffix in new[] { "int8", "fp16" })
            {
                var line = lines.Single(one => one.StartsWith($"onnx/{stem}_{suffix}.onnx ", StringComparison.Ordinal));
                var (file, fp32) = (Size($"{stem}_{suffix}.onnx"), Size($"{stem}.onnx"));
                var size = string.Create(CultureInfo.InvariantCulture, $"{file / 1e6,8:F1} MB   ");
                Assert.StartsWith($"{$"onnx/{stem}_{suffix}.onnx",-32} {size}", line, StringComparison.Ordinal);
                var share = System.Text.RegularExpressions.Regex.Match(line, @"(\d\.\d{3}) × fp32").Groups[1].Value;
                Assert.Equal(file / fp32, double.Parse(share, CultureInfo.InvariantCulture), 0.02);
                // The whole model is not run: its towers are.
                if (stem == "model") Assert.EndsWith("fp32", line, StringComparison.Ordinal);
                else Assert.Matches(@"   cosine mean [01]\.\d{5}, min -?[01]\.\d{5}$", line);
            }
        }

        foreach (var suffix in new[] { "int8", "fp16" })
            Assert.Contains(lines, line => System.Text.RegularExpressions.Regex.IsMatch(
                line, $@"^{suffix}: the nearest text is fp32's for \d+\.\d % of the images$"));
        Assert.Contains("fp16: the nearest text is fp32's for 100.0 % of the images", lines);

        double Size(string name) => new FileInfo(Path.Combine(folder.Path, "onnx", name)).Length;
    }

    /// <summary>The projections of an int8 file, on which all features depend; of an fp16 file none.</summary>
    [Fact]
    public async Task MatricesThatStayFloatAreNamedBehindTheirFile()
    {
        using var folder = new QuantizedFolder();

        var lines = await PrintedCommands.LinesAsync("quantize", "--model", folder.Path, "--precision", "int8,fp16");

        var files = ModelFolderQuantizer.Add(folder.Path, folder.Options).Files;
        Assert.All(files, file => Assert.Equal(file.Precision == OnnxPrecision.Int8, file.FloatWeights.Count > 0));
        Assert.Equal(
            files.SelectMany(file => file.FloatWeights.Count == 0
                ? new[] { file.Name }
                : [file.Name, $"  float: {string.Join(", ", file.FloatWeights)}"]),
            lines.Where(line => line.StartsWith("onnx/", StringComparison.Ordinal) || line.StartsWith("  ", StringComparison.Ordinal))
                .Select(line => line.StartsWith("onnx/", StringComparison.Ordinal) ? line.Split(' ')[0] : line));
    }

    [Fact]
    public async Task WithoutATableThatIsSaid()
    {
        using var folder = new QuantizedFolder();

        var lines = await PrintedCommands.LinesAsync("quantize", "--model", folder.Path, "--precision", "fp16, fp16");

        Assert.Contains(
            lines, line => line.StartsWith("compared with fp32 on 32 images and ", StringComparison.Ordinal)
                && line.EndsWith("(painted scenes; give --calibration for the model's own kind of images)", StringComparison.Ordinal));
        Assert.Equal(3, lines.Count(line => line.StartsWith("onnx/", StringComparison.Ordinal)));
    }
}
