namespace Microsoft.ML.Clip.Tests.Text;

public class PromptTemplatesTests
{
    [Theory]
    [InlineData("a photo of a {}.", "a photo of a {c}.")]
    [InlineData("a photo of a {c}.", "a photo of a {c}.")]
    [InlineData("a {object}, a type of {label}", "a {c}, a type of {c}")]
    public void PutsTheLabelInEveryPlace(string template, string expected)
    {
        // A label may itself look like a placeholder or a replacement pattern.
        Assert.Equal(expected, PromptTemplates.Apply(template, "{c}"));
        Assert.Equal(expected.Replace("{c}", "$0"), PromptTemplates.Apply(template, "$0"));
    }

    [Theory]
    [InlineData("a photo")]
    [InlineData("a photo of a { }")]
    [InlineData("")]
    public void RefusesATemplateWithoutPlace(string template)
    {
        var e = Assert.Throws<ArgumentException>(() => PromptTemplates.Apply(template, "dog"));

        Assert.StartsWith($"The template '{template}' has no place for the label; write {{}} or {{c}} where it goes.", e.Message);
    }

    [Fact]
    public void TheTemplatesOfThePaper()
    {
        Assert.Equal("a photo of a dog.", PromptTemplates.Apply(Assert.Single(PromptTemplates.Default), "dog"));

        // As published, faults of language and all: openai/CLIP, notebooks/Prompt_Engineering_for_ImageNet.ipynb.
        Assert.Equal(
            [
                "itap of a {}.", "a bad photo of the {}.", "a origami {}.", "a photo of the large {}.", "a {} in a video game.",
                "art of the {}.", "a photo of the small {}.",
            ], PromptTemplates.ImageNetSimple);
    }
}
