using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace Clip.Evaluation.Tasks;

/// <summary>A picture that a probe is fitted on.</summary>
/// <param name="Class">Its right label.</param>
/// <param name="Features">Its embedding, [D].</param>
internal sealed record ProbePicture(string Class, float[] Features);

/// <summary>
/// A multinomial logistic regression by ML.NET's L-BFGS. It minimizes the sum of the pictures' cross-entropies and half the L2 weight
/// times the squared weights, biases left out: scikit-learn's <c>LogisticRegression</c> with <c>C</c> of 1 over the L2 weight.
/// </summary>
/// <param name="Classes">The classes it knows.</param>
/// <param name="Weights">[classes][D].</param>
/// <param name="Biases">[classes].</param>
internal sealed record LogisticRegression(
    IReadOnlyList<string> Classes, IReadOnlyList<float[]> Weights, IReadOnlyList<float> Biases)
{
    /// <summary>As CLIP's probes had (section A.3 of the paper).</summary>
    private const int MostIterations = 1000;

    /// <summary>Fits it.</summary>
    /// <exception cref="ClipException">The pictures are of fewer than two classes.</exception>
    public static LogisticRegression Fit(IReadOnlyList<ProbePicture> pictures, double l2)
    {
        string[] classes = [.. pictures.Select(picture => picture.Class).Distinct()];
        if (classes.Length < 2)
            throw new ClipException($"A linear probe takes pictures of at least two classes, and all {pictures.Count} are '{classes[0]}'.");
        var ml = new MLContext(seed: 0);
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, pictures[0].Features.Length);
        var rows = ml.Data.LoadFromEnumerable(
            pictures.Select(picture => new Row { Class = picture.Class, Features = picture.Features }).ToList(), schema);
        // Keys are given in the order in which classes come first, which is that of the array above.
        var data = ml.Transforms.Conversion.MapValueToKey("Label", nameof(Row.Class)).Fit(rows).Transform(rows);
        var model = ml.MulticlassClassification.Trainers
            .LbfgsMaximumEntropy(new LbfgsMaximumEntropyMulticlassTrainer.Options
            {
                L1Regularization = 0,
                L2Regularization = (float)l2,
                MaximumNumberOfIterations = MostIterations,
            })
            .Fit(data).Model;
        VBuffer<float>[] weights = [];
        model.GetWeights(ref weights, out _);
        return new LogisticRegression(classes, [.. weights.Select(w => w.DenseValues().ToArray())], [.. model.GetBiases()]);
    }

    /// <summary>The logits of a picture, [classes], whose softmax are probabilities.</summary>
    public float[] Scores(float[] features) =>
        [.. Weights.Zip(Biases, (weights, bias) => TensorPrimitives.Dot<float>(weights, features) + bias)];

    private sealed class Row
    {
        public string Class { get; set; } = "";

        public float[] Features { get; set; } = [];
    }
}
