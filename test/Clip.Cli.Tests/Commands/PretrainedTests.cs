using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Tokenizing;
using Microsoft.ML.Clip;

namespace Clip.Cli.Tests.Commands;

/// <summary><c>clip train --pretrained</c>: what a model folder or a run says of itself counts.</summary>
public sealed class PretrainedTests : IDisposable
{
    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task A_checkpoint_of_a_run_brings_its_config_and_tokenizer()
    {
        Assert.Equal(0, await Train("first", "--model", _run.ConfigFile, "--vocab-size", "520"));
        var checkpoint = Directory.GetFiles(_run.Folder["first.run/checkpoints"], "*.safetensors").Order(StringComparer.Ordinal).Last();

        Assert.Equal(0, await Train("second", "--pretrained", checkpoint));

        Assert.Equal(ClipConfigJson.Load(_run.Folder["first"]), ClipConfigJson.Load(_run.Folder["second"]));
    }

    [Fact]
    public async Task Another_tokenizer_of_the_same_size_is_refused()
    {
        Source();
        var captions = Enumerable.Range(0, 9).Select(i => $"quite other words, zebra and quagga {i}");
        BpeTrainer.Train(captions, 520).Save(Directory.CreateDirectory(_run.Folder["other"]).FullName);

        Assert.Equal(1, await Train("out", "--pretrained", _run.Folder["source"], "--tokenizer", _run.Folder["other"]));
        Assert.Equal(0, await Train("same", "--pretrained", _run.Folder["source"], "--tokenizer", _run.Folder["tokenizer"]));
        // Words are predicted anew, whatever the texts were cut into before.
        Assert.Equal(
            0, await Train("bow", "--pretrained", _run.Folder["source"], "--tokenizer", _run.Folder["other"], "--objective", "bow"));
        Assert.False(Directory.Exists(_run.Folder["out"]) || Directory.Exists(_run.Folder["out.run"]));
    }

    /// <summary>clip is the usual objective, so it may not have been meant.</summary>
    [Fact]
    public async Task A_bias_that_the_objective_leaves_out_is_told()
    {
        var config = File.ReadAllText(_run.ConfigFile).Trim();
        _run.Folder.Write("sigmoid.json", $"{config[..^1]}, \"init_logit_bias\": -10}}");

        const string told = "sigmoid.json has a logit_bias, which --objective siglip trains";
        Assert.Contains(told, await Printed(), StringComparison.Ordinal);
        Assert.DoesNotContain("logit_bias", await Printed("--objective", "siglip"), StringComparison.Ordinal);

        async Task<string> Printed(params string[] more)
        {
            var (exit, printed, error) = await Command.RunApartAsync(
            [
                "train", "--train-data", _run.Table, "--max-steps", "1", "--batch-size", "4", "--output", _run.Folder["told"],
                "--model", _run.Folder["sigmoid.json"], "--tokenizer", _run.Folder["tokenizer"], .. more,
            ]);
            Assert.True(exit == 0, error);
            Directory.Delete(_run.Folder["told.run"], recursive: true);
            Directory.Delete(_run.Folder["told"], recursive: true);
            return printed.ReplaceLineEndings(" ");
        }
    }

    [Fact]
    public async Task A_log_of_samples_does_not_take_the_place_of_a_file_of_the_users()
    {
        var before = File.ReadAllBytes(_run.Table);

        Assert.Equal(1, await Train("out", "--model", _run.ConfigFile, "--vocab-size", "520", "--log-samples", _run.Table));

        Assert.Equal(before, File.ReadAllBytes(_run.Table));
        Assert.False(Directory.Exists(_run.Folder["out.run"]));
    }

    private Task<int> Train(string output, params string[] more) => Command.RunAsync(
        ["train", "--train-data", _run.Table, "--max-steps", "1", "--batch-size", "4", "--output", _run.Folder[output], .. more]);

    private void Source()
    {
        var vocabulary = BpeVocabulary.Load(_run.Folder["tokenizer"]);
        var config = ClipConfigJson.Load(_run.ConfigFile).WithVocabulary(vocabulary.Size, vocabulary.StartOfTextId, vocabulary.EndOfTextId);
        ModelFolderWriter.Write(
            new ModelFolderContents(
                config, RandomModel.Weights(config), ClipImagePreprocessing.ForSize(16),
                folder => vocabulary.Save(folder, config.Text.ContextLength)),
            _run.Folder["source"]);
    }
}
