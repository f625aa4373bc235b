using System.CommandLine;

namespace Clip.Cli.Commands;

/// <summary><c>clip completion</c>: what a shell needs to complete commands, options and their values.</summary>
/// <remarks>The scripts ask this program, by System.CommandLine's <c>[suggest]</c> directive, and so know every option.</remarks>
internal static class CompletionCommand
{
    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish; the script's first lines tell where it goes." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Prints a script that lets a shell complete clip's commands and options.")
        {
            shell,
        };
        command.SetAction(parsed =>
        {
            var name = $"clip.{parsed.GetValue(shell)}";
            using var script = new StreamReader(typeof(CompletionCommand).Assembly.GetManifestResourceStream(name)!);
            // Shells take no other line ends, wherever this was built.
            Console.Write(script.ReadToEnd().ReplaceLineEndings("\n"));
        });
        return command;
    }
}
