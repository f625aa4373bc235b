using System.Text.Json.Nodes;
using Clip.Cli.Tests.Options;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Tests.Models;

namespace Clip.Cli.Tests.Searching;

/// <summary>What <c>clip index</c>, <c>clip search</c> and <c>clip duplicates</c> print, and where to.</summary>
public sealed class SearchCommandsTests : IDisposable
{
    private readonly TinyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TheBestComeFirstAndTenWithoutTop()
    {
        _folder.Pictures(12);
        Assert.Equal(
            (0, $"{_folder["photos.index"]}: 12 pictures (12 new)"),
            await LastAsync("index", _folder["pictures"], "--output", _folder["photos.index"], "--model", _folder.Path));

        var all = await LinesAsync("search", _folder["photos.index"], "green");
        var two = await LinesAsync("search", _folder["photos.index"], "green", "--top", "2");
        var json = JsonNode.Parse(string.Join('\n', await LinesAsync("search", _folder["photos.index"], "green", "--top", "3", "--json")))!;

        Assert.Equal(10, all.Length);
        Assert.Equal(all[..2], two);
        Assert.All(all[..4], line => Assert.EndsWith("-green.png", line, StringComparison.Ordinal));
        var scores = json["results"]!.AsArray().Select(result => (double)result!["score"]!).ToArray();
        Assert.Equal(3, scores.Length);
        Assert.Equal(scores.OrderDescending(), scores);
        Assert.Equal("green", (string?)json["query"]!["words"]![0]);
    }

    [Fact]
    public async Task AllOfSeveralConditionsMustHold()
    {
        _folder.Pictures(6);
        await LinesAsync("index", _folder["pictures"], "--output", _folder["photos.index"], "--model", _folder.Path);

        var found = await LinesAsync("search", _folder["photos.index"], "green", "--filter", "path=*-red.png", "path!=000", "size>0");

        Assert.EndsWith("003-red.png", Assert.Single(found), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PicturesMayComeFromSeveralPlaces()
    {
        var pictures = _folder.Pictures(3);

        var (exit, told) = await LastAsync(
            "index", pictures[0], pictures[2], "--output", _folder["photos.index"], "--model", _folder.Path);

        Assert.Equal((0, $"{_folder["photos.index"]}: 2 pictures (2 new)"), (exit, told));
        Assert.EndsWith("002-blue.png", (await LinesAsync("search", _folder["photos.index"], "blue"))[0], StringComparison.Ordinal);
    }

    /// <summary>A model that moves would be another on the next day; the index remembers where it lay.</summary>
    [Fact]
    public async Task TheIndexKeepsItsModelsName()
    {
        _folder.Pictures(3);
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, _folder.Path);

        await LinesAsync("index", _folder["pictures"], "--output", _folder["photos.index"], "--model", relative);

        using var index = ClipImageIndex.Open(_folder["photos.index"]);
        Assert.Equal(_folder.Path, index.ModelName);
    }

    [Fact]
    public async Task DuplicatesAreInGroupsWithABlankLineBehindEach()
    {
        var pictures = _folder.Pictures(2);
        foreach (var (picture, copy) in new[] { (0, "a"), (0, "b"), (1, "c") })
            File.Copy(pictures[picture], _folder[$"pictures/{copy}.png"]);
        await LinesAsync("index", _folder["pictures"], "--output", _folder["photos.index"], "--model", _folder.Path);

        var lines = await LinesAsync("duplicates", _folder["photos.index"]);
        var json = JsonNode.Parse(string.Join('\n', await LinesAsync("duplicates", _folder["photos.index"], "--json")))!;

        Assert.Equal("5 pictures in 2 groups", lines[^1]);
        Assert.Equal(["000-red.png a.png b.png", "001-green.png c.png"], string.Join('\n', lines[..^1])
            .Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(group => string.Join(' ', group.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Path.GetFileName).Order()))
            .Order());
        Assert.Equal([2, 3], json["groups"]!.AsArray().Select(group => group!.AsArray().Count).Order());
    }

    [Fact]
    public async Task WithoutDuplicatesThatIsSaid()
    {
        _folder.Pictures(3);
        await LinesAsync("index", _folder["pictures"], "--output", _folder["photos.index"], "--model", _folder.Path);

        Assert.Equal(["no duplicates"], await LinesAsync("duplicates", _folder["photos.index"]));
    }

    [Fact]
    public async Task AFileOrADatabaseIsGivenAndNotBoth()
    {
        var pictures = _folder.Pictures(1)[0];

        foreach (var options in new string[][] { [], ["--output", _folder["x"], "--store", "Host=x"] })
        {
            var (exit, told) = await LastAsync(["index", pictures, "--model", _folder.Path, .. options]);
            Assert.Equal((1, "clip: Give --output with the index's file, or --store with a database, and not both."), (exit, told));
        }
    }

    [Fact]
    public async Task WithoutAnIndexThereIsNothingToSearch() => Assert.Equal(
        (1, "clip: Give the index of clip index, and behind it the words to search by."), await LastAsync("search"));

    private static async Task<string[]> LinesAsync(params string[] arguments)
    {
        using var printed = new PrintedHere();
        Assert.True(await CommandLine.RunAsync(arguments) == 0, $"{printed}");
        return printed.Output.TrimEnd('\n').Split('\n');
    }

    private static async Task<(int Exit, string Last)> LastAsync(params string[] arguments)
    {
        using var printed = new PrintedHere();
        var exit = await CommandLine.RunAsync(arguments);
        return (exit, $"{printed}".TrimEnd('\n').Split('\n')[^1]);
    }
}
