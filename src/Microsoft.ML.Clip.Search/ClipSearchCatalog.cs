using Microsoft.ML.Clip.Persistence;

namespace Microsoft.ML.Clip;

/// <summary>Search among pictures as a step of ML.NET pipelines.</summary>
public static class ClipSearchCatalog
{
    /// <summary>Adds the pictures of an index that are closest to a row's features, and their scores.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column of ids to add; that of scores has the same name with <c>Scores</c> behind it.</param>
    /// <param name="inputColumnName">The features to search by, of the model that the index was made with.</param>
    /// <param name="index">The index, which stays the caller's to dispose.</param>
    /// <param name="top">How many pictures.</param>
    public static ClipFindSimilarEstimator ClipFindSimilar(
        this TransformsCatalog catalog, string outputColumnName, string inputColumnName, ClipImageIndex index, int top = 5) =>
        catalog.ClipFindSimilar(index, new ClipFindSimilarEstimator.Options
        {
            OutputColumnName = outputColumnName,
            ScoreColumnName = $"{outputColumnName}Scores",
            InputColumnName = inputColumnName,
            Top = top,
        });

    /// <summary>Adds the closest pictures of an index, with every setting there is.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="index">The index, which stays the caller's to dispose.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public static ClipFindSimilarEstimator ClipFindSimilar(
        this TransformsCatalog catalog, ClipImageIndex index, ClipFindSimilarEstimator.Options options) =>
        new(MlNet.Environment(catalog), index, options);
}
