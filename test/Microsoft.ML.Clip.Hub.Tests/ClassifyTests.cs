using System.Globalization;
using System.Text.Json;
using CsvHelper;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Hub.Tests;

/// <summary><c>clip classify</c> as people use it: no model named, labels as words, pictures as files, folders and patterns.</summary>
public sealed class ClassifyTests : HubFixture, IDisposable
{
    private readonly TinyFolder _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task WithoutAModelTheDefaultOneIsDownloadedOnceAndSaidSo()
    {
        Publish(ClipHub.DefaultModel);
        string[] command = ["classify", _model.Pictures(1)[0], "--labels", "red", "green", "blue"];
        var first = (await ClipAsync(command)).Succeeded();
        Assert.Equal("red", Best(first.OutputLines)[0]);
        Assert.Equal($"Downloading {ClipHub.DefaultModel}", first.ErrorLines[0]);
        Assert.StartsWith($"Downloaded {ClipHub.DefaultModel}: ", first.ErrorLines[1], StringComparison.Ordinal);

        var second = (await ClipAsync(command)).Succeeded();
        Assert.Equal(first.Output, second.Output);
        Assert.Empty(second.Error);
    }

    [Theory]
    [InlineData("HF_ENDPOINT", "http://127.0.0.1:9", "http://127.0.0.1:9/")]
    [InlineData("HF_HUB_OFFLINE", "1", "HF_HUB_OFFLINE")]
    public async Task WithoutAConnectionItSaysWhatItWantedFromWhereAndWhatNeedsNone(string variable, string value, string told)
    {
        var variables = Variables;
        variables[variable] = value;
        var run = await ClipAsync(variables, "classify", _model.Pictures(1)[0], "--labels", "red", "green");
        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Output);
        var line = Assert.Single(run.ErrorLines);
        Assert.StartsWith($"clip: The model {ClipHub.DefaultModel} could not be downloaded: ", line, StringComparison.Ordinal);
        Assert.Contains(told, line, StringComparison.Ordinal);
        Assert.Contains(variables["HF_ENDPOINT"].TrimEnd('/'), line, StringComparison.Ordinal);
        Assert.EndsWith("; 'clip quickstart' needs no download.", line, StringComparison.Ordinal);
    }

    /// <summary>Whatever a shell hands over, the pictures are told from the labels.</summary>
    [Theory]
    [InlineData("PICTURE --labels red green blue", false)]
    [InlineData("--labels red green blue -- PICTURE", false)]
    [InlineData("--labels red green blue --top 3 PICTURE", false)]
    [InlineData("--labels red green blue PICTURE", true)]
    [InlineData("--labels colors.txt PICTURE", false)]
    [InlineData("PICTURE --labels colors.txt", false)]
    [InlineData("PICTURE --labels red green blue --templates {}", false)]
    [InlineData("--labels red green blue --templates {} PICTURE", false)]
    [InlineData("--labels red green blue --templates templates.txt PICTURE", false)]
    public async Task LabelsAreWordsOrAFile(string arguments, bool isTold)
    {
        File.WriteAllLines(_model["colors.txt"], TinyFolder.Colors);
        File.WriteAllText(_model["templates.txt"], "{}\n");
        var picture = _model.Pictures(1)[0];
        var words = arguments.Split(' ').Select(word => word == "PICTURE" ? picture : word.EndsWith(".txt", StringComparison.Ordinal)
            ? _model[word] : word);
        var run = (await ClipAsync(["classify", "--model", _model.Path, .. words])).Succeeded();
        Assert.Equal(4, run.OutputLines.Length);
        Assert.Equal(picture, run.OutputLines[0]);
        Assert.Equal("red", Best(run.OutputLines)[0]);
        Assert.Equal(isTold ? $"Labels: red, green, blue. Pictures: {picture}." : "", run.Error.Trim());
    }

    [Fact]
    public async Task AFolderAndAPatternStandForTheirPictures()
    {
        var pictures = _model.Pictures(3);
        File.WriteAllText(_model["pictures/notes.txt"], "no picture");
        foreach (var given in new[] { _model["pictures"], _model["pictures/*"], _model["**/*-*.png"] })
        {
            var run = (await ClipAsync("classify", given, "--model", _model.Path, "--labels", "red", "green", "--top", "1")).Succeeded();
            Assert.Equal(pictures, run.OutputLines.Where((_, i) => i % 2 == 0));
        }
    }

    [Fact]
    public async Task JsonIsOneDocumentWithTheModelsFingerprint()
    {
        var pictures = _model.Pictures(3);
        var run = (await ClipAsync(
            ["classify", .. pictures, "--model", _model.Path, "--labels", "red", "green", "blue", "--top", "2", "--json"])).Succeeded();
        using var json = JsonDocument.Parse(run.Output);
        using var model = ClipModel.Open(_model.Path);
        Assert.Equal(_model.Path, json.RootElement.GetProperty("model").GetString());
        Assert.Equal(model.Fingerprint, json.RootElement.GetProperty("fingerprint").GetString());
        var images = json.RootElement.GetProperty("images").EnumerateArray().ToArray();
        Assert.Equal(pictures, images.Select(image => image.GetProperty("path").GetString()));
        Assert.All(images, (image, i) =>
        {
            var labels = image.GetProperty("labels").EnumerateArray().ToArray();
            Assert.Equal(2, labels.Length);
            Assert.Equal(TinyFolder.Colors[i], labels[0].GetProperty("label").GetString());
            var scores = labels.Select(label => label.GetProperty("score").GetSingle()).ToArray();
            Assert.InRange(scores[0], scores[1], 1);
        });
    }

    [Fact]
    public async Task CsvQuotesWhatHasQuotesAndCommas()
    {
        string[] labels = ["red, or \"rot\"", "green"];
        var picture = _model["a, \"b\".png"];
        File.WriteAllBytes(picture, TinyFolder.Picture(0, 1));
        var run = (await ClipAsync(["classify", picture, "--model", _model.Path, "--csv", "--labels", .. labels])).Succeeded();
        Assert.Equal("path,label,score", run.OutputLines[0]);
        Assert.Contains("\"red, or \"\"rot\"\"\"", run.Output, StringComparison.Ordinal);
        using var csv = new CsvReader(new StringReader(run.Output), CultureInfo.InvariantCulture);
        var rows = csv.GetRecords(new { path = "", label = "", score = 0f }).ToArray();
        Assert.All(rows, row => Assert.Equal(picture, row.path));
        Assert.Equal(labels.Order(), rows.Select(row => row.label).Order());
        Assert.Equal(1, rows.Sum(row => row.score), 1e-5);
    }

    /// <summary>Half a document would be read as a whole one.</summary>
    [Theory]
    [InlineData("--json")]
    [InlineData("--csv")]
    public async Task AProgramGetsAllOrNothing(string format)
    {
        File.WriteAllText(_model["pictures.png"], "no picture");
        var run = await ClipAsync(
            "classify", _model.Pictures(1)[0], _model["pictures.png"], "--model", _model.Path, "--labels", "red", "green", format);
        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Contains("pictures.png", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task ATerminalShowsThePictureUnlessToldNotTo()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "There is no script (util-linux) to give it a terminal.");
        const string background = "\u001b[48;";
        var command = $"classify {_model.Pictures(1)[0]} --model {_model.Path} --labels red green";
        Assert.Contains(background, await InTerminalAsync(command), StringComparison.Ordinal);
        Assert.DoesNotContain(background, await InTerminalAsync($"{command} --no-preview"), StringComparison.Ordinal);
        Assert.DoesNotContain(background, await InTerminalAsync(command, "NO_COLOR=1"), StringComparison.Ordinal);
        Assert.DoesNotContain(background, await InTerminalAsync($"{command} --json"), StringComparison.Ordinal);
    }

    /// <summary>Names of models where folders and checkpoints are read.</summary>
    [Fact]
    public async Task InspectTakesAName()
    {
        Publish();
        var run = (await ClipAsync("inspect", Tiny)).Succeeded();
        Assert.Contains("Downloading tiny/clip", run.ErrorLines);
        Assert.Contains("model folder", run.Output, StringComparison.Ordinal);
    }

    /// <param name="command">What to run.</param>
    /// <param name="color">Set or unset: even an empty variable forbids colors.</param>
    private async Task<string> InTerminalAsync(string command, string color = "-u NO_COLOR")
    {
        var program = string.Join(' ', ClipProcess.Arguments(command.Split(' ')));
        var environment = new Dictionary<string, string>(Variables) { ["TERM"] = "xterm-256color" };
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        using var process = ChildProcess.Start("script", Root, ["-qec", $"env {color} {dotnet} {program}", "/dev/null"], environment);
        return (await process.FinishAsync()).Succeeded().Output;
    }

    /// <summary>The first label of each picture, of which each has three.</summary>
    private static string[] Best(string[] lines) => [.. lines.Chunk(4).Select(picture => picture[1].Split(' ')[^1])];
}
