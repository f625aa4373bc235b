using Clip.Cli.Experimenting;
using Clip.Cli.Searching;
using Clip.Cli.Tests.Options;
using Microsoft.ML.Clip.Experiments;

namespace Clip.Cli.Tests.Reporting;

/// <summary>How far something is, where there is no terminal: lines on the error stream.</summary>
public sealed class ProgressTests
{
    [SkippableFact]
    public void AnIndexingTellsItsEnd()
    {
        Skip.IfNot(Console.IsErrorRedirected, "A terminal has a bar instead.");
        using var printed = new PrintedHere();
        var display = new IndexingDisplay();

        using (display.Start(3))
        {
            display.Advance(2);
            display.Advance(1);
        }

        using (display.Start(1)) display.Advance(1); // counted anew

        var lines = printed.Error.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Matches(@"^3/3 pictures  \d+\.\d pictures/s$", lines[0]);
        Assert.Matches(@"^1/1 pictures  \d+\.\d pictures/s$", lines[1]);
        Assert.Equal("", printed.Output);
    }

    /// <summary>A program that reads the lines would find half a path.</summary>
    [SkippableFact]
    public void WhatIsSkippedIsToldOnceOnOneLine()
    {
        Skip.IfNot(Console.IsErrorRedirected, "A terminal has lines of its own length.");
        using var printed = new PrintedHere();
        var display = new IndexingDisplay();
        var path = $"/photos/{new string('x', 200)} y {new string('z', 200)}.png";

        display.Skipped(path, "no picture");
        display.Skipped(path, "no picture");
        display.Skipped(path, "empty");

        Assert.Equal($"Skipped {path}: no picture\nSkipped {path}: empty\n", printed.Error);
    }

    [SkippableFact]
    public void ATrialIsALine()
    {
        Skip.IfNot(Console.IsErrorRedirected, "A terminal has a table instead.");
        using var printed = new PrintedHere();
        var display = new LeaderboardDisplay(ClipExperimentMetric.Accuracy);

        display.Report(new ClipTrial("LightGbm", "a=1", "image", 0.875, 0.0312, 0.75, 0.1) { Folds = 5, Seconds = 1.26 });

        Assert.Equal("accuracy 87.5 % ± 3.1  macro recall 75.0 %  LightGbm a=1  image  5 folds  1.3 s\n", printed.Error);
        Assert.Equal(7, display.Show(() => 7));
    }
}
