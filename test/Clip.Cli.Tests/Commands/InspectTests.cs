using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Onnx;
using Clip.Conversion.Tokenizing;

namespace Clip.Cli.Tests.Commands;

public sealed class InspectTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_checkpoint_tells_what_it_is_and_what_it_lacks()
    {
        var file = Golden.Path("golden/rn/bf16.safetensors");
        var found = Inspection.Of(file).ToLookup(line => line.Heading, line => line.Text);

        Assert.Equal("checkpoint, safetensors, OpenAI's names", found["kind"].Single());
        Assert.StartsWith("image 64, ResNet 1-2-1-1, width 2, 1 heads; text 8 tokens", found["sizes"].Single(), StringComparison.Ordinal);
        // What torch counts as parameters: no running statistics.
        Assert.Equal("38,215", found["parameters"].Single());
        Assert.Equal("38,871 bfloat16, 22 int64", found["stored as"].Single());
        Assert.Equal(
            [
                "the text tower's heads: `TextHeads` or `Config`",
                "the activation: `Activation=QuickGelu`, `Activation=Gelu` or `Config`",
                "a tokenizer, so only the image side can be used: convert the checkpoint with its `Tokenizer`",
            ],
            found["missing"]);
    }

    [Fact]
    public void Heads_that_are_unknown_are_missing()
    {
        WriteWeights("m.safetensors");

        var missing = Inspection.Of(_folder["m.safetensors"]).Where(line => line.Heading == "missing").Select(line => line.Text);

        Assert.Contains("the vision tower's heads: `VisionHeads` or `Config`", missing);
        Assert.Contains("the text tower's heads: `TextHeads` or `Config`", missing);
    }

    [Fact]
    public void A_model_folder_lists_its_precisions()
    {
        var vocabulary = BpeTrainer.Train(["a dog"], 516);
        var config = RandomModel.Config.WithVocabulary(vocabulary.Size);
        OnnxPrecision[] precisions = [OnnxPrecision.Fp32, OnnxPrecision.Int8];
        RandomModel.WriteFolder(config, RandomModel.Weights(config), _folder["m"], folder => vocabulary.Save(folder), precisions);
        File.Delete(_folder["m/onnx/text_model.onnx"]);

        var found = Inspection.Of(_folder["m"]).ToLookup(line => line.Heading, line => line.Text);

        Assert.Equal("model folder", found["kind"].Single());
        Assert.Equal(2, found["fp32"].Count());
        Assert.Equal(3, found["int8"].Count());
        Assert.Equal($"{vocabulary.Size} entries", found["tokenizer"].Single());
        Assert.Empty(found["missing"]);
    }

    [Fact]
    public void A_folder_without_a_tower_or_its_weights_says_so()
    {
        // Wide enough for matrices that go into a file of their own.
        var config = RandomModel.Config with { Vision = (VisionTransformerConfig)RandomModel.Config.Vision with { MlpWidth = 100 } };
        ClipOnnxExporter.Export(config, RandomModel.Weights(config), _folder["onnx"], maxInlineBytes: 0);
        File.Delete(_folder["onnx/model.onnx"]);
        File.Delete(_folder["onnx/text_model.onnx"]);
        File.Delete(_folder["onnx/vision_model.onnx_data"]);

        var missing = Inspection.Of(_folder.Path).Where(line => line.Heading == "missing").Select(line => line.Text).ToArray();

        Assert.Contains("vision_model.onnx_data, the weights of vision_model.onnx", missing);
        Assert.Contains("onnx/text_model.onnx, the text tower: clip convert writes it", missing);
        Assert.Equal(3, missing.Length);
    }

    [Fact]
    public void A_graph_tells_its_tower_inputs_and_weights()
    {
        var weights = RandomModel.Weights(RandomModel.Config);
        ClipOnnxExporter.Export(RandomModel.Config, weights, _folder.Path, [OnnxPrecision.Fp32, OnnxPrecision.Fp16]);

        var vision = Inspection.Of(_folder["vision_model.onnx"]).ToLookup(line => line.Heading, line => line.Text);
        var half = Inspection.Of(_folder["text_model_fp16.onnx"]).ToLookup(line => line.Heading, line => line.Text);

        Assert.Equal("ONNX graph 'clip_vision_model', an image tower", vision["kind"].Single());
        Assert.Equal("pixel_values float32 [batch, 3, 8, 8]", vision["input"].Single());
        Assert.Equal("image_embeds float32 [batch, 6]", vision["output"].Single());
        Assert.EndsWith("a text tower", half["kind"].Single(), StringComparison.Ordinal);
        Assert.Contains("float16", half["values"].Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_nothing_of_the_kind_says_so()
    {
        File.WriteAllText(_folder["x.onnx"], "hello");
        Directory.CreateDirectory(_folder["empty"]);

        Refused.With("is not an ONNX file", () => Inspection.Of(_folder["x.onnx"]));
        Refused.With("neither weights nor ONNX graphs", () => Inspection.Of(_folder["empty"]));
        Refused.With("There is no", () => Inspection.Of(_folder["absent"]));
    }

    [Theory]
    [InlineData("virtex", "clip caption and clip evaluate, from its weights")]
    [InlineData("bow", "clip evaluate, from its weights")]
    public async Task A_model_of_another_objective_is_inspected_classified_with_and_not_quantized(string objective, string use)
    {
        using var run = new TinyRun();
        var folder = run.Folder["trained"];
        Assert.Equal(0, await Command.RunAsync(
            "train", "--train-data", run.Table, "--model", run.ConfigFile, "--tokenizer", run.Folder["tokenizer"], "--epochs", "1",
            "--batch-size", "4", "--objective", objective, "--output", folder));
        File.WriteAllText(_folder["labels.txt"], "red\ngreen\n");

        var found = Inspection.Of(folder).ToLookup(line => line.Heading, line => line.Text);
        var (exit, printed, _) = await Command.RunApartAsync(
            "classify", "--model", folder, "--labels", _folder["labels.txt"], run.Folder["0.png"], run.Folder["1.png"]);
        var (refused, _, error) = await Command.RunApartAsync("quantize", "--model", folder);

        Assert.Equal(use, found["used by"].Single());
        Assert.Empty(found["missing"]);
        Assert.Equal(0, exit);
        Assert.Equal(2, System.Text.RegularExpressions.Regex.Count(printed, "%  red"));
        foreach (var option in new[] { "--decode scaled", "--cache-optimized-graph" })
        {
            var (ofClip, _, unlike) = await Command.RunApartAsync(
                ["classify", "--model", folder, "--labels", _folder["labels.txt"], run.Folder["0.png"], .. option.Split(' ')]);
            Assert.Equal((1, $"clip: {option} is for CLIP's models; '{folder}' is none, leave it out."), (ofClip, unlike.Trim()));
        }

        Assert.Equal(1, refused);
        Assert.Contains($"holds a model of --objective {objective}, which has no text tower", error, StringComparison.Ordinal);
    }

    private void WriteWeights(string file) =>
        SafetensorsWriter.Write(_folder[file], RandomModel.Weights(RandomModel.Config));
}
