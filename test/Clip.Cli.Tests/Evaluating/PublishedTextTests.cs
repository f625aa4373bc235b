using System.Globalization;
using Clip.Cli.Evaluating;

namespace Clip.Cli.Tests.Evaluating;

/// <summary>Published results beside one's own.</summary>
public sealed class PublishedTextTests
{
    [Fact]
    public void OnesOwnStandsAmongTheOthersByItsValue()
    {
        string[] lines = [.. PublishedText.Lines(
        [
            Results.ZeroShot(0.61, "my photos") with { Known = "imagenet1k" },
            Results.ZeroShot(0.999, model: "second") with { Known = "imagenet1k" },
            Results.Probe(1) with { Known = "imagenet1k" },
            Results.ZeroShot(0.7),
        ])];

        Assert.Equal("imagenet1k acc1:", lines[0]);
        Assert.Equal("     99.9 %  second  (measured here)", lines[1]);
        Assert.Contains("     61.0 %  model  (measured here)", lines);
        Assert.Contains("     63.3 %  ViT-B-32 openai  (open_clip docs)", lines);
        var next = Array.FindIndex(lines, 1, line => !line.StartsWith(' '));
        var values = lines[1..(next < 0 ? lines.Length : next)]
            .Select(line => double.Parse(line[..9], CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(values.OrderDescending(), values);
        Assert.Equal(2, lines.Count(line => line.Contains("measured here", StringComparison.Ordinal) && line.Contains(".0 %  model") ||
            line.Contains("second", StringComparison.Ordinal)));
    }

    [Fact]
    public void WhereNoneAreKnownTheSetsThatHaveSomeAreNamed()
    {
        var line = Assert.Single(PublishedText.Lines([Results.ZeroShot(), Results.Probe() with { Known = "imagenet1k" }]));

        Assert.StartsWith("No results of these data sets are published here; there are some of ", line, StringComparison.Ordinal);
        Assert.Contains("imagenet1k, ", line, StringComparison.Ordinal);
    }
}
