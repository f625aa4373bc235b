using System.Globalization;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Tests.Persistence;

/// <summary>Towers are streamed into and out of saved models: their size must not show in this process's managed memory.</summary>
[Collection(Alone.Name)]
public sealed class LargeModelTests : IDisposable
{
    private const int Megabyte = 1 << 20;
    private const int TowerSize = 96 * Megabyte;

    private readonly TinyFolder _folder = new(path =>
    {
        TinyFolder.LayTransformersJs(path);
        TinyClip.SaveVision(Path.Combine(path, "onnx", "vision_model.onnx"), ballast: TowerSize / sizeof(float));
    });

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void SavingAndLoadingTakeNoMemoryForTheTower()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(PictureRow.From(_folder, 1));
        using var fitted = ml.Transforms.ClipFeaturizeImage("Features", _folder.Path, "ImagePath").Fit(data);
        Assert.InRange(new FileInfo(_folder["onnx/vision_model.onnx"]).Length, TowerSize, TowerSize + Megabyte);

        Assert.InRange(Allocated(() => ml.Model.Save(fitted, data.Schema, _folder["large.zip"])), 0, 4 * Megabyte);
        ITransformer? loaded = null;
        Assert.InRange(Allocated(() => loaded = ml.Model.Load(_folder["large.zip"], out _)), 0, 4 * Megabyte);
        Assert.Equal(fitted.Transform(data).Vectors("Features"), loaded!.Transform(data).Vectors("Features"));
        ((IDisposable)loaded!).Dispose();
    }

    /// <summary>Five folds hold one session of 96 MB of weights, not five.</summary>
    [SkippableFact]
    public void CrossValidationTakesNoMoreMemoryForItsFolds()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "reads /proc/self/status");
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable(PictureRow.From(_folder, 15));
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label", "Color")
            .Append(ml.Transforms.ClipFeaturizeImage("Features", _folder.Path, "ImagePath"))
            .AppendCacheCheckpoint(ml)
            .Append(ml.MulticlassClassification.Trainers.NaiveBayes());
        using var once = pipeline.Fit(data);
        var before = Resident();
        var folds = ml.MulticlassClassification.CrossValidate(data, pipeline, numberOfFolds: 5);
        Assert.InRange(Resident() - before, long.MinValue, TowerSize);
        foreach (var fold in folds) (fold.Model as IDisposable)?.Dispose();
    }

    private static long Resident()
    {
        GC.Collect();
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmRSS", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }

    private static long Allocated(Action action)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        action();
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }
}
