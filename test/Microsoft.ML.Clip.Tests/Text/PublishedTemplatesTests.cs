using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Clip.Tests.Text;

public class PublishedTemplatesTests
{
    /// <summary>
    /// To the letter and in the order of openai/CLIP at d05afc4 (<c>data/prompts.md</c>, and ImageNet's in
    /// <c>notebooks/Prompt_Engineering_for_ImageNet.ipynb</c>): how many there are, and the SHA-256 of their lines.
    /// </summary>
    [Theory]
    [InlineData(nameof(PromptTemplates.ImageNet), 80, "4f976686fb651bb5")]
    [InlineData(nameof(PromptTemplates.Cifar), 18, "9bbf912e1144ca4c")]
    [InlineData(nameof(PromptTemplates.Caltech101), 34, "90561580b7ea5dba")]
    [InlineData(nameof(PromptTemplates.DescribableTextures), 8, "1f6888d2130f62a4")]
    [InlineData(nameof(PromptTemplates.EuroSat), 3, "9bc85d9f1798d03b")]
    [InlineData(nameof(PromptTemplates.FgvcAircraft), 2, "91522de75ad44711")]
    [InlineData(nameof(PromptTemplates.Flowers102), 1, "bfcd4bbb214d5015")]
    [InlineData(nameof(PromptTemplates.Food101), 1, "77a79bac7d9cf25b")]
    [InlineData(nameof(PromptTemplates.Mnist), 1, "c0341e0a1fdfd8fb")]
    [InlineData(nameof(PromptTemplates.OxfordPets), 1, "16a0790f0e45e97e")]
    [InlineData(nameof(PromptTemplates.PascalVoc2007), 1, "e8e367e769f86c27")]
    [InlineData(nameof(PromptTemplates.Resisc45), 18, "8f390b8578e5c3bf")]
    [InlineData(nameof(PromptTemplates.StanfordCars), 8, "255ecc632c41182c")]
    [InlineData(nameof(PromptTemplates.Sun397), 2, "c97a3d1ad5819800")]
    public void TheSetsAreThePublishedOnes(string name, int count, string sha256)
    {
        var templates = (IReadOnlyList<string>)typeof(PromptTemplates).GetProperty(name)!.GetValue(null)!;

        Assert.Equal(count, templates.Distinct().Count());
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', templates)));
        Assert.StartsWith(sha256, Convert.ToHexStringLower(hash), StringComparison.Ordinal);
    }

    [Fact]
    public void TheSevenAreSomeOfTheEighty() => Assert.Empty(PromptTemplates.ImageNetSimple.Except(PromptTemplates.ImageNet));

    /// <summary>Numbers measured with them are of these words.</summary>
    [Fact]
    public void TheLibrarysOwnSetKeepsItsWording() => Assert.Equal(
        ["a photo of a {}.", "a video frame with a {}.", "a blurry video frame with a {}.", "a {} in a home video."],
        PromptTemplates.VideoFrames);

    /// <summary>A set that is added fails here until it is compared, or is known to be the library's own.</summary>
    [Fact]
    public void EverySetIsComparedWithThePublishedOne()
    {
        string[] own = [nameof(PromptTemplates.Default), nameof(PromptTemplates.ImageNetSimple), nameof(PromptTemplates.VideoFrames)];
        var compared = typeof(PublishedTemplatesTests).GetMethod(nameof(TheSetsAreThePublishedOnes))!
            .GetCustomAttributes(typeof(InlineDataAttribute), false)
            .Select(row => (string)((InlineDataAttribute)row).GetData(null!).Single()[0]);

        Assert.Equal(
            typeof(PromptTemplates).GetProperties().Select(property => property.Name).Except(own).Order(StringComparer.Ordinal),
            compared.Order(StringComparer.Ordinal));
    }
}
