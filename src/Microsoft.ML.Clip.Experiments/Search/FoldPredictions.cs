namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>
/// What the best candidate makes of each row when it is fitted, and its settings are chosen, without that row and those of its group; or,
/// where there was no time for that, when it is fitted without them.
/// </summary>
/// <param name="Folds">For each row its fold.</param>
/// <param name="Probabilities">For each row a probability for each class, [rows][classes].</param>
internal sealed record FoldPredictions(int[] Folds, float[][] Probabilities)
{
    /// <summary>Those of a trial by itself, which was chosen for them.</summary>
    public static FoldPredictions Of(Trial trial, FoldedData folded)
    {
        var probabilities = new float[folded.Folds.Length][];
        for (var fold = 0; fold < folded.Count; fold++)
        {
            var (wanted, said) = (fold, trial.OfFold(fold, CancellationToken.None));
            var rows = folded.Rows(f => f == wanted);
            for (var i = 0; i < rows.Length; i++) probabilities[rows[i]] = said[i];
        }

        return new FoldPredictions(folded.Folds, probabilities);
    }
}
