using Clip.Cli.Tests.Options;

namespace Clip.Cli.Tests.Commands;

/// <summary>Commands in this process, and what they print.</summary>
internal static class PrintedCommands
{
    /// <summary>A command that does what it should: the lines on standard output.</summary>
    public static async Task<string[]> LinesAsync(params string[] arguments) => Lines((await DoneAsync(arguments)).Output);

    /// <summary>A command that does what it should: both streams.</summary>
    public static async Task<(string Output, string Error)> DoneAsync(params string[] arguments)
    {
        using var printed = new PrintedHere();
        Assert.True(await CommandLine.RunAsync(arguments) == 0, $"{printed}");
        return (printed.Output, printed.Error);
    }

    /// <summary>A command that fails: its one sentence, and nothing but that.</summary>
    public static async Task<string> RefusedAsync(params string[] arguments)
    {
        using var printed = new PrintedHere();
        Assert.Equal(1, await CommandLine.RunAsync(arguments));
        Assert.Equal("", printed.Output);
        var line = Assert.Single(Lines(printed.Error));
        Assert.StartsWith("clip: ", line, StringComparison.Ordinal);
        return line["clip: ".Length..];
    }

    /// <summary>Text by its lines.</summary>
    public static string[] Lines(string text) => text.Length == 0 ? [] : text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
}
