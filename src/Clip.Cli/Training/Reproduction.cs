using System.CommandLine;
using System.CommandLine.Parsing;
using Clip.Trainer.Training;

namespace Clip.Cli.Training;

/// <summary><c>clip train --reproduce RUN --output OTHER</c>: the command line of a run, from its record.</summary>
internal static class Reproduction
{
    public const string Option = "--reproduce";

    /// <summary>What the user gave of options, for a run's record; not where to, nor that it was resumed or repeated.</summary>
    public static IReadOnlyDictionary<string, string[]> Arguments(ParseResult parsed) =>
        parsed.CommandResult.Children.OfType<OptionResult>()
            .Where(option => !option.Implicit && option.Option.Name is not ("--output" or "--resume" or Option))
            .ToDictionary(option => option.Option.Name, option => option.Tokens.Select(token => token.Value).ToArray());

    /// <summary>Puts a recorded run's options into a command that repeats it; other commands stay as they are.</summary>
    /// <exception cref="ClipException">There is no such record, or other options are given too.</exception>
    public static string[] Expand(string[] args)
    {
        if (args is not ["train", ..] || !args.Any(a => a == Option || a.StartsWith(Option + "=", StringComparison.Ordinal))) return args;
        if (ValueOf(args, Option) is not { } run || ValueOf(args, "--output") is not { } output
            || args.Skip(1).Count(a => a.StartsWith("--", StringComparison.Ordinal)) != 2)
            throw new ClipException(
                $"{Option} takes the folder of a run, and --output beside it, and nothing else; every other option is the recorded one's.");

        var record = RunRecord.Load(run);
        if (record.CommandLine() is not { } words)
            throw new ClipException($"The run {run} was not started by 'clip train', so there is no command to repeat.");
        if (record.Changes is [var change, ..])
            throw new ClipException($"The run {run} changed on its way ({change}), so no one command repeats it.");
        (run, output) = (Path.GetFullPath(run), Path.GetFullPath(output));
        if (!Directory.Exists(record.WorkingFolder))
            throw new ClipException(
                $"The run {run} was started in {record.WorkingFolder}, which is no more; restore it, for paths may begin there.");
        Environment.CurrentDirectory = record.WorkingFolder;
        return ["train", .. words, "--output", output, Option, run];
    }

    private static string? ValueOf(string[] args, string name)
    {
        var index = Array.FindIndex(args, a => a == name || a.StartsWith(name + "=", StringComparison.Ordinal));
        if (index < 0) return null;
        return args[index].Length > name.Length ? args[index][(name.Length + 1)..] : args.ElementAtOrDefault(index + 1);
    }
}
