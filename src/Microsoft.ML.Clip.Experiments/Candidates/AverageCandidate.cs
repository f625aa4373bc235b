using System.Numerics.Tensors;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Clip.Experiments.Candidates;

/// <summary>The mean of several candidates' probabilities.</summary>
internal sealed class AverageCandidate : FittedCandidate
{
    /// <summary>The columns that its pipeline has beside the others': the features as they were, and scores.</summary>
    internal const string Kept = "ClipFeaturesKept", Score = "ClipScore", Scores = "ClipScores";

    private readonly IReadOnlyList<FittedCandidate> _members;

    private AverageCandidate(IReadOnlyList<FittedCandidate> members, IReadOnlyList<string> classes)
    {
        _members = members;
        var ml = new MLContext();
        // Members may change the features, such as standardize them.
        List<ITransformer> steps = [new ColumnCopyingTransformer(ml, (Kept, Features))];
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0) steps.Add(new ColumnCopyingTransformer(ml, (Features, Kept)));
            steps.AddRange(members[i].Steps);
            steps.Add(new ColumnCopyingTransformer(ml, ($"{Score}{i}", "Score")));
        }

        steps.Add(new ColumnConcatenatingTransformer(ml, Scores, [.. members.Select((_, i) => $"{Score}{i}")]));
        var options = new ClipScoreAveragingEstimator.Options { InputColumnName = Scores, Weights = [.. members.Select(_ => 1f)] };
        steps.Add(new ClipScoreAveragingTransformer(ml, options, new(classes, options.Weights)));
        Steps = steps;
    }

    public override IReadOnlyList<ITransformer> Steps { get; }

    public static AverageCandidate OfMembers(CandidateSettings settings, TrainingRows rows, int seed, CancellationToken cancellation) =>
        new([.. settings.Members.Select(member => FittedCandidate.Fit(member, rows, seed, cancellation))], rows.Classes);

    public override float[][] Predict(IReadOnlyList<float[]> rows, CancellationToken cancellation) =>
        Mean([.. _members.Select(member => member.Predict(rows, cancellation))]);

    /// <summary>The mean of what members say.</summary>
    /// <param name="said">[members][rows][classes].</param>
    public static float[][] Mean(IReadOnlyList<float[][]> said) =>
    [
        .. said[0].Select((first, row) =>
        {
            var mean = new float[first.Length];
            foreach (var own in said) TensorPrimitives.MultiplyAdd(own[row], 1f / said.Count, mean, mean);
            return mean;
        }),
    ];
}
