using Clip.Data;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Clip.Evaluation;

/// <summary>Measures a model folder as any ML.NET user would: through pipelines.</summary>
/// <param name="ml">Where pipelines are made.</param>
/// <param name="modelFolder">What is measured.</param>
internal sealed class ModelFolderEvaluation(MLContext ml, string modelFolder)
{
    /// <summary>CLIP's sweep of the probe's L2 weight, coarser.</summary>
    private static readonly float[] ProbeWeights = [1, 0.1f, 0.01f, 0.001f];

    /// <summary>Zero-shot accuracy on labeled pictures.</summary>
    public ZeroShotAccuracy ZeroShot(LabeledSet set)
    {
        string[]? templates = set.Templates is null ? null : [.. set.Templates];
        var (data, image) = LabeledView.Of(ml, set.Images);
        using var classifier = ml.Transforms
            .ClipClassifyZeroShot("Score", image, modelFolder, [.. set.Labels], templates)
            .Fit(data);
        return ZeroShotAccuracy.Measure(ml, set.Images, set.Labels, classifier.Transform);
    }

    /// <summary>How well images and captions find each other; an image may have several captions.</summary>
    public RetrievalMetrics Retrieval(IReadOnlyList<CaptionedImage> rows)
    {
        var images = Features(
            rows.Select(r => new Row { Input = r.Path }),
            inputs => ml.Transforms.ClipFeaturizeImage("Features", modelFolder, nameof(Row.Input)).Fit(inputs));
        var texts = Features(
            rows.SelectMany(r => r.Captions).Select(c => new Row { Input = c }),
            inputs => ml.Transforms.ClipFeaturizeText("Features", modelFolder, nameof(Row.Input)).Fit(inputs));
        return RetrievalMetrics.Compute(images, texts, [.. rows.SelectMany((row, i) => row.Captions.Select(_ => i))]);
    }

    /// <summary>
    /// Accuracy of a logistic regression on image features (CLIP paper, section 3.2): L-BFGS, its L2 weight chosen on a fifth of the
    /// training pictures.
    /// </summary>
    public LinearProbeAccuracy LinearProbe(IReadOnlyList<LabeledImage> train, IReadOnlyList<LabeledImage> test)
    {
        var (data, image) = LabeledView.Of(ml, train, test);
        var prepare = ml.Transforms.Conversion.MapValueToKey("Label", nameof(LabeledImage.Class))
            .Append(ml.Transforms.ClipFeaturizeImage("Features", modelFolder, image))
            .Fit(data);
        // Reading twice would run the tower twice.
        var features = ml.Data.Cache(prepare.Transform(data), "Label", "Features");
        foreach (var row in features.GetColumn<float[]>("Features")) Placing.RequireFinite(row);
        var split = ml.Data.TrainTestSplit(features, testFraction: 0.2, seed: 0);
        if (split.TestSet.GetColumn<uint>("Label").FirstOrDefault() == 0 || split.TrainSet.GetColumn<uint>("Label").FirstOrDefault() == 0)
            throw new ClipException(
                $"A linear probe of {train.Count} pictures has none left to choose its weight on, which takes a fifth of them; give more.");
        var best = ProbeWeights.MaxBy(weight => Accuracy(Fit(split.TrainSet, weight), split.TestSet));
        var top1 = Accuracy(Fit(features, best), prepare.Transform(LabeledView.Of(ml, test, train).Data));
        return new LinearProbeAccuracy(top1, best, train.Count, test.Count);

        ITransformer Fit(IDataView view, float weight) =>
            ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(l1Regularization: 0, l2Regularization: weight).Fit(view);

        double Accuracy(ITransformer probe, IDataView view)
        {
            var scored = probe.Transform(view);
            // A class that was never trained on has no key, and no picture of it is a hit.
            return scored.GetColumn<float[]>("Score").Zip(
                scored.GetColumn<uint>("Label"),
                (scores, key) => key == 0 ? 0 : Placing.Of(scores, (int)key - 1).Hit(1)).Average();
        }
    }

    private float[][] Features(IEnumerable<Row> rows, Func<IDataView, ITransformer> fit)
    {
        var inputs = ml.Data.LoadFromEnumerable(rows.ToList());
        var transformer = fit(inputs);
        using var unused = transformer as IDisposable;
        return [.. transformer.Transform(inputs).GetColumn<float[]>("Features")];
    }

    private sealed class Row
    {
        public string Input { get; set; } = "";
    }
}

/// <summary>What a linear probe reaches.</summary>
/// <param name="Top1">Accuracy on the test pictures.</param>
/// <param name="L2Weight">The weight that was chosen.</param>
/// <param name="TrainImages">Pictures it was trained on.</param>
/// <param name="Images">Pictures it was tested on.</param>
internal sealed record LinearProbeAccuracy(double Top1, double L2Weight, int TrainImages, int Images);
