using Microsoft.ML;
using Microsoft.ML.Data;

namespace Clip.Evaluation;

/// <summary>
/// Zero-shot accuracy of a model folder, measured on what the pipeline of any ML.NET user puts out; ties count as in a random order,
/// which ML.NET's own metrics give to the label that comes first.
/// </summary>
internal sealed record ZeroShotAccuracy(double Top1, double Top5, double MeanPerClassRecall, int Images, int Labels)
{
    /// <summary>What guessing would reach.</summary>
    public double Chance => 1.0 / Labels;

    /// <summary>Classifies every image among all labels.</summary>
    /// <exception cref="ClipException">A score is NaN or infinite.</exception>
    public static ZeroShotAccuracy Measure(
        MLContext ml, IReadOnlyList<LabeledImage> images, IReadOnlyList<string> labels, Func<IDataView, IDataView> classify)
    {
        var index = labels.Select((label, i) => (label, i)).ToDictionary(l => l.label, l => l.i);
        var placings = classify(LabeledView.Of(ml, images).Data).GetColumn<float[]>("Score")
            .Zip(images, (scores, image) => (image.Class, Placing: Placing.Of(scores, index[image.Class]))).ToList();
        return new ZeroShotAccuracy(
            placings.Average(p => p.Placing.Hit(1)), placings.Average(p => p.Placing.Hit(5)),
            placings.GroupBy(p => p.Class).Average(group => group.Average(p => p.Placing.Hit(1))), images.Count, labels.Count);
    }
}
