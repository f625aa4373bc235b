using Clip.Conversion.Tokenizing;
using Clip.Data.Tests.Sources;

namespace Clip.Cli.Tests.Commands;

/// <summary>What <c>clip evaluate</c> takes for pictures and classes: the same as training does.</summary>
public sealed class EvaluateTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task FoldersAreReadByTheRuleOfTraining()
    {
        Paint("photos/tabby_cat/1.jfif", "photos/tabby_cat/more/2.png", "photos/sheep_dog/1.png");
        Paint("photos/.hidden/1.png", "photos/__MACOSX/1.png");
        _folder.Write("photos/sheep_dog/._1.png", "of a Mac");
        _folder.Write("labels.txt", "tabby cat\nsheep_dog\n");

        var output = await EvaluateAsync("--data", _folder["photos"], "--labels", _folder["labels.txt"]);

        Assert.Contains("3 images, 2 labels", output, StringComparison.Ordinal);
        Assert.Contains("3 images, 2 labels", await EvaluateAsync("--data", _folder["photos"]), StringComparison.Ordinal);
    }

    /// <summary>CLIP_benchmark's layout, by the shards' folder, the data set's, and a pattern; also for a linear probe.</summary>
    [Theory]
    [InlineData("set/test")]
    [InlineData("set")]
    [InlineData("set/test/{0..1}.tar")]
    public async Task ShardsWithClassesAreRead(string data)
    {
        Paint("a.png");
        var png = File.ReadAllBytes(_folder["a.png"]);
        Shards.TarOf(_folder, "set/test/0.tar", ("0.cls", "1"u8.ToArray()), ("0.png", png), ("1.cls", "0"u8.ToArray()), ("1.webp", png));
        Shards.TarOf(_folder, "set/test/1.tar", ("2.cls", "0"u8.ToArray()), ("2.png", png));
        _folder.Write("set/classnames.txt", "cat\ndog\nbird\n");
        _folder.Write("set/zeroshot_classification_templates.txt", "a photo of a {c}.\n");
        _folder.Write("set/test/nshards.txt", "2");

        Shards.TarOf(
            _folder, "set/train/0.tar",
            [.. Enumerable.Range(0, 30).SelectMany(i => new[] { ($"{i}.cls", new[] { (byte)('0' + (i % 3)) }), ($"{i}.png", png) })]);

        var output = await EvaluateAsync("--data", _folder[data], "--linear-probe", _folder["set/train"]);

        Assert.Contains("3 images, 3 labels", output, StringComparison.Ordinal);
        Assert.Contains("(3 images, trained on 30", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingShardsAreTold()
    {
        Shards.Tar(_folder, "set/0.tar", "0.cls=0", "0.png");
        _folder.Write("set/classnames.txt", "cat\ndog\n");
        _folder.Write("set/nshards.txt", "3");

        var (exit, _, error) = await Command.RunApartAsync("evaluate", "--model", _folder.Path, "--data", _folder["set"]);

        Assert.Equal(1, exit);
        Assert.Contains("tells of 3 shards, and there are 1", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AProbeOfTooFewPicturesIsRefused()
    {
        Paint("photos/cat/1.png", "photos/dog/1.png");

        var error = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(
            () => EvaluateAsync("--data", _folder["photos"], "--linear-probe", _folder["photos"]));

        Assert.Contains("A linear probe of 2 pictures", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A picture in several rows is one picture to find, and a row without a caption is told and left out.</summary>
    [Fact]
    public async Task RetrievalCountsAPictureOnce()
    {
        Paint([.. Enumerable.Range(0, 12).Select(i => $"{i}.png")]);
        var rows = Enumerable.Range(0, 36).Select(i => $"{(i % 2 == 0 ? "./" : "")}{i / 3}.png\tcaption {i}");
        _folder.Write("pairs.tsv", $"filepath\ttitle\n{string.Join('\n', rows)}\n1.png\t\n");

        var output = await EvaluateAsync("--retrieval-data", _folder["pairs.tsv"]);

        Assert.Contains("12 images, 36 captions", output, StringComparison.Ordinal);
    }

    /// <summary>Broken pictures are named and left out, and the second task on the same pictures reads none of them.</summary>
    [Fact]
    public async Task BrokenPicturesAreLeftOutAndOthersKept()
    {
        Paint([.. Enumerable.Range(0, 12).Select(i => $"photos/{(i % 2 == 0 ? "cat" : "dog")}/{i}.png")]);
        _folder.Write("photos/cat/broken.png", "no picture");
        string[] evaluate = ["--data", _folder["photos"], "--embedding-cache", _folder["cache"]];

        var (output, error) = await RunAsync([.. evaluate, "--max-bad", "8"]);
        var (again, _) = await RunAsync([.. evaluate, "--max-bad", "8", "--labels", _folder.Write("labels.txt", "cat\ndog\n")]);
        var refused = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => RunAsync([.. evaluate, "--max-bad", "7"]));

        Assert.Contains("12 images, 2 labels", output, StringComparison.Ordinal);
        Assert.StartsWith($"Skipped {_folder["photos/cat/broken.png"]}: Image file", error, StringComparison.Ordinal);
        Assert.Equal(output.Split('(')[0], again.Split('(')[0]);
        Assert.NotEmpty(Directory.GetFiles(_folder["cache"], "*.embeddings", SearchOption.AllDirectories));
        Assert.Contains(
            "1 of 13 records are bad, more than the 7 percent that --max-bad allows", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Two models on two sets: a line each, a matrix, files of results, a table, and whether a difference is real.</summary>
    [Fact]
    public async Task SeveralModelsAndSetsGiveOneMatrixAndFilesToCompare()
    {
        string[] classes = ["cat", "dog"];
        Paint([.. Enumerable.Range(0, 40).Select(i => $"photos/{classes[i % 2]}/{i}.png")]);
        Paint([.. Enumerable.Range(0, 12).Select(i => $"others/{classes[i % 2]}/{i}.png")]);
        await RunAsync("--data", _folder["photos"]); // makes the model
        Assert.Equal(0, await Command.RunAsync(
            "init", "--model", _folder["tiny.json"], "--output", _folder["second"], "--tokenizer", _folder["tokenizer"], "--seed", "2"));
        string[] data = ["--data", _folder["photos"], _folder["others"], "--linear-probe", $"photos={_folder["others"]}"];

        var (output, _) = await RunAsync(
            [.. data, "--model", _folder["second"], "--few-shot", "1", "2", "--append", _folder["all.csv"],
                "--output", _folder["{dataset}-{task}-{model}.json"], "--per-class", "--published"]);

        var lines = output.Split('\n');
        Assert.Equal(10, lines.Count(line => line.Contains("top-1", StringComparison.Ordinal) && !line.StartsWith(' ')));
        Assert.Contains("1-shot linear probe top-1", output, StringComparison.Ordinal);
        var header = Array.FindIndex(lines, line => line.Contains("photos acc1  photos lp_acc1", StringComparison.Ordinal));
        Assert.StartsWith(_folder["model"], lines[header + 1], StringComparison.Ordinal);
        Assert.StartsWith(_folder["second"], lines[header + 2], StringComparison.Ordinal);
        Assert.Contains("cat (20 images)  linear probe", output, StringComparison.Ordinal);
        Assert.Contains("No results of these data sets are published here", output, StringComparison.Ordinal);
        Assert.Equal(1 + 10, File.ReadAllLines(_folder["all.csv"]).Length);

        string File1(string model) => _folder[$"photos-zeroshot_classification-{_folder[model].Replace('/', '_')}.json"];
        var (exit, compared, error) = await Command.RunApartAsync("evaluate", "compare", File1("model"), File1("second"));
        Assert.True(exit == 0, error);
        Assert.Contains("    acc1: ", compared, StringComparison.Ordinal);
        Assert.Contains(" points (95 %: ", compared, StringComparison.Ordinal);
        var others = _folder[$"others-zeroshot_classification-{_folder["second"].Replace('/', '_')}.json"];
        var refused = await Command.RunApartAsync("evaluate", "compare", File1("model"), others);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("no data set and task in common", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--few-shot takes its pictures from those of --linear-probe", "--few-shot", "4")]
    [InlineData("--few-shot must be a whole number from 1 to 1000000, and is '0'", "--few-shot", "0")]
    [InlineData("is no table of results", "--append", "labels.txt")]
    [InlineData("is a folder", "--output", "photos")]
    public async Task WhatCannotBeDoneIsToldBeforeAnythingIsMeasured(string sentence, string option, string value)
    {
        Paint("photos/cat/1.png", "photos/dog/1.png");
        _folder.Write("labels.txt", "cat\n");

        var (exit, output, error) = await Command.RunApartAsync(
            "evaluate", "--model", _folder.Path, "--data", _folder["photos"], option,
            option == "--few-shot" ? value : _folder[value]);

        Assert.Equal((1, ""), (exit, output));
        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    private async Task<string> EvaluateAsync(params string[] arguments) => (await RunAsync(arguments)).Output;

    private async Task<(string Output, string Error)> RunAsync(params string[] arguments)
    {
        if (!Directory.Exists(_folder["model"]))
        {
            BpeTrainer.Train(["a photo of a dog"], 520).Save(_folder["tokenizer"]);
            _folder.Write("tiny.json", TinyRun.Config);
            Assert.Equal(0, await Command.RunAsync(
                "init", "--model", _folder["tiny.json"], "--output", _folder["model"], "--tokenizer", _folder["tokenizer"]));
        }

        var (exit, output, error) = await Command.RunApartAsync(["evaluate", "--model", _folder["model"], .. arguments]);
        Assert.True(exit == 0, error);
        return (output, error);
    }

    private void Paint(params string[] names)
    {
        foreach (var (name, i) in names.Select((name, i) => (name, i)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
            File.WriteAllBytes(_folder[name], Pictures.Png(20 + i, 30).ToArray());
        }
    }
}
