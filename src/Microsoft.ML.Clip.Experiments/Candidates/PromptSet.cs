namespace Microsoft.ML.Clip.Experiments.Candidates;

/// <summary>Templates that are tried together.</summary>
/// <param name="Name">For people.</param>
/// <param name="Templates">Sentences with a place for the class.</param>
internal sealed record PromptSet(string Name, IReadOnlyList<string> Templates)
{
    private static readonly string[] Drawn =
    [
        "{}", "a drawing of {}.", "an icon of {}.", "a picture of {}.", "an illustration of {}.", "clip art of {}.",
    ];

    private static readonly string[] Topics = ["{}", "this is about {}.", "a text about {}."];

    /// <summary>The sets that are tried: the user's, and those that suit the inputs.</summary>
    public static IReadOnlyList<PromptSet> For(bool usesImages, IReadOnlyList<string>? given)
    {
        List<PromptSet> sets = [new("names", ["{}"])];
        if (given is { Count: > 0 }) sets.Add(new("given", given));
        if (usesImages)
            sets.AddRange([new("photo", PromptTemplates.Default), new("ensemble", PromptTemplates.ImageNetSimple), new("drawing", Drawn)]);
        else
            sets.Add(new("topic", Topics));
        return sets;
    }
}
