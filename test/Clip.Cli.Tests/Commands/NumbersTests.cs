using System.Globalization;
using Clip.Cli;
using Clip.Cli.Options;

namespace Clip.Cli.Tests.Commands;

/// <summary>Every option of every command that takes a number takes those of the table, and no others.</summary>
public sealed class NumbersTests
{
    public static TheoryData<string, string> Options()
    {
        var rows = new TheoryData<string, string>();
        foreach (var (path, command) in Commands(CommandLine.Root(), ""))
        {
            foreach (var option in command.Options.Where(o => Numbers.RangeOf(o) is not null)) rows.Add(path, option.Name);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void AnOptionTakesItsRangeAndNothingElse(string command, string name)
    {
        var option = Commands(CommandLine.Root(), "").Single(c => c.Path == command).Command.Options.Single(o => o.Name == name);
        var range = Numbers.RangeOf(option)!;
        Assert.All(Good(range), text => Assert.Empty(Errors(command, name, text)));
        Assert.All(
            Bad(range),
            text => Assert.StartsWith($"{name} must be a", Assert.Single(Errors(command, name, text)), StringComparison.Ordinal));
        if (option.HasDefaultValue && option.GetDefaultValue() is IConvertible and not string and var value)
            Assert.True(range.Contains(Convert.ToDouble(value, CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void TheNumbersAreThoseThatWereWritten()
    {
        var parsed = CommandLine.Root().Parse("train --train-data t --model m --lr 2.5e-4 --seed -7 --epochs 3");

        Assert.Equal((2.5e-4, -7L), (parsed.GetValue<double>("--lr"), parsed.GetValue<long>("--seed")));
        Assert.Equal(3, parsed.GetValue<int>("--epochs"));
        Assert.Equal((100L, null), (parsed.GetValue<long>("--warmup"), parsed.GetValue<double?>("--beta1")));
        Assert.Equal([0, 0.25, 1], CommandLine.Root().Parse("interpolate a b --output o --alpha 0 0.25 1").GetValue<double[]>("--alpha")!);
    }

    [Theory]
    [InlineData("--lr 0,001")]
    [InlineData("--lr NaN")]
    [InlineData("--warmup -5")]
    [InlineData("--max-bad 101")]
    [InlineData("--wd NaN")]
    [InlineData("--beta1 1")]
    [InlineData("--grad-clip-norm -1")]
    [InlineData("--lora-rank 100000")]
    [InlineData("--max-minutes Infinity")]
    [InlineData("--epochs 1.5")]
    [InlineData("--batch-size 1,024")]
    [InlineData("--seed 1e3")]
    [InlineData("--keep 0")]
    [InlineData("--val-frequency 0")]
    [InlineData("--zeroshot-frequency 0")]
    [InlineData("--save-frequency 0")]
    [InlineData("--save-steps 0")]
    [InlineData("--epochs 0")]
    [InlineData("--max-steps 0")]
    [InlineData("--accum-freq 0")]
    [InlineData("--batch-size 1")]
    [InlineData("--vocab-size 513")]
    [InlineData("--lr 0")]
    [InlineData("--eps 0")]
    [InlineData("--layer-decay 0")]
    [InlineData("--layer-decay 1.01")]
    [InlineData("--lora-alpha 0")]
    [InlineData("--lora-rank -1")]
    [InlineData("--model-ema-decay 1")]
    [InlineData("--beta2 1")]
    [InlineData("--grad-clip-norm 0")]
    [InlineData("--max-minutes 0")]
    [InlineData("--read-timeout 0")]
    [InlineData("--epochs-cooldown 0")]
    [InlineData("--lr-cooldown-power 0")]
    [InlineData("--lr-cooldown-end -1")]
    [InlineData("--aug-scale 0")]
    [InlineData("--aug-flip 1.01")]
    [InlineData("--aug-zoom 0.91")]
    [InlineData("--aug-hue 0.51")]
    [InlineData("--aug-rotate 181")]
    [InlineData("--aug-translate 1.01")]
    [InlineData("--aug-blur 1.01")]
    [InlineData("--aug-grayscale 1.01")]
    [InlineData("--aug-color-jitter 1.01")]
    [InlineData("--workers -1")]
    public void WhatWentThroughOnceIsRefused(string option) =>
        Assert.Single(CommandLine.Root().Parse($"train --train-data t --model m {option}").Errors);

    private static IEnumerable<string> Good(NumberRange range)
    {
        if (!range.IsAbove) yield return Text(range.Least, range);
        if (!range.IsBelow) yield return Text(range.Most, range);
        yield return Text(range.IsWhole ? Math.Max(range.Least, Math.Min(range.Most, 600)) : (range.Least + range.Most) / 2, range);
    }

    private static IEnumerable<string> Bad(NumberRange range)
    {
        string[] never = ["NaN", "Infinity", "-Infinity", "1,5", "1'000", "0x10", "many", "1e999", "٣"];
        foreach (var text in never) yield return text;
        if (range.IsAbove) yield return Text(range.Least, range);
        if (range.IsBelow) yield return Text(range.Most, range);
        if (range.IsWhole) yield return "1.5";
        if (range.Least > long.MinValue) yield return Text(range.Least - 1, range);
        yield return range.Least > long.MinValue ? Text(range.Most + 1, range) : "9223372036854775808";
    }

    private static string Text(double number, NumberRange range) => range.Least == long.MinValue
        ? ((long)number).ToString(CultureInfo.InvariantCulture)
        : number.ToString("0.#########", CultureInfo.InvariantCulture);

    private static IEnumerable<string> Errors(string command, string name, string text) =>
        CommandLine.Root().Parse([.. command.Split(' '), name, text]).Errors.Select(e => e.Message)
            .Where(message => message.StartsWith(name, StringComparison.Ordinal));

    private static IEnumerable<(string Path, System.CommandLine.Command Command)> Commands(
        System.CommandLine.Command command, string path) =>
        command.Subcommands.SelectMany(sub => Commands(sub, $"{path} {sub.Name}".Trim())).Prepend((path, command));
}
