namespace Microsoft.ML.Clip.Experiments.Search;

/// <summary>
/// What the best candidate makes of each row when it is fitted, and its settings are chosen, without that row and those of its group.
/// </summary>
/// <param name="Folds">For each row its fold.</param>
/// <param name="Probabilities">For each row a probability for each class, [rows][classes].</param>
internal sealed record FoldPredictions(int[] Folds, float[][] Probabilities);
