using System.Numerics.Tensors;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Quantization;
using Clip.Conversion.Quantization;
using Microsoft.ML.Clip;

namespace Clip.Trainer.Tests.Onnx.Quantization;

public sealed class ModelFolderQuantizerTests
{
    private static readonly string[] Fp32Files = ["model.onnx", "text_model.onnx", "vision_model.onnx"];

    [Fact]
    public void A_model_folder_gains_files_of_other_precisions()
    {
        using var folder = new QuantizedFolder();

        var report = ModelFolderQuantizer.Add(folder.Path, folder.Options);

        Assert.Equal(
            [
                "model.onnx", "model_fp16.onnx", "model_int8.onnx", "text_model.onnx", "text_model_fp16.onnx", "text_model_int8.onnx",
                "vision_model.onnx", "vision_model_fp16.onnx", "vision_model_int8.onnx",
            ],
            folder.OnnxFiles);
        Assert.Equal(["onnx"], folder.Folders);
        foreach (var file in report.Files)
        {
            Assert.Equal(new FileInfo(Path.Combine(folder.Path, file.Name)).Length, file.Bytes);
            Assert.InRange((double)file.Bytes / file.Fp32Bytes, 0.2, file.Precision == OnnxPrecision.Int8 ? 0.3 : 0.53);
        }

        var int8 = Assert.Single(report.Files, f => f.Name == "onnx/vision_model_int8.onnx");
        Assert.Equal(["visual.proj"], int8.FloatWeights);
        Assert.InRange(int8.Cosine!.Min, 0.99, int8.Cosine.Mean);
        Assert.InRange(Assert.Single(report.Files, f => f.Name == "onnx/text_model_fp16.onnx").Cosine!.Min, 0.99999, 1.00001);
        Assert.Null(Assert.Single(report.Files, f => f.Name == "onnx/model_int8.onnx").Cosine);
        Assert.Equal(1, report.Agreement[OnnxPrecision.Fp16]);
    }

    [Fact]
    public void A_weight_that_is_no_number_is_named_and_nothing_is_written()
    {
        using var folder = new QuantizedFolder();
        var path = Path.Combine(folder.Path, "model.safetensors");
        var weights = CheckpointFile.LoadAsNamed(path);
        var name = weights.Keys.Single(n => n.EndsWith("text_projection.weight", StringComparison.Ordinal));
        var values = weights[name].Data.ToArray();
        values[5] = float.NaN;
        weights[name] = weights[name] with { Data = values };
        SafetensorsWriter.Write(path, weights);

        Refused.With("text_projection", () => ModelFolderQuantizer.Add(folder.Path, folder.Options));

        Assert.Equal(Fp32Files, folder.OnnxFiles);
        Assert.Equal(["onnx"], folder.Folders);
    }

    [Theory]
    [InlineData(ClipPrecision.Int8, "_int8")]
    [InlineData(ClipPrecision.Fp16, "_fp16")]
    [InlineData(ClipPrecision.Auto, "_int8")]
    [InlineData(ClipPrecision.Auto, "_fp16")]
    public void Microsoft_ML_Clip_opens_them(ClipPrecision precision, string suffix)
    {
        using var folder = new QuantizedFolder();
        ModelFolderQuantizer.Add(folder.Path, folder.Options);
        using var fp32 = ClipModel.Open(folder.Path);
        var (image, text) = (fp32.EmbedImage(folder.Rows[3].Path), fp32.EmbedText("a blue wall"));
        foreach (var other in folder.OnnxFiles.Where(f => !f.Contains(suffix, StringComparison.Ordinal)))
            File.Delete(Path.Combine(folder.Path, "onnx", other));

        using var model = ClipModel.Open(folder.Path, new ClipModelOptions { Precision = precision });

        Assert.InRange(TensorPrimitives.Dot<float>(image, model.EmbedImage(folder.Rows[3].Path)), 0.99f, 1.0001f);
        Assert.InRange(TensorPrimitives.Dot<float>(text, model.EmbedText("a blue wall")), 0.99f, 1.0001f);
    }

    [Fact]
    public void Calibration_leaves_the_weight_that_int8_hurts_in_float()
    {
        // One hidden unit is always at 30 000 and is then ignored; between 0 and that, 8 bits tell nothing of the others apart.
        const string block = "visual.transformer.resblocks.0.mlp";
        using var folder = new QuantizedFolder(change: weights =>
        {
            var bias = weights[$"{block}.c_fc.bias"].Data.ToArray();
            bias[7] = 30_000;
            weights[$"{block}.c_fc.bias"] = weights[$"{block}.c_fc.bias"] with { Data = bias };
            var rows = weights[$"{block}.c_proj.weight"].Data.ToArray();
            for (var i = 7; i < rows.Length; i += 512) rows[i] = 0;
            weights[$"{block}.c_proj.weight"] = weights[$"{block}.c_proj.weight"] with { Data = rows };
        });
        var options = folder.Options with { Precisions = [OnnxPrecision.Int8] };
        var progress = new List<string>();

        var before = Vision(ModelFolderQuantizer.Add(folder.Path, options));
        var after = Vision(ModelFolderQuantizer.Add(folder.Path, options with { MeanCosine = 0.999 }, progress.Add));

        Assert.InRange(before.Cosine!.Mean, -1, 0.998);
        Assert.InRange(after.Cosine!.Mean, 0.999, 1.0001);
        Assert.Equal([$"{block}.c_proj.weight", "visual.proj"], after.FloatWeights);
        Assert.StartsWith("vision_model: the mean cosine is ", Assert.Single(progress), StringComparison.Ordinal);

        static QuantizedFile Vision(QuantizationReport report) => Assert.Single(report.Files, f => f.Name == "onnx/vision_model_int8.onnx");
    }

    [Fact]
    public void Without_a_tokenizer_texts_are_not_compared()
    {
        using var folder = new QuantizedFolder(tokenizer: false);
        var progress = new List<string>();

        var report = ModelFolderQuantizer.Add(folder.Path, folder.Options with { Precisions = [OnnxPrecision.Int8] }, progress.Add);

        Assert.Contains("has no tokenizer", Assert.Single(progress), StringComparison.Ordinal);
        Assert.Equal([false, true, false], report.Files.Select(f => f.Cosine is not null));
        Assert.Empty(report.Agreement);
        Assert.Contains("text_model_int8.onnx", folder.OnnxFiles);
    }

    [Fact]
    public void A_failure_leaves_the_folder_as_it_was()
    {
        using var folder = new QuantizedFolder();
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        Assert.Throws<FileNotFoundException>(
            () => ModelFolderQuantizer.Add(folder.Path, folder.Options with { ImagePaths = ["nowhere.png"] }));
        Assert.Throws<OperationCanceledException>(() => ModelFolderQuantizer.Add(folder.Path, folder.Options, null, cancelled.Token));
        Refused.With("no samples", () => ModelFolderQuantizer.Add(folder.Path, folder.Options with { Texts = [] }));
        File.Delete(Path.Combine(folder.Path, "model.safetensors"));
        Refused.With("has no weights", () => ModelFolderQuantizer.Add(folder.Path, folder.Options));
        File.Delete(Path.Combine(folder.Path, "config.json"));
        Refused.With("is no model folder, for it has no config.json", () => ModelFolderQuantizer.Add(folder.Path, folder.Options));

        Assert.Equal(Fp32Files, folder.OnnxFiles);
        Assert.Equal(["onnx"], folder.Folders);
    }
}
