namespace Clip.Data.Tests;

/// <summary>What is done to pictures unless it is asked for otherwise, and what is written of it.</summary>
public sealed class AugmentationSettingsTests
{
    /// <summary>As open_clip trains: crops of at least nine tenths, between 3 : 4 and 4 : 3, and nothing else.</summary>
    [Fact]
    public void ByDefaultPicturesAreCroppedAlone()
    {
        var usual = new Augmentation();

        Assert.Equal(new RandomResizedCrop(0.9, 1, 0.75, 4 / 3.0), usual.Crop);
        Assert.Null(usual.Background);
        Assert.False(usual.DropsAlpha);
        double[] changes =
        [
            usual.FlipChance, usual.Rotation, usual.Translation, usual.Zoom, usual.OutlineChance, usual.ColorJitter, usual.Hue,
            usual.GrayscaleChance, usual.BlurChance,
        ];
        Assert.All(changes, change => Assert.Equal(0, change));
    }

    /// <summary>Zhang et al. 2020, section 3.2.</summary>
    [Fact]
    public void ConVirtIsAsItsPaperSays() => Assert.Equal(
        new Augmentation
        {
            Crop = new RandomResizedCrop(0.6, 1, 3 / 4.0, 4 / 3.0),
            FlipChance = 0.5,
            Rotation = 20,
            Translation = 0.1,
            Zoom = 0.05,
            ColorJitter = 0.4,
            BlurChance = 1,
        },
        Augmentation.ConVirt);

    [Fact]
    public void APictureIsStillWhereNothingIsDrawn()
    {
        var still = new Augmentation { Crop = new RandomResizedCrop(1) };

        Assert.True(still.IsStill);
        Assert.True((still with { Background = Background.Parse("white"), DropsAlpha = true }).IsStill);
        Assert.True((still with { Crop = new RandomResizedCrop(1, 1, 1, 1) }).IsStill);
        Augmentation[] others =
        [
            new(), still with { Crop = new RandomResizedCrop(0.999) }, still with { Background = Background.Parse("random") },
            still with { FlipChance = 0.5 }, still with { Rotation = 1 }, still with { Translation = 0.1 }, still with { Zoom = 0.1 },
            still with { OutlineChance = 0.1 }, still with { ColorJitter = 0.1 }, still with { Hue = 0.1 },
            still with { GrayscaleChance = 0.1 }, still with { BlurChance = 0.1 },
        ];
        Assert.All(others, other => Assert.False(other.IsStill));
    }

    [Theory]
    [InlineData("white", "#ffffff", 255, 255, 255)]
    [InlineData("black", "#000000", 0, 0, 0)]
    [InlineData("#01A0fe", "#01a0fe", 1, 160, 254)]
    public void ABackgroundIsWrittenAsItIsRead(string text, string written, byte red, byte green, byte blue)
    {
        var background = Background.Parse(text)!;

        Assert.Equal((red, green, blue), background.Color);
        Assert.Equal([red, green, blue], background.Bytes!);
        Assert.Equal(written, background.ToString());
        Assert.Equal(background, Background.Parse(background.ToString()));
    }

    [Fact]
    public void ARandomBackgroundHasNoColor()
    {
        Assert.Equal("random", Background.Parse("random")!.ToString());
        Assert.Null(Background.Parse("random")!.Color);
        Assert.Null(Background.Parse("none"));
    }

    [Theory]
    [InlineData("#fff")]
    [InlineData("#0102034")]
    [InlineData("#01020g")]
    [InlineData("010203")]
    [InlineData("# 10203")]
    [InlineData("White")]
    [InlineData("")]
    public void AnythingElseIsNoBackground(string text) =>
        Assert.Contains($"'{text}' is not a background", Assert.Throws<ClipException>(() => Background.Parse(text)).Message);
}
