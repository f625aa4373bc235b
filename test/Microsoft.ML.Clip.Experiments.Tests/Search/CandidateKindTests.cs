using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Clip.Experiments.Features;
using Microsoft.ML.Clip.Experiments.Search;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Experiments.Tests.Search;

/// <summary>What holds of every kind of candidate, on rows of three well-parted classes.</summary>
public sealed class CandidateKindTests : IDisposable
{
    private const int Dimension = 8;
    private static readonly string[] Classes = ["cat", "dog", "owl"];

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Kinds => [.. Enum.GetNames<CandidateKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void SavedAndLoadedItSaysTheSame(string kind)
    {
        var (trial, _) = Trial(kind);
        var fitted = trial.Fit([.. Enumerable.Range(0, trial.Table.Rows.Length)], CancellationToken.None);
        var ml = new MLContext();
        var rows = ml.Data.LoadFromEnumerable(trial.Table.Rows.Select(row => new Row { ClipFeatures = row }));

        ml.Model.Save(new TransformerChain<ITransformer>([.. fitted.Steps]), rows.Schema, _folder["model.zip"]);
        var loaded = new MLContext().Model.Load(_folder["model.zip"], out _).Transform(rows);

        var expected = fitted.Predict(trial.Table.Rows, CancellationToken.None);
        var scores = loaded.GetColumn<float[]>("Score").ToArray();
        VBuffer<ReadOnlyMemory<char>> names = default;
        loaded.Schema["Score"].GetSlotNames(ref names);
        Assert.Equal(Classes, names.DenseValues().Select(name => name.ToString()));
        for (var i = 0; i < scores.Length; i++)
        {
            // One-versus-all's do not add up to 1; what is predicted of rows here does.
            Assert.Equal(expected[i], scores[i].Select(score => score / scores[i].Sum()), (a, b) => Math.Abs(a - b) < 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AClassThatAFoldLacksGetsNothingAndTheOthersStayInPlace(string kind)
    {
        var (trial, folded) = Trial(kind);
        var withoutDogs = Enumerable.Range(0, folded.Folds.Length).Where(row => folded.Data.Labels[row] != 1).ToArray();

        var said = trial.Fit(withoutDogs, CancellationToken.None).Predict(trial.Table.Rows, CancellationToken.None);

        var predicted = Score.Predicted(said);
        Assert.All(withoutDogs, row => Assert.Equal(folded.Data.Labels[row], predicted[row]));
        Assert.All(said, row => Assert.Equal(Classes.Length, row.Length));
        if (trial.Settings.Templates.Count == 0) Assert.All(withoutDogs, row => Assert.Equal(0, said[row][1], 0.1f));
    }

    [Theory]
    [InlineData("LbfgsMaximumEntropy")]
    [InlineData("SdcaMaximumEntropy")]
    [InlineData("LightGbm")]
    [InlineData("FastTree")]
    public void StoppedInTheMiddleOfAFitTheSearchEndsWithoutAnError(string kind)
    {
        var (trial, folded) = Trial(kind, count: 60_000, spread: 20);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        var search = new CandidateSearch(folded, ClipExperimentMetric.Accuracy, null, text => Assert.Fail(text));

        Assert.False(search.Run([trial], cancellation.Token));
        Assert.Null(NestedChoice.Make(
            [trial], folded, ClipExperimentMetric.Accuracy, text => Assert.Fail(text), cancellation.Token));
    }

    public void Dispose() => _folder.Dispose();

    private static (Trial Trial, FoldedData Folded) Trial(string kind, int count = 72, float spread = 0.1f)
    {
        var random = new Random(1);
        int[] labels = [.. Enumerable.Range(0, count).Select(i => i % 3)];
        float[][] rows = [.. labels.Select(label => Near(label, random, spread))];
        var data = new ExperimentData([.. labels.Select((label, i) => new ExperimentRow($"{i}", label, null, null, null))], Classes, []);
        var folded = new FoldedData(data, Folds.Of(labels, data.Groups, 4, 0), 0);
        var space = new CandidateSpace(54, 3, IsUneven: false);
        var all = space.Quick([new("names", ["{}"])]).Concat(space.Linear()).Concat(space.Others()).DistinctBy(one => one.Kind).ToArray();
        var settings = all.Append(new(CandidateKind.Average) { Members = all })
            .First(settings => settings.Kind == Enum.Parse<CandidateKind>(kind));
        float[][] directions = [Near(0, null), Near(1, null), Near(2, null)];
        var variant = new FeatureVariant(["model"], ClipImageViews.Center, true, false);
        var named = new Dictionary<string, float[][]> { ["names"] = directions };
        return (new Trial(folded, settings, variant, new("image", rows), named), folded);
    }

    /// <summary>Along an axis of its own, or nearly.</summary>
    private static float[] Near(int label, Random? random, float spread = 0.1f)
    {
        float[] row =
        [
            .. Enumerable.Range(0, Dimension).Select(i => (i == label ? 1 : 0) + spread * ((random?.NextSingle() ?? 0.5f) - 0.5f)),
        ];
        var length = MathF.Sqrt(row.Sum(x => x * x));
        return Array.ConvertAll(row, x => x / length);
    }

    private sealed class Row
    {
        [VectorType(Dimension)]
        public float[] ClipFeatures { get; set; } = [];
    }
}
