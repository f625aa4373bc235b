namespace Clip.EndToEnd.Tests;

/// <summary>What a shell's user meets before any command: the list of commands, and completion.</summary>
public sealed class ShellTests
{
    [Fact]
    public async Task HelpGroupsTheCommandsAndTellsTheExitCodes()
    {
        var lines = (await ClipProcess.RunAsync("--help")).Succeeded().OutputLines;
        string[] ordered =
        [
            "Start here:", "quickstart ", "Use models:", "classify ", "evaluate ", "Get and convert models:", "pull ", "convert ",
            "Train models:", "train ", "Data:", "data ", "Shell:", "completion ", "Options:", "Exit codes:", "0 ", "1 ", "130 ",
        ];
        var places = ordered.Select(start => Array.FindIndex(lines, line => line.StartsWith(start, StringComparison.Ordinal))).ToArray();
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
        Assert.DoesNotContain(lines, line => line.Contains("quickstart-use", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ACommandsHelpHasItsOptions()
    {
        var help = (await ClipProcess.RunAsync("classify", "--help")).Succeeded().Output;
        Assert.Contains("--no-preview", help, StringComparison.Ordinal);
        Assert.Contains("[default: Xenova/clip-vit-base-patch32]", help, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("bash", "-n")]
    [InlineData("zsh", "-n")]
    [InlineData("fish", "-n")]
    public async Task AScriptIsSound(string shell, string check)
    {
        SkipWithout(shell);
        using var folder = new TempFolder();
        var script = folder.Write("script", (await ClipProcess.RunAsync("completion", shell)).Succeeded().Output);
        using var process = ChildProcess.Start(shell, folder.Path, [check, script]);
        Assert.Empty((await process.FinishAsync()).Succeeded().Error);
    }

    [SkippableTheory]
    [InlineData("clip cla", "classify")]
    [InlineData("clip classify --te", "--templates")]
    [InlineData("clip pull x --precision ", "auto fp16 fp32 int8")]
    [InlineData("clip pull x --precision f", "fp16 fp32")]
    [InlineData("clip classify --model openai/cli", "")]
    [InlineData("clip classify --model clip-vit-b-3", "clip-vit-b-32")]
    [InlineData("clip completion ", "bash fish zsh")]
    [InlineData("clip data s", "shard split stats")]
    [InlineData("clip classify ", "")] // files, which bash adds
    [InlineData("clip classify /h", "")]
    public async Task BashCompletes(string line, string expected)
    {
        SkipWithout("bash");
        const string complete =
            """
            source script; COMP_LINE="$1"; COMP_POINT=${#COMP_LINE}
            read -ra COMP_WORDS <<< "$1"; [[ "$1" == *" " ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _clip; echo "${COMPREPLY[*]}"
            """;
        using var folder = WithClip();
        folder.Write("script", (await ClipProcess.RunAsync("completion", "bash")).Succeeded().Output);
        Assert.Equal(expected, await RunAsync(folder, "bash", "-c", complete, "bash", line));
    }

    [SkippableTheory]
    [InlineData("clip cla", "classify")]
    [InlineData("clip classify --te", "--templates")]
    [InlineData("clip pull x --precision f", "fp16 fp32")]
    public async Task FishCompletes(string line, string expected)
    {
        SkipWithout("fish");
        using var folder = WithClip();
        folder.Write("script", (await ClipProcess.RunAsync("completion", "fish")).Succeeded().Output);
        Assert.Equal(expected, (await RunAsync(folder, "fish", "-c", $"source script; complete -C '{line}'")).Replace('\n', ' '));
    }

    private static void SkipWithout(string shell) => Skip.IfNot(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(place => File.Exists(Path.Combine(place, shell))),
        $"There is no {shell} here.");

    /// <summary>A folder with the command by its name, as an installed tool has it.</summary>
    private static TempFolder WithClip()
    {
        var folder = new TempFolder();
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var program = folder.Write("clip", $"#!/bin/sh\nexec '{dotnet}' '{ClipProcess.Arguments([]).Single()}' \"$@\"\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return folder;
    }

    private static async Task<string> RunAsync(TempFolder folder, string shell, params string[] arguments)
    {
        var path = $"{folder.Path}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}";
        using var process = ChildProcess.Start(shell, folder.Path, arguments, new Dictionary<string, string> { ["PATH"] = path });
        return (await process.FinishAsync()).Succeeded().Output.Trim();
    }
}
