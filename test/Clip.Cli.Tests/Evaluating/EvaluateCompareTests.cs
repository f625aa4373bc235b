using Clip.Cli.Tests.Options;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Results;

namespace Clip.Cli.Tests.Evaluating;

/// <summary>Whether one model is better than another, as <c>clip evaluate compare</c> tells it.</summary>
public sealed class EvaluateCompareTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TheVerdictNamesTheBetterOneOrChance()
    {
        var (bad, good) = (Write("bad", right: 20), Write("good", right: 90));

        var up = await CompareAsync(bad, good);
        var down = await CompareAsync(good, bad);
        var same = await CompareAsync(good, good);

        Assert.Equal("pets, zeroshot_classification: good against bad", up[0]);
        Assert.Matches(
            @"^    acc1: 20\.0 % and 90\.0 %, \+70\.0 points \(95 %: \+6\d\.0 to \+7\d\.0, p 0\.0\d\d\): the second is better$", up[1]);
        Assert.Equal("pets, zeroshot_classification: bad against good", down[0]);
        Assert.Matches(
            @"^    acc1: 90\.0 % and 20\.0 %, -70\.0 points \(95 %: -7\d\.0 to -6\d\.0, p 0\.0\d\d\): the first is better$", down[1]);
        Assert.Equal("    acc1: 90.0 % and 90.0 %, 0.0 points (95 %: 0.0 to 0.0, p 1.000): may be chance", same[1]);
    }

    [Fact]
    public async Task EachTaskHasItsHeading()
    {
        EvaluationResult[] results = [Of("model", 50), Of("model", 60) with { Task = EvaluationResult.ProbeTask, FewShot = 4 }];
        ResultFile.Write(_folder["both.json"], results);

        var lines = await CompareAsync(_folder["both.json"], _folder["both.json"]);

        Assert.Equal("pets, zeroshot_classification: model against model", lines[0]);
        Assert.Equal("pets, linear_probe, 4-shot: model against model", lines[2]);
        Assert.Equal(4, lines.Length);
    }

    private string Write(string model, int right)
    {
        ResultFile.Write(_folder[$"{model}.json"], [Of(model, right)]);
        return _folder[$"{model}.json"];
    }

    private static EvaluationResult Of(string model, int right) => Results.Result(
        EvaluationResult.ZeroShotTask,
        [Metric.Of("acc1", new MeanStatistic([.. Enumerable.Range(0, 100).Select(i => i < right ? 1.0 : 0)]), new Bootstrap())], [],
        model: model);

    private static async Task<string[]> CompareAsync(string first, string second)
    {
        using var printed = new PrintedHere();
        Assert.True(await CommandLine.RunAsync(["evaluate", "compare", first, second]) == 0, $"{printed}");
        return printed.Output.TrimEnd('\n').Split('\n');
    }
}
