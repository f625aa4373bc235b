using System.Globalization;
using Clip.Conversion.Architectures;
using Clip.Conversion.Configs;
using Clip.Conversion.Zoo;

namespace Clip.Cli.Tests.Commands;

/// <summary>What <c>clip models</c> lists, and the scripts of <c>clip completion</c>.</summary>
public sealed class ModelListsTests
{
    /// <summary>The one that computes least on a picture first.</summary>
    [Fact]
    public async Task EveryConfigHasItsSizesAndCosts()
    {
        var lines = await PrintedCommands.LinesAsync("models");

        string[] headings = ["model", "image", "embed", "parameters", "image tower", "GFLOPs image", "GFLOPs text"];
        Assert.Equal(headings, lines[0].Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        var rows = lines[1..^1].Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        Assert.Equal(ClipConfigJson.Names.Order(StringComparer.Ordinal), rows.Select(row => row[0]).Order(StringComparer.Ordinal));
        Assert.Equal(rows.Select(row => Number(row[5])).Order(), rows.Select(row => Number(row[5])));
        var large = ClipConfigJson.Load("ViT-B-32");
        Assert.Equal(
            [
                "ViT-B-32", "224", "512", $"{ParameterLayout.Of(large).ParameterCount():N0}",
                $"{ParameterLayout.Of(large).ParameterCount(Tower.Image):N0}", Told(ModelCost.Of(large).Image / 1e9),
                Told(ModelCost.Of(large).Text / 1e9),
            ],
            rows.Single(row => row[0] == "ViT-B-32"));
        Assert.StartsWith("Operations are those of one image and of one text as long as the context", lines[^1], StringComparison.Ordinal);

        static double Number(string cell) => double.Parse(cell, CultureInfo.InvariantCulture);
        static string Told(double number) => number.ToString("F2", CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task TheZooTellsWhatConverts()
    {
        var lines = await PrintedCommands.LinesAsync("models", "--zoo");

        Assert.Equal(ZooCatalog.All.Count, lines.Length - 2);
        Assert.Equal(ZooCatalog.All.Select(entry => entry.Name), lines[1..^1].Select(line => line.Split(' ')[0]));
        var not = lines.Count(line => line.Contains("  does not convert: ", StringComparison.Ordinal));
        Assert.Equal(
            $"{ZooCatalog.All.Count - not} of {ZooCatalog.All.Count} convert. A license that is not stated here stands at the hub.",
            lines[^1]);
        var entry = ZooCatalog.All.First(one => one.Name == "ViT-B-32");
        var model = ZooSummary.Of(entry);
        Assert.Equal(
            [
                "ViT-B-32", "224", "512", $"{model.Parameters:N0}", $"{model.ImageOperations / 1e9:F2}", $"{model.TextOperations / 1e9:F2}",
            ],
            lines.Single(line => line.StartsWith("ViT-B-32 ", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[..6]);
    }

    [Theory]
    [InlineData("bash", "complete ")]
    [InlineData("zsh", "compdef ")]
    [InlineData("fish", "complete ")]
    public async Task AShellHasAScriptOfItsOwn(string shell, string word)
    {
        var (script, error) = await PrintedCommands.DoneAsync("completion", shell);

        Assert.Contains(word, script, StringComparison.Ordinal);
        Assert.Contains($"clip completion {shell}", script, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', script);
        Assert.EndsWith("\n", script, StringComparison.Ordinal);
        Assert.Equal("", error);
    }
}
