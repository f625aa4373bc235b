using Microsoft.ML.Clip.Tests.Models;

namespace Clip.Cli.Tests.Commands;

/// <summary>What <c>clip embed</c> prints.</summary>
public sealed class EmbedOutputTests : IDisposable
{
    private readonly TinyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ItTellsWhatIsEmbeddedAndWhatWasThere()
    {
        _folder.Pictures(5);
        File.WriteAllText(_folder["words.txt"], "red\n\ngreen\n");
        string[] embed =
        [
            "embed", "--model", _folder.Path, "--images", _folder["pictures"], "--texts", _folder["words.txt"], "--output", _folder["out"],
            "--records-per-file", "2",
        ];

        Assert.Equal(
            [$"5 images embedded: {_folder["out"]} (3 of 3 files)", $"2 texts embedded: {_folder["out"]} (1 of 1 files)"],
            await PrintedCommands.LinesAsync(embed));
        File.Delete(Directory.GetFiles(_folder["out"], "images_*2.parquet").Single());
        Assert.Equal(
            [
                "2 of 3 files of images are there already.", $"1 images embedded: {_folder["out"]} (1 of 3 files)",
                "1 of 1 files of texts are there already.", $"0 texts embedded: {_folder["out"]} (0 of 1 files)",
            ],
            await PrintedCommands.LinesAsync(embed));
    }

    [Fact]
    public async Task WhatIsSkippedIsNamedAndCounted()
    {
        var pictures = _folder.Pictures(11);
        File.WriteAllText(pictures[3], "no picture");
        string[] embed = ["embed", "--model", _folder.Path, "--max-bad", "50", "--images"];

        var lines = await PrintedCommands.LinesAsync([.. embed, _folder["pictures"], "--output", _folder["out"]]);

        Assert.StartsWith($"Skipped {pictures[3]}: ", lines[0], StringComparison.Ordinal);
        Assert.Equal([$"10 images embedded, 1 skipped: {_folder["out"]} (1 of 1 files)"], lines[1..]);

        // So is a row that has no picture.
        File.WriteAllLines(_folder["pairs.tsv"], ["filepath\ttitle", .. pictures.Select(path => $"{path}\tcaption"), "\tnothing"]);
        lines = await PrintedCommands.LinesAsync([.. embed, _folder["pairs.tsv"], "--output", _folder["other"]]);
        Assert.Equal(2, lines.Count(line => line.StartsWith("Skipped ", StringComparison.Ordinal)));
        Assert.Equal($"10 images embedded, 2 skipped: {_folder["other"]} (1 of 1 files)", lines[^1]);
    }

    [Fact]
    public async Task ACaptionWithoutAPictureIsSkippedAloud()
    {
        var pictures = _folder.Pictures(3);
        File.WriteAllLines(_folder["pairs.tsv"], ["filepath\ttitle", .. pictures.Select(path => $"{path}\tcaption"), "\tnothing"]);

        var lines = await PrintedCommands.LinesAsync(
            "embed", "--model", _folder.Path, "--texts", _folder["pairs.tsv"], "--output", _folder["out"]);

        Assert.StartsWith("Skipped ", lines[0], StringComparison.Ordinal);
        Assert.Equal([$"3 texts embedded, 1 skipped: {_folder["out"]} (1 of 1 files)"], lines[1..]);
    }

    [Fact]
    public async Task NothingToEmbedIsRefusedBeforeAModelIsLookedFor() => Assert.Equal(
        "There is nothing to embed; give --images, --texts or both.",
        await PrintedCommands.RefusedAsync("embed", "--model", "/nowhere", "--output", _folder["out"]));
}
