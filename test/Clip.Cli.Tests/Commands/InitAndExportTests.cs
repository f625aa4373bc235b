using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Tokenizing;
using Clip.Trainer.Modeling;

namespace Clip.Cli.Tests.Commands;

public sealed class InitAndExportTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Init_writes_a_folder_that_works()
    {
        var vocabulary = BpeTrainer.Train(["a photo of a dog"], 520);
        vocabulary.Save(_folder["tokenizer"]);
        _folder.Write("tiny.json", TinyRun.Config);

        foreach (var name in new[] { "one", "two" })
        {
            Assert.Equal(0, await Command.RunAsync(
                "init", "--model", _folder["tiny.json"], "--output", _folder[name], "--seed", "3", "--tokenizer", _folder["tokenizer"]));
        }


        Assert.Equal(vocabulary.Size, ClipConfigJson.Load(_folder["one"]).Text.VocabSize);
        SameWeights.Assert(CheckpointFile.Load(_folder["one"]), CheckpointFile.Load(_folder["two"]));
        using var model = Microsoft.ML.Clip.ClipModel.Open(_folder["one"]);
        Assert.Equal(16, model.EmbedImage(Pictures.Png(20, 30)).Length);
        Assert.Equal(16, model.EmbedText("a dog").Length);
    }

    [Fact]
    public async Task An_unknown_architecture_is_named()
    {
        var (exit, _, error) = await Command.RunApartAsync("init", "--model", "ViT-Z", "--output", _folder["out"]);

        Assert.Equal(1, exit);
        Assert.Contains("There is no model config 'ViT-Z'", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [SkippableTheory]
    [InlineData("hf/hf/model.safetensors")]
    [GoldenData("dev_vit/hf/model.safetensors")]
    public async Task Both_namings_round_trip_to_the_reference_file(string file)
    {
        var hf = Golden.Path($"golden/{file}");

        Assert.Equal(0, await Command.RunAsync("export-safetensors", hf, "--output", _folder["openai.safetensors"]));
        Assert.Equal(0, await Command.RunAsync(
            "export-safetensors", _folder["openai.safetensors"], "--output", _folder["hf.safetensors"], "--naming", "hf"));

        Assert.Contains("visual.class_embedding", SafetensorsReader.Load(_folder["openai.safetensors"]).Keys);
        SameWeights.Assert(SafetensorsReader.Load(hf), SafetensorsReader.Load(_folder["hf.safetensors"]));
    }

    [Fact]
    public async Task A_model_folder_gives_back_the_checkpoint_it_was_made_from()
    {
        var original = Golden.Path("golden/rn/model.safetensors");
        Assert.Equal(0, await Command.RunAsync("convert", original, "--output", _folder["model"], "--quick-gelu", "--text-heads", "2"));

        Assert.Equal(0, await Command.RunAsync("export-safetensors", _folder["model"], "--output", _folder["w.safetensors"]));

        SameWeights.Assert(SafetensorsReader.Load(original), SafetensorsReader.Load(_folder["w.safetensors"]));
    }

    [Fact]
    public async Task Hugging_Face_has_no_names_for_a_ResNet()
    {
        Assert.Equal(1, await Command.RunAsync(
            "export-safetensors", Golden.Path("golden/rn/legacy.pt"), "--output", _folder["w.safetensors"], "--naming", "hf"));
        Assert.False(File.Exists(_folder["w.safetensors"]));
    }
}
