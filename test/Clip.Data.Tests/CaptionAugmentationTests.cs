using Clip.Conversion.Initialization;

namespace Clip.Data.Tests;

/// <summary>What becomes of an image's captions.</summary>
public sealed class CaptionAugmentationTests
{
    private static readonly string[] Captions = ["tabby cat", "pet,animal", "on a mat"];

    [Fact]
    public void WithoutAnyChanceOneOfTheCaptionsIsDrawnAsItIs()
    {
        var shown = Shown(new CaptionAugmentation());

        Assert.Equal(Captions.Order(), shown.Keys.Order());
        Assert.All(shown.Values, share => Assert.InRange(share, 1 / 3.0 - 0.04, 1 / 3.0 + 0.04));
    }

    /// <summary>What there is no choice of draws no number, so that runs of before these options are the same.</summary>
    [Fact]
    public void WhatIsLeftOutDrawsNoNumbers()
    {
        var random = new SampleRandom(9);
        var nothing = new CaptionAugmentation();

        Assert.Equal("tabby cat", nothing.Vary(nothing.Choose(["tabby cat"], ref random), ref random));
        Assert.Equal(new SampleRandom(9).NextUInt64(), random.NextUInt64());
    }

    [Fact]
    public void TheFirstComesByItsChanceAndElseAsOneOfAll() =>
        Assert.InRange(Shown(new CaptionAugmentation { FirstChance = 0.4 })["tabby cat"], 0.4 + 0.2 - 0.04, 0.4 + 0.2 + 0.04);

    [Fact]
    public void JoinedCaptionsAreAllOfThemInEveryOrder()
    {
        var shown = Shown(new CaptionAugmentation { JoinChance = 1 });

        Assert.Equal(6, shown.Count);
        Assert.All(shown.Keys, text => Assert.Equal(Captions.Order(), text.Split(", ").Order()));
        var half = Shown(new CaptionAugmentation { JoinChance = 0.5 });
        Assert.InRange(half.Where(text => text.Key.Contains(", ", StringComparison.Ordinal)).Sum(text => text.Value), 0.46, 0.54);
    }

    [Fact]
    public void ShuffledWordsAreTheSameInEveryOrder()
    {
        var shown = Shown(new CaptionAugmentation { ShuffleChance = 1 }, "red, green,blue");

        Assert.Equal(6, shown.Count);
        Assert.All(shown.Keys, text => Assert.Equal(["blue", "green", "red"], text.Split(' ').Order()));
        Assert.InRange(Shown(new CaptionAugmentation { ShuffleChance = 0.5 }, "red, green,blue")["red, green,blue"], 0.46, 0.54);
    }

    [Fact]
    public void WordsAreLeftOutByTheirChanceInTheirOrderAndOneStays()
    {
        var shown = Shown(new CaptionAugmentation { WordDropout = 0.25 }, "one two three");

        Assert.InRange(shown["one two three"], (0.75 * 0.75 * 0.75) - 0.04, (0.75 * 0.75 * 0.75) + 0.04);
        Assert.InRange(shown["one three"], (0.75 * 0.75 * 0.25) - 0.04, (0.75 * 0.75 * 0.25) + 0.04);
        Assert.Equal(7, shown.Count); // every choice of words but none
        Assert.Equal(["one", "three", "two"], Shown(new CaptionAugmentation { WordDropout = 0.999 }, "one two three").Keys
            .Where(text => !text.Contains(' ', StringComparison.Ordinal)).Order());
    }

    [Fact]
    public void AWordAloneStaysAsItIs() =>
        Assert.Equal("cat", Assert.Single(Shown(new CaptionAugmentation { WordDropout = 0.9, ShuffleChance = 1 }, "cat")).Key);

    /// <summary>How often each text is shown.</summary>
    private static Dictionary<string, double> Shown(CaptionAugmentation augmentation, params string[] captions)
    {
        const int draws = 4000;
        return Enumerable.Range(0, draws).Select(key =>
        {
            var random = new SampleRandom(7, key);
            return augmentation.Vary(augmentation.Choose(captions.Length == 0 ? Captions : captions, ref random), ref random);
        }).CountBy(text => text).ToDictionary(text => text.Key, text => text.Value / (double)draws);
    }
}
