using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Clip.Experiments.Features;
using Microsoft.ML.Clip.Experiments.Search;
using Microsoft.ML.Clip.Experiments.Tests.DataCheck;

namespace Microsoft.ML.Clip.Experiments.Tests.Search;

/// <summary>Each kind of candidate by itself, on three clouds of features.</summary>
public sealed class TrialTests
{
    private static readonly CandidateSpace Space = new(Rows: 60, Classes: 3, IsUneven: false);

    public static TheoryData<string> Kinds => [.. All().Select(settings => settings.Kind.ToString()).Distinct()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ItTellsCloudsApartAndHasALearningCurve(string kind)
    {
        var folded = Clouded();
        List<string> told = [];
        var trial = Of(folded, All().First(settings => settings.Kind.ToString() == kind));

        trial.Run(folded.Count, CancellationToken.None);
        var curve = LearningCurve.Of(trial, folded, told.Add, CancellationToken.None);

        Assert.InRange(trial.Score().Accuracy, 0.9, 1);
        Assert.Equal(5 - told.Count, curve.Count);
        Assert.InRange(curve[^1].Accuracy, 0.9, 1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TheNestedChoiceSaysSomethingOfEveryRow(string kind)
    {
        var folded = Clouded();
        Trial[] trials =
        [
            .. All().Where(settings => settings.Kind.ToString() == kind).Take(2).SelectMany(settings => settings.Parts.Append(settings))
                .Distinct().Select(settings => Of(folded, settings)),
        ];
        foreach (var trial in trials) trial.Run(folded.Count, CancellationToken.None);

        var nested = NestedChoice.Make(trials, folded, ClipExperimentMetric.MacroRecall, _ => { }, CancellationToken.None)!;

        Assert.All(nested.Probabilities, row => Assert.Equal(1, row.Sum(), 4));
        Assert.InRange(Score.Of(folded.Data.Labels, folded.Folds, Score.Predicted(nested.Probabilities)).Accuracy, 0.9, 1);
    }

    [Fact]
    public void WhatIsSlowDoesNotLoseToWhatIsQuickForTimeAlone()
    {
        var folded = Clouded();
        var random = new Random(1);
        float[][] noise = [.. folded.Folds.Select(_ => (float[])[random.NextSingle() - 0.5f, random.NextSingle() - 0.5f])];
        var variant = new FeatureVariant(["tiny"], ClipImageViews.Center, true, false);
        var quick = new Trial(
            folded, new(CandidateKind.Neighbors) { Neighbors = 1 }, variant, new("noise", noise), new Dictionary<string, float[][]>());
        var slow = Of(folded, Space.Linear().First());
        using var timeIsUp = new CancellationTokenSource();
        var search = new CandidateSearch(folded, ClipExperimentMetric.Accuracy, new Told(told =>
        {
            if (told.Candidate != "Neighbors") timeIsUp.Cancel();
        }), Assert.Fail);

        Assert.True(search.Run([quick], CancellationToken.None));
        Assert.False(search.Run([slow], timeIsUp.Token));
        Assert.Same(quick, search.Ranked()[0]);
        search.Finish(CancellationToken.None);

        Assert.Same(slow, search.Ranked()[0]);
        Assert.True(slow.IsComplete);
    }

    [Fact]
    public void NothingIsLeftToNestInTwoFolds()
    {
        var folded = Clouded() with { Folds = [.. Enumerable.Range(0, 75).Select(row => row % 2)] };

        var halved = new FoldedData(folded.Data, folded.Folds, 0);
        var trial = Of(halved, All().First());
        trial.Run(halved.Count, CancellationToken.None);

        Assert.Null(NestedChoice.Make([trial], halved, default, _ => { }, CancellationToken.None));
    }

    private static IEnumerable<CandidateSettings> All()
    {
        CandidateSettings[] all = [.. Space.Quick([]), .. Space.Linear(), .. Space.Others()];
        return all.Append(new(CandidateKind.Average) { Members = [.. all.DistinctBy(settings => settings.Kind).Take(3)] });
    }

    private static Trial Of(FoldedData folded, CandidateSettings settings) => new(
        folded, settings, new FeatureVariant(["tiny"], ClipImageViews.Center, true, false), new FeatureTable("image", Features().Rows),
        new Dictionary<string, float[][]>());

    private static (float[][] Rows, int[] Labels) Features()
    {
        var (rows, labels) = new Clouds(classes: 3, dimension: 16, seed: 1).Rows(each: 25);
        return ([.. rows], [.. labels]);
    }

    private static FoldedData Clouded()
    {
        var labels = Features().Labels;
        var rows = labels.Select((label, row) => new ExperimentRow($"row {row}", label, null, null, null));
        return new(new ExperimentData([.. rows], ["a", "b", "c"], []), Folds.Of(labels, new string?[labels.Length], 5, seed: 0), 0);
    }

    private sealed class Told(Action<ClipTrial> tell) : IProgress<ClipTrial>
    {
        public void Report(ClipTrial value) => tell(value);
    }
}
