using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Clip.Experiments.Features;
using Microsoft.ML.Clip.Experiments.Search;

namespace Microsoft.ML.Clip.Experiments.Tests.Search;

/// <summary>Where there is nothing to learn, the best of many candidates looks good by chance; the nested estimate must not.</summary>
public sealed class NestedChoiceTests
{
    private const int RowCount = 48, Dimension = 8, Draws = 40;

    [Fact]
    public void OnLabelsDrawnByLotTheEstimateIsChance()
    {
        double[] chosen = new double[Draws], nested = new double[Draws];
        Parallel.For(0, Draws, draw => (chosen[draw], nested[draw]) = Estimates(draw));

        var (lucky, _) = Score.Mean(chosen);
        var (honest, error) = Score.Mean(nested);
        Assert.True(lucky > 0.55, $"The best of all candidates should look good by chance, and has {lucky:P1}.");
        Assert.True(Math.Abs(honest - 0.5) < 3 * error, $"{honest:P1} ± {error:P1} is told, where 50 % is all there is; best {lucky:P1}.");
    }

    private static (double Chosen, double Nested) Estimates(int seed)
    {
        var random = new Random(seed);
        float[][] rows = [.. Enumerable.Range(0, RowCount).Select(_ => Unit(random))];
        int[] labels = [.. Enumerable.Range(0, RowCount).Select(i => i % 2)];
        random.Shuffle(labels);
        var data = new ExperimentData([.. labels.Select((label, i) => new ExperimentRow($"{i}", label, null, null, null))], ["a", "b"], []);
        var folded = new FoldedData(data, Folds.Of(labels, data.Groups, 4, seed), seed);
        float[][] toClasses = [Unit(random), Unit(random)];
        var directions = new Dictionary<string, float[][]> { ["names"] = toClasses, ["photo"] = toClasses };
        var space = new CandidateSpace(36, 2, IsUneven: false);
        PromptSet[] prompts = [new("names", ["{}"]), new("photo", ["a photo of {}"])];
        var variant = new FeatureVariant(["model"], ClipImageViews.Center, true, false);
        var search = new CandidateSearch(folded, ClipExperimentMetric.Accuracy, null, _ => { });
        search.Run(
            [
                .. space.Quick(prompts)
                    .Select(s => new Trial(folded, s, variant, new("image", rows), directions)),
            ],
            CancellationToken.None);
        search.RunAverage(CancellationToken.None);
        var ranked = search.Ranked();
        var nested = NestedChoice.Make(ranked, folded, ClipExperimentMetric.Accuracy, _ => { }, CancellationToken.None)!;
        return (ranked[0].Score().Accuracy, Score.Of(labels, nested.Folds, Score.Predicted(nested.Probabilities)).Accuracy);
    }

    private static float[] Unit(Random random)
    {
        float[] row = [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f)];
        var length = MathF.Sqrt(row.Sum(x => x * x));
        return Array.ConvertAll(row, x => x / length);
    }
}
