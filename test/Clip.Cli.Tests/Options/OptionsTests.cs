using System.CommandLine;

namespace Clip.Cli.Tests.Options;

/// <summary>
/// Every option of every command, given an unusual value, is seen in what the command does, and not without it. Those of
/// <c>clip train</c> have <see cref="Commands.TrainOptionsTests"/>, which are finer.
/// </summary>
public sealed class OptionsTests(OptionStage stage) : IClassFixture<OptionStage>
{
    public static TheoryData<string, string, string, string> Rows()
    {
        var rows = new TheoryData<string, string, string, string>();
        foreach (var row in OptionRows.All) rows.Add(row.Option, row.Without, row.With, row.Seen);
        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task AnOptionIsSeenInWhatTheCommandDoes(string option, string without, string with, string seen)
    {
        Assert.Contains($"{option} ", $"{with} ", StringComparison.Ordinal);
        var (before, after) = (await stage.OnceAsync(without), await stage.OnceAsync(with));
        if (seen == OptionRows.Another)
        {
            Assert.NotEqual(before, after);
            Assert.Equal(before, await stage.RunAsync(without));
            return;
        }

        if (seen.StartsWith("not ", StringComparison.Ordinal)) (before, after, seen) = (after, before, seen["not ".Length..]);
        Assert.Contains(seen, after, StringComparison.Ordinal);
        Assert.DoesNotContain(seen, before, StringComparison.Ordinal);
    }

    /// <summary>An option that is added needs a row.</summary>
    [Fact]
    public void EveryOptionHasARow()
    {
        var tried = OptionRows.All.Select(row => $"{row.Command} {row.Option}").Union(OptionRows.Unseen.Keys);
        var there = Commands(CommandLine.Root(), "")
            .Where(one => !OptionRows.Elsewhere.ContainsKey(one.Name))
            .SelectMany(one => one.Command.Options.Where(option => !option.Recursive).Select(option => $"{one.Name} {option.Name}"));

        var names = there.Where(name => !name.EndsWith("--help", StringComparison.Ordinal)).ToList();
        Assert.Empty(names.Except(tried));
        Assert.Empty(tried.Except(names));
    }

    private static IEnumerable<(string Name, System.CommandLine.Command Command)> Commands(
        System.CommandLine.Command command, string path) =>
        command.Subcommands.SelectMany(sub => Commands(sub, $"{path}{sub.Name} ").Prepend(($"{path}{sub.Name}", sub)));
}
