using System.Diagnostics;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.DataViews;

/// <summary>What a long life brings: the same again and again must not grow.</summary>
[Collection(Alone.Name)]
public sealed class SoakTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    private const long Megabyte = 1 << 20;

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void FittingSavingLoadingPredictingAndDisposingDoesNotGrow()
    {
        var rows = PictureRow.From(folder, 9);
        var data = _ml.Data.LoadFromEnumerable(rows);
        var temporary = Directory.CreateDirectory(folder["temporary"]).FullName;
        Repeat(20);
        var (memory, threads) = Measure();

        // A leaked session is some 200 KiB and its threads, in every round; the heaps grow once, in whichever round it is.
        var grown = new List<(long Memory, int Threads)>();
        do
        {
            Repeat(60);
            var (laterMemory, laterThreads) = Measure();
            grown.Add((laterMemory - memory, laterThreads - threads));
            (memory, threads) = (laterMemory, laterThreads);
        }
        while (grown.Count < 4 && !IsFlat(grown[^1]));
        Assert.True(IsFlat(grown[^1]), string.Join(", ", grown));
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary));

        static bool IsFlat((long Memory, int Threads) growth) => growth is { Memory: < 6 * Megabyte, Threads: < 8 };

        void Repeat(int times)
        {
            for (var i = 0; i < times; i++)
            {
                using var fitted = _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", folder.Path, TinyFolder.Colors).Fit(data);
                Assert.Equal(9, fitted.Transform(data).Vectors("Score").Length);
                _ml.Model.Save(fitted, data.Schema, folder["soak.zip"]);
                var ml = new MLContext { TempFilePath = temporary };
                using var engine = ml.Model.CreatePredictionEngine<PictureRow, ZeroShotRow>(ml.Model.Load(folder["soak.zip"], out _));
                Assert.Equal(1u, engine.Predict(rows[0]).PredictedLabel);
            }
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

    private static (long Memory, int Threads) Measure()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return (process.PrivateMemorySize64, process.Threads.Count);
    }

    private sealed class PathRow
    {
        public string ImagePath { get; set; } = "";
    }
}
