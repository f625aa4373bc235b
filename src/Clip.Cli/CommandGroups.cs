using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Clip.Cli.Commands;
using Clip.Cli.Training;

namespace Clip.Cli;

/// <summary>The commands by what they are for, and the help that shows them so.</summary>
internal sealed class CommandGroups
{
    private const string Description = "Uses, converts and trains CLIP models: pictures and texts in one space.";

    private readonly (string Heading, Command[] Commands)[] _groups =
    [
        ("Start here", [QuickstartCommand.Create()]),
        ("Use models", [ClassifyCommand.Create(), CaptionCommand.Create(), EvaluateCommand.Create()]),
        ("Find pictures", [IndexCommand.Create(), SearchCommand.Create(), DuplicatesCommand.Create()]),
        ("Serve", [ServeCommand.Create(), McpCommand.Create()]),
        (
            "Get and convert models",
            [
                PullCommand.Create(), ConvertCommand.Create(), InspectCommand.Create(), QuantizeCommand.Create(),
                InterpolateCommand.Create(), ExportSafetensorsCommand.Create(),
            ]),
        (
            "Train models",
            [
                TrainCommand.Create(), ModelsCommand.Create(), InitCommand.Create(), TokenizerCommand.Create(),
                ExperimentCommand.Create(),
            ]),
        ("Data", [DataCommand.Create()]),
        ("Shell", [CompletionCommand.Create()]),
    ];

    /// <summary>The root, with every command below it in the order of the groups, and with their help.</summary>
    public RootCommand Root()
    {
        var root = new RootCommand(Description);
        foreach (var command in _groups.SelectMany(group => group.Commands)) root.Subcommands.Add(command);
        root.Subcommands.Add(QuickstartUseCommand.Create());
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new GroupedHelp(this, (SynchronousCommandLineAction)help.Action!);
        return root;
    }

    private void Write(TextWriter output)
    {
        var width = 2 + _groups.SelectMany(group => group.Commands).Max(command => command.Name.Length);
        output.WriteLine(Description);
        output.WriteLine();
        output.WriteLine("Usage: clip COMMAND [options]");
        foreach (var (heading, commands) in _groups)
        {
            output.WriteLine();
            output.WriteLine($"{heading}:");
            foreach (var command in commands) output.WriteLine($"  {command.Name.PadRight(width)}{command.Description}");
        }

        output.WriteLine();
        output.WriteLine("Options:");
        output.WriteLine($"  {"--help".PadRight(width)}Shows this; behind a command, its options.");
        output.WriteLine($"  {"--version".PadRight(width)}Shows the version.");
        output.WriteLine();
        output.WriteLine("Exit codes:");
        output.WriteLine($"  {"0".PadRight(width)}Done; also where Ctrl-C has stopped a training, which keeps its checkpoint.");
        output.WriteLine($"  {"1".PadRight(width)}An error, told in one sentence on standard error.");
        output.WriteLine($"  {"130".PadRight(width)}Stopped by Ctrl-C.");
    }

    /// <summary>The root's help; a command's is System.CommandLine's.</summary>
    private sealed class GroupedHelp(CommandGroups groups, SynchronousCommandLineAction usual) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            if (parseResult.CommandResult.Command is not RootCommand) return usual.Invoke(parseResult);
            groups.Write(parseResult.InvocationConfiguration.Output);
            return 0;
        }
    }
}
