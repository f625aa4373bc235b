using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Tests.Models;

namespace Clip.Cli.Tests.Commands;

/// <summary>What <c>clip classify</c> prints, for people and for programs.</summary>
public sealed class ClassifyOutputTests : IDisposable
{
    private readonly TinyFolder _folder = new();
    private readonly string[] _pictures;

    public ClassifyOutputTests() => _pictures = _folder.Pictures(3);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task EachPictureHasItsLabelsTheBestFirst()
    {
        var lines = await LinesAsync(_pictures[2], _pictures[0], "--labels", "red", "green", "blue");

        Assert.Equal((_pictures[2], _pictures[0]), (lines[0], lines[4]));
        Assert.EndsWith(" %  blue", lines[1], StringComparison.Ordinal);
        Assert.EndsWith(" %  red", lines[5], StringComparison.Ordinal);
        Assert.Equal(8, lines.Length);
        var percents = lines[1..4].Select(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(percents.OrderDescending(), percents);
        Assert.Equal(100, percents.Sum(), 0.2);
    }

    [Fact]
    public async Task FiveLabelsAreToldUnlessMoreAreAskedFor()
    {
        string[] labels = ["--labels", "red", "green", "blue", "a", "b", "c", "d"];

        Assert.Equal(6, (await LinesAsync([_pictures[0], .. labels])).Length);
        Assert.Equal(8, (await LinesAsync([_pictures[0], .. labels, "--top", "9"])).Length);
        Assert.Equal(2, (await LinesAsync([_pictures[0], .. labels, "--top", "1"])).Length);
    }

    [Fact]
    public async Task ADocumentAndATableHaveTheSameScores()
    {
        string[] rest = ["--labels", "red", "green", "blue", "--top", "2"];

        var json = JsonNode.Parse(string.Join('\n', await LinesAsync([_pictures[1], _pictures[2], .. rest, "--json"])))!;
        var table = await LinesAsync([_pictures[1], _pictures[2], .. rest, "--csv"]);

        using var model = ClipModel.Open(_folder.Path);
        Assert.Equal((_folder.Path, model.Fingerprint), ((string?)json["model"], (string?)json["fingerprint"]));
        Assert.Equal("path,label,score", table[0]);
        Assert.Equal(
            table[1..],
            json["images"]!.AsArray().SelectMany(
                image => image!["labels"]!.AsArray(), (image, l) => $"{(string?)image!["path"]},{(string?)l!["label"]},{l["score"]}"));
        Assert.StartsWith($"{_pictures[1]},green,", table[1], StringComparison.Ordinal);
        Assert.StartsWith($"{_pictures[2]},blue,", table[3], StringComparison.Ordinal);
        Assert.Equal(5, table.Length);
    }

    /// <summary>What could have been meant otherwise is told where no program reads it.</summary>
    [Fact]
    public async Task PicturesBehindLabelsAreToldOnTheErrorStream()
    {
        var (output, error) = await PrintedCommands.DoneAsync(
            "classify", "--model", _folder.Path, "--csv", "--labels", "red", "green", _pictures[0]);

        Assert.Equal($"Labels: red, green. Pictures: {_pictures[0]}.\n", error);
        Assert.Equal(3, PrintedCommands.Lines(output).Length);
    }

    [Fact]
    public async Task APageTellsOfThePicturesBesideTheLines()
    {
        var page = _folder["out/page.html"];

        var (output, error) = await PrintedCommands.DoneAsync(
            "classify", _pictures[0], _pictures[1], "--model", _folder.Path, "--labels", "red", "green", "--templates", "one {}", "two {}",
            "--report", page);

        Assert.Equal(
            await LinesAsync(_pictures[0], _pictures[1], "--labels", "red", "green", "--templates", "one {}", "two {}"),
            PrintedCommands.Lines(output));
        Assert.Equal($"Report: {page}\n", error);
        var text = System.Net.WebUtility.HtmlDecode(File.ReadAllText(page));
        Assert.Contains("What the model sees in 2 pictures", text, StringComparison.Ordinal);
        Assert.Contains("2 pictures, 2 labels, fingerprint ", text, StringComparison.Ordinal);
        Assert.Contains("one green", text, StringComparison.Ordinal); // the first template stands for all
        using var model = ClipModel.Open(_folder.Path);
        Assert.Contains($"fingerprint {model.Fingerprint}", text, StringComparison.Ordinal);

        await PrintedCommands.DoneAsync(
            "classify", _pictures[0], "--model", _folder.Path, "--labels", "red", "green", "--report", page);
        text = System.Net.WebUtility.HtmlDecode(File.ReadAllText(page));
        Assert.Contains("What the model sees in a picture", text, StringComparison.Ordinal);
        Assert.Contains("a photo of a green.", text, StringComparison.Ordinal);
    }

    private Task<string[]> LinesAsync(params string[] arguments) =>
        PrintedCommands.LinesAsync(["classify", "--model", _folder.Path, .. arguments]);
}
