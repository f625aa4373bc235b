using System.Text;
using Clip.Data.Sources;

namespace Clip.Data.Tests.Sources;

/// <summary>Which strings of a record's JSON are its captions.</summary>
public sealed class JsonCaptionsTests
{
    [Theory]
    [InlineData("""{"caption": " a cat "}""", "a cat")]
    [InlineData("""{"text": "b", "caption": "a"}""", "a")]
    [InlineData("""{"caption": ["a", " ", 3, null, "b "], "text": "c"}""", "a|b")]
    [InlineData("""{"caption": null, "text": "b", "title": "c"}""", "b")]
    [InlineData("""{"caption": 3, "title": ["c", "d"]}""", "c|d")]
    [InlineData("""{"caption": [], "text": "b"}""", "b")]
    [InlineData("""{"caption": {"text": "deep"}, "text": "b"}""", "b")]
    [InlineData("""{"caption": "caf\u00e9 \"au lait\""}""", "café \"au lait\"")]
    [InlineData("""{"Caption": "x", "text": "b"}""", "b")]
    public void WithoutNamesTheFirstOfTheUsualThatIsThereCounts(string json, string expected) =>
        Assert.Equal(expected.Split('|'), Read(json, JsonCaptions.DefaultKeys));

    /// <summary>All that are named, in the order of the names.</summary>
    [Theory]
    [InlineData("""{"text": "b", "caption": "a"}""", "text caption", "b|a")]
    [InlineData("""{"blip": ["x", "y"], "alt": "z"}""", "alt blip", "z|x|y")]
    [InlineData("""{"blip": "x"}""", "alt blip", "x")]
    [InlineData("""{"caption": "a", "text": "b", "title": "c"}""", "caption text title", "a|b|c")]
    public void WithNamesAllOfThemCount(string json, string keys, string expected) =>
        Assert.Equal(expected.Split('|'), Read(json, keys.Split(' ')));

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("\"caption\"")]
    [InlineData("null")]
    [InlineData("""{"caption": " "}""")]
    [InlineData("""{"words": "x"}""")]
    public void WhereThereIsNoneTheNamesAreTold(string json) => Assert.Equal(
        "the .json has no caption under caption, text, title",
        Assert.Throws<InvalidDataException>(() => Read(json, JsonCaptions.DefaultKeys)).Message);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"caption\": \"a\"")]
    [InlineData("caption: a")]
    public void WhatIsNoJsonIsDamaged(string json) => Assert.StartsWith(
        "the .json is damaged: ",
        Assert.Throws<InvalidDataException>(() => Read(json, JsonCaptions.DefaultKeys)).Message, StringComparison.Ordinal);

    private static IReadOnlyList<string> Read(string json, IReadOnlyList<string> keys) =>
        JsonCaptions.Read(Encoding.UTF8.GetBytes(json), keys);
}
