using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Clip.Testing;
using Clip.Trainer.Commands;

namespace Clip.Trainer.Tests.Docs;

/// <summary>The commands on the pages are ones the program has, and the tables of options say what it takes.</summary>
public sealed partial class DocsCommandTests
{
    private static RootCommand Root() =>
    [
        QuickstartCommand.Create(), TrainCommand.Create(), ClassifyCommand.Create(), EvaluateCommand.Create(), TokenizerCommand.Create(),
    ];

    public static TheoryData<string, string> Commands()
    {
        var rows = new TheoryData<string, string>();
        foreach (var block in DocsPages.All().SelectMany(page => DocsPages.Blocks(page, "sh")))
        {
            foreach (var line in block.Text.Split('\n').Select(l => Clip().Match(l)).Where(m => m.Success)) rows.Add(block.Page, line.Groups[1].Value);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void TheCommandLineTakesIt(string page, string arguments)
    {
        var errors = Root().Parse(arguments).Errors;
        Assert.True(errors.Count == 0, $"{page}: clip {arguments}\n{string.Join('\n', errors.Select(e => e.Message))}");
    }

    [Theory]
    [InlineData("docs/training.md", "## Options", "train")]
    [InlineData("docs/training.md", "## A tokenizer of its own", "tokenizer train")]
    [InlineData("docs/quickstart.md", "## Options", "quickstart")]
    public void TheTableHasEveryOptionAndItsDefault(string page, string heading, string command)
    {
        var lines = DocsPages.Lines(page).SkipWhile(l => l != heading).Skip(1).TakeWhile(l => !l.StartsWith('#'));
        var told = lines.Select(l => Row().Match(l)).Where(m => m.Success).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        var options = Root().Parse(command).CommandResult.Command.Options.ToDictionary(o => o.Name);
        Assert.Equal(options.Keys.Order(), told.Keys.Order());
        Assert.All(told, row => Assert.Equal(row.Value, Default(options[row.Key], row.Value)));
    }

    /// <summary>An option's default, written as the page writes it if it is the same number.</summary>
    private static string? Default(Option option, string told)
    {
        if (option.Required) return "required";
        return (option.HasDefaultValue ? option.GetDefaultValue() : null) switch
        {
            null => "none",
            "\t" => "tab",
            string[] many => string.Join(' ', many),
            string text => text,
            var value => double.TryParse(told, CultureInfo.InvariantCulture, out var number) && number == Convert.ToDouble(value, CultureInfo.InvariantCulture)
                ? told
                : Convert.ToString(value, CultureInfo.InvariantCulture),
        };
    }

    [GeneratedRegex(@"^(?:clip|dotnet run .*Clip\.Trainer --) (.+)$")]
    private static partial Regex Clip();

    [GeneratedRegex(@"^\| `(--[a-z0-9-]+)` \| ([^|]+?) \|")]
    private static partial Regex Row();
}
