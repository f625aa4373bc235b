using System.Diagnostics;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.DataViews;

/// <summary>What a long life brings: the same again and again must not grow.</summary>
[Collection(Alone.Name)]
public sealed class SoakTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    private readonly MLContext _ml = new(seed: 1);

    /// <summary>
    /// A session with eight threads to an operator starts seven, so a session left open shows, in every round and in any company.
    /// What was made is kept, so that no finalizer closes it.
    /// </summary>
    [Fact]
    public void FittingSavingLoadingPredictingAndDisposingLeavesNothingOpen()
    {
        const int Rounds = 8, Threads = 7;
        var rows = PictureRow.From(folder, 9);
        var input = new TrackedView(_ml.Data.LoadFromEnumerable(rows));
        var temporary = Directory.CreateDirectory(folder["temporary"]).FullName;
        var made = new List<object>();
        Once();
        var before = CountThreads();
        for (var round = 0; round < Rounds; round++) Once();
        Assert.InRange(CountThreads() - before, -1000, (Rounds * Threads) - 20);
        Assert.Equal(input.Opened, input.Closed);
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary));
        GC.KeepAlive(made);

        void Once()
        {
            var fitted = _ml.Transforms.ClipClassifyZeroShot(new ClipZeroShotEstimator.Options
            {
                InputColumnName = "ImagePath",
                ModelFolder = folder.Path,
                Labels = TinyFolder.Colors,
                ModelOptions = new() { Session = new() { IntraOpThreads = Threads + 1 } },
            }).Fit(input);
            Assert.Equal(9, fitted.Transform(input).Vectors("Score").Length);
            _ml.Model.Save(fitted, input.Schema, folder["soak.zip"]);
            fitted.Dispose();
            var ml = new MLContext { TempFilePath = temporary };
            var loaded = ml.Model.Load(folder["soak.zip"], out _);
            using (var engine = ml.Model.CreatePredictionEngine<PictureRow, ZeroShotRow>(loaded))
                Assert.Equal(1u, engine.Predict(rows[0]).PredictedLabel);
            made.AddRange([fitted, loaded]);
        }
    }

    [Fact]
    public void ALongerPassTakesNoMoreMemoryThanAShortOneButForItsRows()
    {
        var transformer = _ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = folder.Path,
            BatchSize = 8,
        }).Fit(_ml.Data.LoadFromEnumerable(PictureRow.From(folder, 1)));
        using (transformer)
        {
            Allocated(transformer, 100);
            var perRow = (Allocated(transformer, 500) - Allocated(transformer, 100)) / 400;

            // A row's pixels are 12 KiB of floats, and its file is some 200 bytes: neither may come anew for each row.
            Assert.InRange(perRow, 0, 6 * 1024);
        }
    }

    private long Allocated(ClipImageFeaturizingTransformer transformer, int rows)
    {
        var pictures = folder.Pictures(10);
        var many = _ml.Data.LoadFromEnumerable(
            Enumerable.Range(0, rows).Select(i => new PathRow { ImagePath = pictures[i % 10] }).ToArray());
        var before = GC.GetTotalAllocatedBytes(precise: true);
        using var cursor = transformer.Transform(many).GetRowCursor([transformer.GetOutputSchema(many.Schema)["Features"]]);
        var getter = cursor.GetGetter<VBuffer<float>>(cursor.Schema["Features"]);
        VBuffer<float> features = default;
        while (cursor.MoveNext()) getter(ref features);
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    private static int CountThreads()
    {
        using var process = Process.GetCurrentProcess();
        return process.Threads.Count;
    }

    private sealed class PathRow
    {
        public string ImagePath { get; set; } = "";
    }
}
