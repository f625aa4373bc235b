using Clip.Data;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Clip.Trainer.Tests;

/// <summary>
/// The columns that a fitted estimator adds, which are those it said before. Alone, for a run seeds torch's one generator, from which other
/// tests draw starting weights.
/// </summary>
[Collection(nameof(ClipContrastiveEstimatorTests))]
public sealed class EstimatorColumnsTests : IDisposable
{
    private readonly TinyRun _run = new() { Options = new() { MaxSteps = 1, BatchSize = 4, Warmup = 0 } };
    private readonly MLContext _ml = new(seed: 0);

    public void Dispose() => _run.Dispose();

    /// <summary>Of several captions none is the text of the row, so there is no embedding of it.</summary>
    [Fact]
    public void CaptionsThatAreVectorsAreTrainedWithAndHaveNoColumn()
    {
        var rows = CaptionTable.Read(_run.Table)
            .Select(row => new Several { Path = row.Path, Caption = [row.Captions[0], "a wall"] }).ToArray();
        var data = _ml.Data.LoadFromEnumerable(rows);
        var estimator = _ml.Transforms.ClipTrain(Pair.Options(_run, "model"));

        using var trained = estimator.Fit(data);

        var added = trained.Transform(data).Schema;
        Assert.Equal([nameof(Several.Path), nameof(Several.Caption), "ImageFeatures"], added.Select(column => column.Name));
        Assert.Equal(12, trained.Transform(data).GetColumn<float[]>("ImageFeatures").Count());
    }

    [Fact]
    public void AColumnOfTheSameNameIsReplaced()
    {
        var rows = Pair.Of(_ml, _run);
        var options = Pair.Options(_run, "model") with { ImageFeaturesColumnName = nameof(Pair.Path), TextFeaturesColumnName = "T" };

        using var trained = _ml.Transforms.ClipTrain(options).Fit(rows);

        var features = trained.Transform(rows).GetColumn<float[]>(nameof(Pair.Path)).First();
        Assert.Equal(1, features.Sum(x => (double)x * x), 1e-4);
        Assert.Equal(16, trained.Transform(rows).GetColumn<float[]>("T").First().Length);
    }

    /// <summary>What the run says is told, line by line.</summary>
    [Fact]
    public void TheLogIsToldWhatTheRunSays()
    {
        var log = new List<string>();

        using var trained = _ml.Transforms.ClipTrain(Pair.Options(_run, "model") with { Log = log.Add }).Fit(Pair.Of(_ml, _run));

        Assert.Equal(2, log.Count);
        Assert.StartsWith("12 pairs, ", log[0], StringComparison.Ordinal);
        Assert.Equal($"Model folder: {_run.Folder["model"]}", log[1]);
        Assert.Equal(
            ["checkpoints", "metrics.jsonl", "preprocessor_config.json", "run.json", "tensorboard", "tokenizer", "training.html"],
            Directory.EnumerateFileSystemEntries(_run.Folder["model.run"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private sealed class Several
    {
        public string Path { get; set; } = "";

        public string[] Caption { get; set; } = [];
    }
}
