using System.CommandLine;
using System.Text;
using Clip.Cli.Options;
using Clip.Data;
using Clip.Data.Sources;

namespace Clip.Cli.Tests.Options;

/// <summary>How tables and sources are laid out.</summary>
public sealed class TableOptionsTests
{
    [Theory]
    [InlineData("tab", '\t')]
    [InlineData("\\t", '\t')]
    [InlineData("\t", '\t')]
    [InlineData(",", ',')]
    [InlineData(";", ';')]
    [InlineData("|", '|')]
    public void ASeparatorIsOneCharacter(string given, char separator) =>
        Assert.Equal(separator, Parse("--csv-separator", given).Separator);

    [Theory]
    [InlineData("\"", "can be neither a quote nor a line's end")]
    [InlineData("\n", "can be neither a quote nor a line's end")]
    [InlineData("\r", "can be neither a quote nor a line's end")]
    [InlineData("ab", "'ab' is not one character")]
    [InlineData("", "'' is not one character")]
    public void WhatCannotSeparateIsRefused(string given, string told) => Assert.Contains(
        told, Assert.Throws<ClipException>(() => Parse("--csv-separator", given)).Message, StringComparison.Ordinal);

    [Fact]
    public void WithoutOptionsTheLibrarysOwnHold()
    {
        var options = Parse();

        Assert.Equal(new CaptionTableOptions() with { CaptionKeys = options.CaptionKeys, Encoding = options.Encoding }, options);
        Assert.Equal(new CaptionTableOptions().CaptionKeys, options.CaptionKeys);
        Assert.Equal(Encoding.UTF8.WebName, (options.Encoding ?? Encoding.UTF8).WebName);
    }

    [Fact]
    public void EachSetsItsOwn()
    {
        var options = Parse(
            "--csv-quoting", "none", "--csv-encoding", "windows-1252", "--csv-img-key", "file", "--csv-caption-key", "a", "b");

        Assert.Equal(
            (false, "windows-1252", "file", "a b"),
            (options.Quotes, options.Encoding!.WebName, options.ImageKey, string.Join(' ', options.CaptionKeys)));
    }

    /// <summary>No keys are not a list of none, but those that the library looks for.</summary>
    [Fact]
    public void WithoutOptionsASourceIsRecognizedByItself()
    {
        var options = new SourceOptions();

        var source = options.Parse(Parse(options.All));

        var standard = new RecordSourceOptions();
        Assert.Equal(standard with { Table = source.Table }, source);
    }

    private static CaptionTableOptions Parse(params string[] arguments)
    {
        var options = new TableOptions();
        return options.Parse(Parse(options.All, arguments));
    }

    private static ParseResult Parse(IEnumerable<Option> options, params string[] arguments)
    {
        var command = new RootCommand();
        foreach (var option in options) command.Options.Add(option);
        return command.Parse(arguments);
    }
}
