using Microsoft.ML.Clip.Averaging;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Clip.Experiments.Candidates;

/// <summary>The mean of several candidates' probabilities.</summary>
internal sealed class AverageCandidate : FittedCandidate
{
    /// <summary>The columns that its pipeline has beside the others': the features as they were, and scores.</summary>
    internal const string Kept = "ClipFeaturesKept", Score = "ClipScore", Scores = "ClipScores";

    private readonly IReadOnlyList<FittedCandidate> _members;
    private readonly ScoreAverage _average;

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
        _average = Equal(classes, members.Count);
        var options = new ClipScoreAveragingEstimator.Options { InputColumnName = Scores, Weights = _average.Weights };
        steps.Add(new ClipScoreAveragingTransformer(ml, options, _average));
        Steps = steps;
    }

    public override IReadOnlyList<ITransformer> Steps { get; }

    public static AverageCandidate OfMembers(CandidateSettings settings, TrainingRows rows, int seed, CancellationToken cancellation) =>
        new([.. settings.Members.Select(member => FittedCandidate.Fit(member, rows, seed, cancellation))], rows.Classes);

    public override float[][] Predict(IReadOnlyList<float[]> rows, CancellationToken cancellation) =>
        Mean(_average, [.. _members.Select(member => member.Predict(rows, cancellation))]);

    /// <summary>The mean of what members say, as the saved model makes it.</summary>
    /// <param name="classes">The classes' names.</param>
    /// <param name="said">[members][rows][classes].</param>
    public static float[][] Mean(IReadOnlyList<string> classes, IReadOnlyList<float[][]> said) => Mean(Equal(classes, said.Count), said);

    private static float[][] Mean(ScoreAverage average, IReadOnlyList<float[][]> said) =>
    [
        .. said[0].Select((first, row) =>
        {
            var mean = new float[first.Length];
            average.Of([.. said.SelectMany(own => own[row])], mean);
            return mean;
        }),
    ];

    private static ScoreAverage Equal(IReadOnlyList<string> classes, int members) => new(classes, [.. Enumerable.Repeat(1f, members)]);
}
