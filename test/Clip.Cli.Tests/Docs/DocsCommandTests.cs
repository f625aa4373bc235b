using System.Text.RegularExpressions;
using Clip.Cli;
using Clip.Cli.Commands;
using Clip.Cli.Quickstart;
using Clip.Conversion.Configs;

namespace Clip.Cli.Tests.Docs;

/// <summary>The commands on the pages are ones the program has, and the quickstart's page has its numbers.</summary>
public sealed partial class DocsCommandTests
{
    public static TheoryData<string, string> Commands()
    {
        var rows = new TheoryData<string, string>();
        foreach (var block in DocsPages.All().SelectMany(page => DocsPages.Blocks(page, "sh")))
        {
            foreach (var line in block.Text.Split('\n').Select(l => Clip().Match(l)).Where(m => m.Success))
                rows.Add(block.Page, line.Groups[1].Value.Split(" #")[0].Trim());
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void TheCommandLineTakesIt(string page, string arguments)
    {
        // Recipes lie in the repository, and the pages name them from its root.
        arguments = arguments.Replace("@configs/", $"@{Path.Combine(DocsPages.Root, "configs")}/", StringComparison.Ordinal);
        // A recorded run has the options that are required of others.
        var errors = CommandLine.Root().Parse(arguments).Errors
            .Where(e => !(arguments.Contains("--reproduce", StringComparison.Ordinal)
                && e.Message.EndsWith("is required.", StringComparison.Ordinal)))
            .ToList();
        Assert.True(errors.Count == 0, $"{page}: clip {arguments}\n{string.Join('\n', errors.Select(e => e.Message))}");
    }

    [Fact]
    public void TheQuickstartsPageHasItsNumbers()
    {
        var page = Spaces().Replace(string.Join(' ', DocsPages.Lines("docs/quickstart.md")), " ");
        var config = ClipConfigJson.Load("quickstart");
        var vision = Assert.IsType<ResNetConfig>(config.Vision);
        var (all, heldOut) = (Combination.All.Count, SceneDataset.HeldOut);
        string[] told =
        [
            $"{Combination.Sizes.Length} sizes × {Combination.Textures.Length} textures × {Combination.Colors.Length} colors"
                + $" × {Combination.Shapes.Length} shapes = {all} combinations",
            $"{heldOut} of the {all} combinations",
            $"{SceneDataset.TrainImages:N0} pictures to train on, {SceneDataset.ValidationImages} to validate with"
                + $" and {heldOut * SceneDataset.TestImagesPerClass} ({SceneDataset.TestImagesPerClass} of each",
            $"CLIP's ResNet (a block in each of {vision.Blocks.Count} stages, width {vision.Width}, {vision.ImageSize}-pixel input)",
            $"a text transformer ({config.Text.Layers} layers, width {config.Text.Width})",
            $"(1 in {heldOut} and 1 in {all})",
        ];
        Assert.All(told, sentence => Assert.Contains(sentence, page, StringComparison.Ordinal));
        Assert.Contains(
            $"draws {SceneDataset.TrainImages:N0} captioned pictures",
            File.ReadAllText(Path.Combine(DocsPages.Root, "README.md")),
            StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^(?:clip|dotnet run .*Clip\.Cli --) (.+)$")]
    private static partial Regex Clip();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
