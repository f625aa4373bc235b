using Microsoft.ML.Clip.Experiments.Candidates;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Experiments.Tests;

public sealed class ClipExperimentTests : IDisposable
{
    private readonly Colors _colors = new();
    private readonly MLContext _ml = new(seed: 0);

    [Fact]
    public void ColorsAreToldApartAndTheModelIsPlainMLNet()
    {
        var pictures = _colors.Pictures(24);

        using var result = Classify(pictures);

        Assert.Equal(["blue", "green", "red"], result.Classes);
        Assert.Equal(1, result.Best.Accuracy);
        Assert.Equal(1, result.Accuracy);
        Assert.True(result.IsNested);
        result.SaveModel(_colors["out/model.zip"]);
        var ml = new MLContext();
        var model = ml.Model.Load(_colors["out/model.zip"], out var schema);
        Assert.Equal(["Path"], schema.Select(column => column.Name));
        var said = model.Transform(ml.Data.LoadFromEnumerable(pictures));
        Assert.Equal(pictures.Select(picture => picture.Color), said.GetColumn<string>("PredictedLabel"));
        VBuffer<ReadOnlyMemory<char>> names = default;
        said.Schema["Score"].GetSlotNames(ref names);
        Assert.Equal(result.Classes, names.DenseValues().Select(name => name.ToString()));
        (model as IDisposable)?.Dispose();
    }

    [Fact]
    public void EveryKindOfCandidateIsTriedAndListed()
    {
        using var result = Classify(_colors.Pictures(75), _colors.Options with { Kinds = null, Folds = 3 });

        Assert.Equal(
            Enum.GetNames<CandidateKind>().Order(StringComparer.Ordinal),
            result.Trials.Select(trial => trial.Candidate).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(1, result.Trials.Count), result.Trials.Select(trial => trial.Rank));
        Assert.Equal([1, 2, 4, 8, 16], result.Curve.Select(point => point.PicturesPerClass));
        result.SaveLeaderboard(_colors["leaderboard.csv"]);
        var lines = File.ReadAllLines(_colors["leaderboard.csv"]);
        Assert.Equal(result.Trials.Count + 1, lines.Length);
        Assert.StartsWith("rank,candidate,settings,features,accuracy", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void ATieGoesToTheSimplest()
    {
        using var result = Classify(_colors.Pictures(24));

        Assert.Equal("ZeroShot", result.Best.Candidate);
        Assert.All(result.Trials, trial => Assert.Equal(trial.Candidate == "ZeroShot", trial.TrainingSize == 0));
    }

    [Fact]
    public void ASeedDecidesEverything()
    {
        var options = _colors.Options with
        {
            Kinds = [CandidateKind.Neighbors, CandidateKind.LbfgsMaximumEntropy, CandidateKind.SdcaMaximumEntropy, CandidateKind.Average],
            Folds = 3,
        };
        using var first = Classify(_colors.Pictures(30), options);
        using var again = Classify(_colors.Pictures(30), options);

        Assert.Equal(first.Trials.Select(Timeless), again.Trials.Select(Timeless));
        Assert.Equal(first.Folds.Probabilities, again.Folds.Probabilities);

        static ClipTrial Timeless(ClipTrial trial) => trial with { Seconds = 0 };
    }

    [Fact]
    public void ASecondExperimentComputesNoFeatureAnew()
    {
        Classify(_colors.Pictures(12)).Dispose();
        var kept = Directory.GetFiles(_colors["cache"], "*", SearchOption.AllDirectories);
        Assert.NotEmpty(kept);

        Classify(_colors.Pictures(12)).Dispose();

        Assert.Equal(kept.Order(), Directory.GetFiles(_colors["cache"], "*", SearchOption.AllDirectories).Order());
    }

    [Fact]
    public void CanceledItGivesTheBestSoFar()
    {
        using var cancellation = new CancellationTokenSource();

        using var result = Classify(_colors.Pictures(24), progress: new At(_ => cancellation.Cancel()), cancellation: cancellation.Token);

        Assert.True(result.IsCanceled);
        Assert.False(result.IsNested);
        Assert.NotEmpty(result.Trials);
        Assert.Equal(24, result.Folds.Probabilities.Length);
        Assert.DoesNotContain(result.Folds.Probabilities, row => row is null);
        Assert.Equal(result.Folds.Folds.Distinct().Count(), result.Best.Folds); // measured to its end
        result.SaveModel(_colors["model.zip"]);
    }

    [Fact]
    public void CanceledBeforeTheFeaturesAreThereItThrows()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => Classify(_colors.Pictures(12), cancellation: cancellation.Token));
    }

    [Fact]
    public void TwentyPicturesOfTwoClassesAreDoneInHalfAMinute()
    {
        using var result = Classify(
            _colors.Pictures(20, colors: 2), _colors.Options with { TimeLimit = TimeSpan.FromSeconds(30), Kinds = null });

        Assert.Equal(2, result.Classes.Count);
        Assert.Equal(1, result.Best.Accuracy);
    }

    [Fact]
    public void UnreadablePicturesAreLeftOutAndTold()
    {
        var pictures = _colors.Pictures(12);
        File.WriteAllText(_colors["broken.png"], "no picture");

        using var result = Classify([.. pictures, new Picture { Path = _colors["broken.png"], Color = "red" }]);

        Assert.Equal(12, result.Data.Rows.Count);
        Assert.Equal(_colors["broken.png"], Assert.Single(result.Data.Unreadable).Name);
    }

    [Fact]
    public void TextsAreClassifiedInTheSameWay()
    {
        Picture[] texts =
        [
            .. _colors.Pictures(24).Select((picture, i) => new Picture
            {
                Color = picture.Color, Caption = i % 2 == 0 ? picture.Color : $"{picture.Color} {picture.Color}",
            }),
        ];

        using var result = ClipExperiment.Classify(
            _ml, _ml.Data.LoadFromEnumerable(texts), "Color", null, _colors.Options with { TextColumnName = "Caption" });

        Assert.Equal(1, result.Best.Accuracy);
        var said = result.Model.Transform(_ml.Data.LoadFromEnumerable(texts)).GetColumn<string>("PredictedLabel");
        Assert.Equal(texts.Select(text => text.Color), said);
    }

    [Fact]
    public void PicturesAndTextsGoTogether()
    {
        Picture[] rows = [.. _colors.Pictures(24).Select(p => new Picture { Path = p.Path, Color = p.Color, Caption = "red" })];

        using var result = ClipExperiment.Classify(
            _ml, _ml.Data.LoadFromEnumerable(rows), "Color", "Path", _colors.Options with { TextColumnName = "Caption" });

        Assert.Contains(result.Trials, trial => trial.Features.StartsWith("image + text", StringComparison.Ordinal));
        Assert.True(result.Variant.UsesImages); // the texts tell nothing
        Assert.Equal(1, result.Best.Accuracy);
    }

    [Fact]
    public void ViewsAndSeveralModelsAreTried()
    {
        using var result = Classify(
            _colors.Pictures(12), _colors.Options with { TryViews = true, ModelFolders = [_colors.Model, CopyOfModel()] });

        foreach (var part in new[] { "image mirrored", "image crops", "2 models" })
            Assert.Contains(result.Trials, trial => trial.Features.Contains(part, StringComparison.Ordinal));
    }

    [Fact]
    public void ScenesAreNeverOnBothSides()
    {
        var pictures = _colors.Pictures(36);
        for (var i = 0; i < pictures.Length; i++) pictures[i].Scene = $"scene {i / 6}";

        using var result = Classify(pictures, _colors.Options with { GroupColumnName = "Scene" });

        var folds = result.Folds.Folds.Zip(result.Data.Groups).GroupBy(row => row.Second);
        Assert.Equal(6, folds.Count());
        Assert.All(folds, scene => Assert.Single(scene.Select(row => row.First).Distinct()));
    }

    [Fact]
    public void UnevenClassesAreWeighedToo()
    {
        Picture[] pictures = [.. _colors.Pictures(36).Where((picture, i) => picture.Color != "red" || i % 4 == 0)];

        using var result = Classify(pictures, _colors.Options with { Kinds = [CandidateKind.LbfgsMaximumEntropy] });

        var probes = result.Trials.Where(trial => trial.Candidate == "LbfgsMaximumEntropy").Select(trial => trial.Settings).ToArray();
        Assert.Contains(probes, settings => settings.Contains("balanced", StringComparison.Ordinal));
        Assert.Contains(probes, settings => !settings.Contains("balanced", StringComparison.Ordinal));
    }

    [Fact]
    public void FilesInMemoryAndKeysAreTakenToo()
    {
        var rows = _colors.Pictures(12).Select(p => new Stored { File = File.ReadAllBytes(p.Path), Color = p.Color }).ToList();
        var data = _ml.Data.LoadFromEnumerable(rows);
        data = _ml.Transforms.Conversion.MapValueToKey("Color").Fit(data).Transform(data);

        using var result = ClipExperiment.Classify(_ml, data, "Color", "File", _colors.Options);

        Assert.Equal(rows.Select(row => row.Color), result.Model.Transform(data).GetColumn<string>("PredictedLabel"));
    }

    [Fact]
    public void UnlabeledPicturesAreAskedOf()
    {
        var more = _colors.Pictures(30)[24..];

        using var result = Classify(
            _colors.Pictures(24), _colors.Options with { UnlabeledImages = [.. more.Select(picture => picture.Path)] });

        Assert.Equal(more.Select(picture => picture.Path), result.Unlabeled!.Rows.Select(row => row.Name));
        Assert.Equal(
            more.Select(picture => picture.Color),
            result.UnlabeledProbabilities!.Select(own => result.Classes[Array.IndexOf(own, own.Max())]));
    }

    [Fact]
    public void AColumnThatIsNotThereIsNamed()
    {
        var fault = Assert.Throws<ArgumentException>(() => ClipExperiment.Classify(
            _ml, _ml.Data.LoadFromEnumerable(_colors.Pictures(6)), "Colour", "Path", _colors.Options));

        Assert.Contains("There is no column 'Colour'; the columns are", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OneClassIsRefused()
    {
        var fault = Assert.Throws<ArgumentException>(() => Classify(_colors.Pictures(5, colors: 1)));

        Assert.Contains("nothing to tell apart", fault.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _colors.Dispose();

    private ClipExperimentResult Classify(
        Picture[] pictures, ClipExperimentOptions? options = null, IProgress<ClipTrial>? progress = null,
        CancellationToken cancellation = default) => ClipExperiment.Classify(
            _ml, _ml.Data.LoadFromEnumerable(pictures), "Color", "Path", options ?? _colors.Options, progress, cancellation);

    private string CopyOfModel()
    {
        foreach (var file in Directory.GetFiles(_colors.Model, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(_colors["copy"], Path.GetRelativePath(_colors.Model, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        return _colors["copy"];
    }

    private sealed class Stored
    {
        public byte[] File { get; set; } = [];

        public string Color { get; set; } = "";
    }

    /// <summary>Progress that is told at once, on the thread of the teller.</summary>
    private sealed class At(Action<ClipTrial> told) : IProgress<ClipTrial>
    {
        public void Report(ClipTrial value) => told(value);
    }
}
