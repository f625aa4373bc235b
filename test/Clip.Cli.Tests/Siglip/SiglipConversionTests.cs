using System.Text.Json.Nodes;
using Clip.Cli.Tests.Commands;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Trainer.Modeling;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Text.Repair;
using Microsoft.ML.OnnxRuntime;
using Xunit.Abstractions;
using static Clip.Testing.OnnxFile;

namespace Clip.Cli.Tests.Siglip;

public sealed class SiglipConversionTests(ITestOutputHelper output) : IDisposable
{
    private static readonly int[][] Texts = [[3, 4, 5, 1, 1], [7, 1, 1, 1, 1], [10, 9, 8, 7, 1]];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Features_are_those_of_plain_arithmetic(bool openClip)
    {
        var plain = new PlainSiglip(TinySiglip.Weights());
        var images = Images(3);

        await ConvertAsync(openClip);

        var imageFeatures = Run(_folder["out/onnx/vision_model.onnx"], ("pixel_values", images))["pooler_output"];
        var textFeatures = Run(_folder["out/onnx/text_model.onnx"], ("input_ids", Ids(Texts)))["pooler_output"];
        var expectedImages = Rows(Enumerable.Range(0, 3).Select(i => plain.Image(Items(images, i, i + 1).Data.ToArray())));
        var expectedTexts = Rows(Texts.Select(plain.Text));
        output.WriteLine($"images {MaxError(expectedImages, imageFeatures)}, texts {MaxError(expectedTexts, textFeatures)}");
        Assert.InRange(MaxError(expectedImages, imageFeatures), 0, 1e-5f);
        Assert.InRange(MaxError(expectedTexts, textFeatures), 0, 1e-5f);
    }

    [Fact]
    public async Task The_whole_model_gives_scaled_cosines_and_the_bias()
    {
        var weights = TinySiglip.Weights();
        var plain = new PlainSiglip(weights);
        var images = Images(2);

        await ConvertAsync(openClip: false);

        var all = Run(_folder["out/onnx/model.onnx"], ("input_ids", Ids(Texts)), ("pixel_values", images));
        var (scale, bias) = (Math.Exp(weights["logit_scale"].Data.Span[0]), weights["logit_bias"].Data.Span[0]);
        var expected = Rows(Enumerable.Range(0, 2).Select(i =>
            Texts.Select(text => scale * Cosine(plain.Image(Items(images, i, i + 1).Data.ToArray()), plain.Text(text)) + bias).ToArray()));
        Assert.InRange(MaxError(expected, all["logits_per_image"]), 0, 1e-5f);
        Assert.Equal([3, 2], all["logits_per_text"].Shape);
        Assert.Equal([2, TinySiglip.Width], all["image_embeds"].Shape);
    }

    [Fact]
    public async Task The_folder_is_Hugging_Faces()
    {
        await ConvertAsync(openClip: true);

        var config = JsonNode.Parse(File.ReadAllText(_folder["out/config.json"]))!;
        Assert.Equal("siglip", (string?)config["model_type"]);
        Assert.Equal("gelu_pytorch_tanh", (string?)config["vision_config"]!["hidden_act"]);
        Assert.Equal(1e-6, (double)config["text_config"]!["layer_norm_eps"]!);
        SameWeights.Assert(TinySiglip.Weights(), SafetensorsReader.Load(_folder["out/model.safetensors"]));
        var preprocessing = ClipImagePreprocessing.Load(_folder["out/preprocessor_config.json"]);
        Assert.Equal(
            (TinySiglip.Image, TinySiglip.Image, false),
            (preprocessing.ResizeHeight, preprocessing.ResizeWidth, preprocessing.DoCenterCrop));
        Assert.Equal([0.5f, 0.5f, 0.5f], preprocessing.Mean);
        using var text = new InferenceSession(_folder["out/onnx/text_model.onnx"]);
        Assert.Equal([-1, TinySiglip.Context], text.InputMetadata["input_ids"].Dimensions);
    }

    [Fact]
    public async Task Both_namings_round_trip()
    {
        WriteHuggingFace();
        SafetensorsWriter.Write(_folder["openclip.safetensors"], TinySiglip.OpenClipWeights());

        Assert.Equal(0, await Command.RunAsync("export-safetensors", _folder["hf"], "--output", _folder["a.safetensors"]));
        Assert.Equal(0, await Command.RunAsync(
            "export-safetensors", _folder["openclip.safetensors"], "--output", _folder["b.safetensors"], "--naming", "hf"));

        SameWeights.Assert(TinySiglip.OpenClipWeights(), SafetensorsReader.Load(_folder["a.safetensors"]));
        SameWeights.Assert(TinySiglip.Weights(), SafetensorsReader.Load(_folder["b.safetensors"]));
    }

    [Theory]
    [InlineData("fp16", 0.9999)]
    [InlineData("int8", 0.97)]
    public async Task Smaller_precisions_give_nearly_the_same(string precision, double cosine)
    {
        WriteHuggingFace();
        Assert.Equal(0, await Command.RunAsync("convert", _folder["hf"], "--output", _folder["out"], "--precision", $"fp32,{precision}"));
        var images = Images(4);

        var expected = Run(_folder["out/onnx/vision_model.onnx"], ("pixel_values", images))["pooler_output"];
        var actual = Run(_folder[$"out/onnx/vision_model_{precision}.onnx"], ("pixel_values", images))["pooler_output"];

        for (var i = 0; i < 4; i++)
        {
            var (e, a) = (Items(expected, i, i + 1).Data.ToArray(), Items(actual, i, i + 1).Data.ToArray());
            Assert.InRange(Cosine([.. e.Select(v => (double)v)], [.. a.Select(v => (double)v)]), cosine, 1.0001);
        }
    }

    [Fact]
    public async Task What_open_clip_does_to_texts_is_kept()
    {
        WriteHuggingFace();
        Directory.CreateDirectory(_folder["tok"]);
        File.WriteAllText(_folder["tok/tokenizer.json"], """{"model": {"type": "Unigram", "vocab": [["a", -1], ["b", -2]]}}""");
        File.WriteAllText(_folder["tok/tokenizer_config.json"], """{"model_max_length": 64}""");
        File.WriteAllText(
            _folder["tok/open_clip_config.json"], """{"model_cfg": {"text_cfg": {"tokenizer_kwargs": {"clean": "canonicalize"}}}}""");

        Assert.Equal(0, await Command.RunAsync("convert", _folder["hf"], "--tokenizer", _folder["tok"], "--output", _folder["out"]));

        Assert.Equal("canonicalize", OpenClipCleaning.Find(_folder["out"])?.Name);
        Assert.Contains("\"model_max_length\": 64", File.ReadAllText(_folder["out/tokenizer_config.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tokenizer_files_are_copied_as_they_are()
    {
        WriteHuggingFace();
        File.WriteAllText(_folder["hf/tokenizer.json"], """{"model": {"type": "Unigram", "vocab": [["a", -1], ["b", -2]]}}""");
        File.WriteAllText(_folder["hf/tokenizer_config.json"], "{}");
        File.WriteAllBytes(_folder["hf/spiece.model"], [1, 2, 3]);

        Assert.Equal(0, await Command.RunAsync("convert", _folder["hf"], "--output", _folder["out"]));

        Assert.Equal([1, 2, 3], File.ReadAllBytes(_folder["out/spiece.model"]));
        Assert.True(File.Exists(_folder["out/tokenizer.json"]) && File.Exists(_folder["out/tokenizer_config.json"]));
        var found = Inspection.Of(_folder["out"]).ToLookup(line => line.Heading, line => line.Text);
        Assert.Equal(("SigLIP", "2 entries"), (found["architecture"].Single(), found["tokenizer"].Single()));
        Assert.Empty(found["missing"]);
    }

    [Theory]
    [InlineData("""{"model": {"vocab": {"a": 11}}}""", "The tokenizer has 12 entries but the model only 11")]
    [InlineData("""{"model": {"vocab": [], "x": 1}, "added_tokens": [{"id": 4000}]}""", "The tokenizer has 4001 entries")]
    [InlineData("""{"model": {"vocab": "none"}}""", "tokenizer.json is not a tokenizer")]
    [InlineData("{", "tokenizer.json is not a tokenizer")]
    public void A_tokenizer_that_is_damaged_or_another_models_is_refused(string json, string message)
    {
        File.WriteAllText(_folder["tokenizer.json"], json);

        Refused.With(message, () => CopiedTokenizer.Open(_folder.Path).RequireFit(TinySiglip.Vocabulary));
    }

    [Fact]
    public async Task A_checkpoint_tells_what_it_is_and_heads_of_no_published_width_are_asked_for()
    {
        SafetensorsWriter.Write(_folder["m.safetensors"], TinySiglip.OpenClipWeights());

        var found = Inspection.Of(_folder["m.safetensors"]).ToLookup(line => line.Heading, line => line.Text);
        var (exit, _, error) = await Command.RunApartAsync("convert", _folder["m.safetensors"], "--output", _folder["out"]);

        Assert.Equal("SigLIP", found["architecture"].Single());
        Assert.Contains("the vision tower's heads: `VisionHeads` or `Config`", found["missing"]);
        Assert.Equal(1, exit);
        Assert.Contains(
            "no published SigLIP has a vision tower of width 8, so its heads are unknown; give --vision-heads",
            error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_SigLIP_is_no_module_of_the_public_API()
    {
        var config = ClipConfigJson.Parse(TinySiglip.Config.ToJsonString(), "tiny");

        Refused.With("is no module of its own", () => new Clip.Trainer.Modeling.ClipModel(config).Dispose());
    }

    private async Task ConvertAsync(bool openClip)
    {
        WriteHuggingFace();
        SafetensorsWriter.Write(_folder["m.safetensors"], TinySiglip.OpenClipWeights());
        string[] arguments = openClip ? [_folder["m.safetensors"], "--config", _folder["hf/config.json"]] : [_folder["hf"]];
        Assert.Equal(0, await Command.RunAsync(["convert", .. arguments, "--output", _folder["out"]]));
    }

    private void WriteHuggingFace()
    {
        Directory.CreateDirectory(_folder["hf"]);
        SafetensorsWriter.Write(_folder["hf/model.safetensors"], TinySiglip.Weights());
        File.WriteAllText(_folder["hf/config.json"], TinySiglip.Config.ToJsonString());
    }

    private static WeightTensor Images(int count) => RandomModel.Images(
        RandomModel.Config with { Vision = RandomModel.Vision with { ImageSize = TinySiglip.Image, PatchSize = 1 } }, count);

    private static WeightTensor Rows(IEnumerable<double[]> rows)
    {
        var all = rows.ToArray();
        return new WeightTensor([all.Length, all[0].Length], all.SelectMany(r => r.Select(v => (float)v)).ToArray());
    }

    private static double Cosine(double[] a, double[] b) =>
        a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(y => y * y));
}
