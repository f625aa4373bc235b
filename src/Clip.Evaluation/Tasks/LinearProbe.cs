using Clip.Evaluation.Outcomes;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Clip.Evaluation.Tasks;

/// <summary>A picture that a probe is fitted on.</summary>
/// <param name="Class">Its right label.</param>
/// <param name="Features">Its embedding, [D].</param>
internal sealed record ProbePicture(string Class, float[] Features);

/// <summary>
/// A logistic regression on embeddings (CLIP paper, section 3.2): L-BFGS, its L2 weight chosen on a fifth of the training pictures.
/// </summary>
/// <param name="Outcome">What it made of the test pictures; a label that was never trained on has the score -1.</param>
/// <param name="L2Weight">The weight that was chosen.</param>
/// <param name="TrainImages">Pictures it was fitted on.</param>
internal sealed record LinearProbe(ClassificationOutcome Outcome, double L2Weight, int TrainImages)
{
    /// <summary>CLIP's sweep of the probe's L2 weight, coarser.</summary>
    private static readonly float[] Weights = [1, 0.1f, 0.01f, 0.001f];

    /// <summary>Fits a probe and tests it.</summary>
    /// <param name="train">What it is fitted on.</param>
    /// <param name="set">What it is tested on.</param>
    /// <param name="features">For each picture of the set its embedding; null for one that could not be read.</param>
    /// <exception cref="ClipException">There are too few pictures to choose the weight on.</exception>
    public static LinearProbe Measure(IReadOnlyList<ProbePicture> train, LabeledSet set, IReadOnlyList<float[]?> features)
    {
        var ml = new MLContext(seed: 0);
        string[] classes = [.. train.Select(picture => picture.Class).Distinct()];
        var places = classes.Select((name, i) => (name, i)).ToDictionary(c => c.name, c => c.i);
        var rows = View(train.Select(picture => new Row { Class = picture.Class, Features = picture.Features }));
        // Keys are given in the order in which classes come first, as places are.
        var data = ml.Transforms.Conversion.MapValueToKey("Label", nameof(Row.Class)).Fit(rows).Transform(rows);
        var split = ml.Data.TrainTestSplit(data, testFraction: 0.2, seed: 0);
        if (split.TestSet.GetColumn<uint>("Label").FirstOrDefault() == 0 || split.TrainSet.GetColumn<uint>("Label").FirstOrDefault() == 0)
            throw new ClipException(
                $"A linear probe of {train.Count} pictures has none left to choose its weight on, which takes a fifth of them; give more.");
        var chosen = Weights.MaxBy(weight => Accuracy(Fit(split.TrainSet, weight), split.TestSet));

        string[] labels = [.. set.Labels, .. classes.Except(set.Labels)];
        int[] slots = [.. labels.Select(label => places.GetValueOrDefault(label, -1))];
        var tested = Enumerable.Range(0, features.Count).Where(i => features[i] is not null).ToArray();
        var scored = Fit(data, chosen).Transform(View(tested.Select(i => new Row { Features = features[i]! })));
        var scores = new float[]?[features.Count];
        foreach (var (i, row) in tested.Zip(scored.GetColumn<float[]>("Score")))
            scores[i] = Array.ConvertAll(slots, slot => slot < 0 ? -1 : row[slot]);
        return new LinearProbe(ClassificationOutcome.Of(set with { Labels = labels }, scores, features), chosen, train.Count);

        IDataView View(IEnumerable<Row> pictures)
        {
            var schema = SchemaDefinition.Create(typeof(Row));
            schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, train[0].Features.Length);
            return ml.Data.LoadFromEnumerable(pictures.ToList(), schema);
        }

        ITransformer Fit(IDataView view, float weight) =>
            ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(l1Regularization: 0, l2Regularization: weight).Fit(view);

        static double Accuracy(ITransformer probe, IDataView view)
        {
            var result = probe.Transform(view);
            return result.GetColumn<float[]>("Score").Zip(
                result.GetColumn<uint>("Label"), (row, key) => Placing.Of(row, (int)key - 1).Hit(1)).Average();
        }
    }

    private sealed class Row
    {
        public string Class { get; set; } = "";

        public float[] Features { get; set; } = [];
    }
}
