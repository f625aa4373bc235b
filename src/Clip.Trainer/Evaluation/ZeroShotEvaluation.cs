using Microsoft.ML;
using Microsoft.ML.Data;

namespace Clip.Trainer.Evaluation;

/// <summary>
/// Zero-shot accuracy of a model folder, measured as any ML.NET user would: through the pipeline and ML.NET's own metrics.
/// </summary>
internal sealed record ZeroShotAccuracy(double Top1, double Top5, double MeanPerClassRecall, int Images, int Labels)
{
    /// <summary>What guessing would reach.</summary>
    public double Chance => 1.0 / Labels;

    /// <summary>Classifies every image among all labels.</summary>
    public static ZeroShotAccuracy Measure(
        MLContext ml, IReadOnlyList<LabelledImage> images, IReadOnlyList<string> labels, Func<IDataView, IDataView> classify)
    {
        var data = LabelledView.Of(ml, images).Data;
        var keys = ml.Data.LoadFromEnumerable(labels.Select(l => new LabelledImage { Class = l }));
        var keyData = ml.Transforms.SelectColumns(nameof(LabelledImage.Class)).Fit(keys).Transform(keys);
        var labelled = ml.Transforms.Conversion.MapValueToKey("Label", nameof(LabelledImage.Class), keyData: keyData)
            .Fit(data).Transform(data);
        // Reading twice would run the towers twice.
        var scored = ml.Data.Cache(classify(labelled), "Label", "Score", "PredictedLabel");
        var metrics = ml.MulticlassClassification.Evaluate(scored, topKPredictionCount: Math.Min(5, labels.Count));
        var present = metrics.ConfusionMatrix.PerClassRecall.Where((_, i) => metrics.ConfusionMatrix.Counts[i].Sum() > 0);
        return new ZeroShotAccuracy(metrics.MicroAccuracy, metrics.TopKAccuracy, present.Average(), images.Count, labels.Count);
    }
}
