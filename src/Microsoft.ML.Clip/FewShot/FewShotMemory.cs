using System.Numerics.Tensors;
using Microsoft.ML.Clip.Inference;

namespace Microsoft.ML.Clip.FewShot;

/// <summary>What a classifier by examples has kept, and how it scores; see <see cref="ClipFewShotEstimator"/>.</summary>
/// <param name="Options">The settings.</param>
/// <param name="Labels">The labels.</param>
/// <param name="Dimension">Length of features.</param>
/// <param name="Rows">The labels' directions, [labels][D], of length 1; zeros where nothing is known of a label.</param>
/// <param name="Examples">The examples that are kept, [examples][D], of length 1.</param>
/// <param name="ExampleLabels">For each the number of its label.</param>
internal sealed record FewShotMemory(
    ClipFewShotEstimator.Options Options, IReadOnlyList<string> Labels, int Dimension, float[] Rows, float[] Examples, int[] ExampleLabels)
{
    private readonly float[] _weights = Weights(Options, Labels.Count, ExampleLabels);

    /// <summary>Where prompts point, for features that are made of one part for each of the embeddings.</summary>
    /// <returns>[labels][D], of length 1; null without embeddings.</returns>
    /// <exception cref="ArgumentException">They lack a label, or are not as long as the features.</exception>
    public static float[][]? Directions(IReadOnlyList<ClipLabelEmbeddings> parts, IReadOnlyList<string> labels, int dimension)
    {
        if (parts.Count == 0) return null;
        if (parts.Sum(part => part.Dimension) != dimension)
        {
            throw new ArgumentException(
                $"Label embeddings of {string.Join(" + ", parts.Select(part => part.Dimension))} dimensions do not fit features of "
                + $"{dimension}: give one for each part of the features, of the same models.", nameof(parts));
        }

        return [.. labels.Select(Direction)];

        float[] Direction(string label)
        {
            var direction = new List<float>();
            foreach (var part in parts)
            {
                var place = part.Labels.TakeWhile(known => known != label).Count();
                if (place == part.Labels.Count)
                {
                    throw new ArgumentException(
                        $"The label embeddings lack the label '{label}' of the data; make them of all of its labels.", nameof(parts));
                }

                direction.AddRange(part[place]);
            }

            float[] row = [.. direction];
            EmbeddingMath.Normalize(row);
            return row;
        }
    }

    /// <summary>Fits it.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="examples">The examples.</param>
    /// <param name="directions">Where prompts point, [labels][D] of length 1; null where there are none.</param>
    public static FewShotMemory Fit(
        ClipFewShotEstimator.Options options, IReadOnlyList<string> labels, FewShotExamples examples, float[][]? directions)
    {
        var dimension = directions is null ? examples.Rows.Count == 0 ? 0 : examples.Rows[0].Length : directions[0].Length;
        if (dimension == 0)
            throw new ArgumentException("There are neither examples nor label embeddings; give at least one of them.", nameof(examples));
        var kept = new float[examples.Rows.Count * dimension];
        var rows = new float[labels.Count * dimension];
        for (var i = 0; i < examples.Rows.Count; i++)
        {
            var example = kept.AsSpan(i * dimension, dimension);
            examples.Rows[i].CopyTo(example);
            EmbeddingMath.Normalize(example);
            var mean = rows.AsSpan(examples.Labels[i] * dimension, dimension);
            TensorPrimitives.Add(mean, example, mean);
        }

        for (var label = 0; label < labels.Count; label++)
        {
            var row = rows.AsSpan(label * dimension, dimension);
            EmbeddingMath.Normalize(row);
            if (directions is null) continue;
            // A label without examples has its prompts alone.
            var weight = row.ContainsAnyExcept(0f) ? options.MeanWeight : 0;
            TensorPrimitives.Multiply(row, weight, row);
            TensorPrimitives.MultiplyAdd<float>(directions[label], 1 - weight, row, row);
            EmbeddingMath.Normalize(row);
        }

        return options.KeepsExamples
            ? new FewShotMemory(options, labels, dimension, rows, kept, [.. examples.Labels])
            : new FewShotMemory(options, labels, dimension, rows, [], []);
    }

    /// <summary>Scores features.</summary>
    /// <param name="features">[D], of any length but 0.</param>
    /// <param name="scores">[labels]; they add up to 1.</param>
    public void Score(ReadOnlySpan<float> features, Span<float> scores)
    {
        Span<float> unit = Dimension <= 2048 ? stackalloc float[Dimension] : new float[Dimension];
        features.CopyTo(unit);
        EmbeddingMath.Normalize(unit);
        if (Options.Neighbors > 0)
        {
            Ask(unit, scores);
            return;
        }

        for (var label = 0; label < scores.Length; label++)
            scores[label] = TensorPrimitives.Dot<float>(unit, Rows.AsSpan(label * Dimension, Dimension));
        if (Options.CacheWeight > 0) AddExamples(unit, scores);
        new ClipScoring(Options.Scale, null).Apply(scores);
    }

    /// <summary>
    /// Tip-Adapter's logits are 100 × cosine + alpha × the examples' say; the factor comes after, so it is taken off here.
    /// </summary>
    private void AddExamples(ReadOnlySpan<float> unit, Span<float> scores)
    {
        for (var i = 0; i < ExampleLabels.Length; i++)
        {
            var cosine = TensorPrimitives.Dot(unit, Examples.AsSpan(i * Dimension, Dimension));
            scores[ExampleLabels[i]] +=
                Options.CacheWeight / Options.Scale * _weights[i] * MathF.Exp(-Options.CacheSharpness * (1 - cosine));
        }
    }

    /// <summary>The nearest examples' votes; of equally near ones those that come first.</summary>
    private void Ask(ReadOnlySpan<float> unit, Span<float> scores)
    {
        var cosines = new float[ExampleLabels.Length];
        for (var i = 0; i < cosines.Length; i++) cosines[i] = TensorPrimitives.Dot(unit, Examples.AsSpan(i * Dimension, Dimension));
        int[] order = [.. Enumerable.Range(0, cosines.Length)];
        Array.Sort([.. order.Select(i => (-cosines[i], i))], order);
        scores.Clear();
        foreach (var i in order.Take(Options.Neighbors))
            scores[ExampleLabels[i]] += _weights[i] * MathF.Exp(Options.Scale * (cosines[i] - cosines[order[0]]));
        var sum = TensorPrimitives.Sum<float>(scores);
        if (sum > 0) TensorPrimitives.Divide(scores, sum, scores);
        else scores.Fill(1f / scores.Length);
    }

    /// <summary>An example's say: 1, or with balanced classes less in those that have many.</summary>
    private static float[] Weights(ClipFewShotEstimator.Options options, int labels, int[] exampleLabels)
    {
        if (!options.BalanceClasses) return [.. exampleLabels.Select(_ => 1f)];
        var counts = new int[labels];
        foreach (var label in exampleLabels) counts[label]++;
        var present = counts.Count(count => count > 0);
        return [.. exampleLabels.Select(label => exampleLabels.Length / (float)(present * counts[label]))];
    }
}
