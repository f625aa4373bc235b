using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Persistence;

namespace Microsoft.ML;

/// <summary>CLIP's steps for pipelines: <c>mlContext.Transforms.ClipFeaturizeImage</c> and the like.</summary>
public static class ClipCatalog
{
    /// <summary>Adds a feature vector for each image: CLIP's embedding, of length 1.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column to add: a vector of <see cref="float"/> as long as the model's embedding.</param>
    /// <param name="modelFolder">The model folder.</param>
    /// <param name="inputColumnName">
    /// The column of images: <c>MLImage</c>, text (paths) or vectors of bytes (files); null is the output's name.
    /// </param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">The folder holds no model.</exception>
    /// <example><code>
    /// var pipeline = ml.Transforms.ClipFeaturizeImage("Features", modelFolder, "ImagePath")
    ///     .AppendCacheCheckpoint(ml)
    ///     .Append(ml.MulticlassClassification.Trainers.SdcaMaximumEntropy());
    /// </code></example>
    public static ClipImageFeaturizingEstimator ClipFeaturizeImage(
        this TransformsCatalog catalog, string outputColumnName, string modelFolder, string? inputColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(modelFolder);
        return catalog.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            ModelFolder = modelFolder,
        });
    }

    /// <summary>Adds a feature vector for each image with an opened model, whose image tower is shared.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column to add: a vector of <see cref="float"/> as long as the model's embedding.</param>
    /// <param name="model">
    /// The model, opened once however many steps and fits (as in cross-validation) use it; it stays the caller's to dispose, after the
    /// last use of the pipeline.
    /// </param>
    /// <param name="inputColumnName">
    /// The column of images: <c>MLImage</c>, text (paths) or vectors of bytes (files); null is the output's name.
    /// </param>
    public static ClipImageFeaturizingEstimator ClipFeaturizeImage(
        this TransformsCatalog catalog, string outputColumnName, ClipModel model, string? inputColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return catalog.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            Model = model,
        });
    }

    /// <summary>Adds a feature vector for each image, with every setting there is.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public static ClipImageFeaturizingEstimator ClipFeaturizeImage(
        this TransformsCatalog catalog, ClipImageFeaturizingEstimator.Options options) => new(MlNet.Environment(catalog), options);

    /// <summary>Adds a feature vector for each text: CLIP's embedding, of length 1.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column to add: a vector of <see cref="float"/> as long as the model's embedding.</param>
    /// <param name="modelFolder">The model folder.</param>
    /// <param name="inputColumnName">The column of texts; null is the output's name.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">The folder holds no model.</exception>
    public static ClipTextFeaturizingEstimator ClipFeaturizeText(
        this TransformsCatalog catalog, string outputColumnName, string modelFolder, string? inputColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(modelFolder);
        return catalog.ClipFeaturizeText(new ClipTextFeaturizingEstimator.Options
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            ModelFolder = modelFolder,
        });
    }

    /// <summary>Adds a feature vector for each text with an opened model, whose text tower is shared.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column to add: a vector of <see cref="float"/> as long as the model's embedding.</param>
    /// <param name="model">
    /// The model, opened once however many steps and fits (as in cross-validation) use it; it stays the caller's to dispose, after the
    /// last use of the pipeline.
    /// </param>
    /// <param name="inputColumnName">The column of texts; null is the output's name.</param>
    public static ClipTextFeaturizingEstimator ClipFeaturizeText(
        this TransformsCatalog catalog, string outputColumnName, ClipModel model, string? inputColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return catalog.ClipFeaturizeText(new ClipTextFeaturizingEstimator.Options
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            Model = model,
        });
    }

    /// <summary>Adds a feature vector for each text, with every setting there is.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public static ClipTextFeaturizingEstimator ClipFeaturizeText(
        this TransformsCatalog catalog, ClipTextFeaturizingEstimator.Options options) => new(MlNet.Environment(catalog), options);

    /// <summary>Classifies images by names alone: adds probabilities over the labels and the most probable label.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">
    /// The column of probabilities to add: a vector of <see cref="float"/>, one slot a label, named by it. <c>Score</c> is the name that
    /// evaluators look for by default.
    /// </param>
    /// <param name="inputColumnName">The column of images: <c>MLImage</c>, text (paths) or vectors of bytes (files).</param>
    /// <param name="modelFolder">The model folder.</param>
    /// <param name="labels">The labels: at least one, all different.</param>
    /// <param name="templates">Sentences with <c>{}</c> or <c>{c}</c> for the label; null (default) is "a photo of a {}."</param>
    /// <param name="predictedLabelColumnName">
    /// The column of the most probable label to add: a key over the labels. Default <c>PredictedLabel</c>.
    /// </param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">The folder holds no model.</exception>
    /// <exception cref="ArgumentException">There is no label, one comes twice, or a template has no place for it.</exception>
    /// <example><code>
    /// var pipeline = ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", modelFolder, labels: ["cat", "dog"]);
    /// </code></example>
    public static ClipZeroShotEstimator ClipClassifyZeroShot(
        this TransformsCatalog catalog,
        string outputColumnName,
        string inputColumnName,
        string modelFolder,
        IReadOnlyList<string> labels,
        IReadOnlyList<string>? templates = null,
        string predictedLabelColumnName = "PredictedLabel")
    {
        ArgumentNullException.ThrowIfNull(modelFolder);
        return catalog.ClipClassifyZeroShot(new ClipZeroShotEstimator.Options
        {
            ScoreColumnName = outputColumnName,
            PredictedLabelColumnName = predictedLabelColumnName,
            InputColumnName = inputColumnName,
            ModelFolder = modelFolder,
            Labels = labels,
            Templates = templates,
        });
    }

    /// <summary>Classifies images by names alone with an opened model, whose towers are shared.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">
    /// The column of probabilities to add: a vector of <see cref="float"/>, one slot a label, named by it.
    /// </param>
    /// <param name="inputColumnName">The column of images: <c>MLImage</c>, text (paths) or vectors of bytes (files).</param>
    /// <param name="model">
    /// The model, opened once however many steps and fits (as in cross-validation) use it; it stays the caller's to dispose, after the
    /// last use of the pipeline.
    /// </param>
    /// <param name="labels">The labels: at least one, all different.</param>
    /// <param name="templates">Sentences with <c>{}</c> or <c>{c}</c> for the label; null (default) is "a photo of a {}."</param>
    /// <param name="predictedLabelColumnName">
    /// The column of the most probable label to add: a key over the labels. Default <c>PredictedLabel</c>.
    /// </param>
    /// <exception cref="ArgumentException">There is no label, one comes twice, or a template has no place for it.</exception>
    public static ClipZeroShotEstimator ClipClassifyZeroShot(
        this TransformsCatalog catalog,
        string outputColumnName,
        string inputColumnName,
        ClipModel model,
        IReadOnlyList<string> labels,
        IReadOnlyList<string>? templates = null,
        string predictedLabelColumnName = "PredictedLabel")
    {
        ArgumentNullException.ThrowIfNull(model);
        return catalog.ClipClassifyZeroShot(new ClipZeroShotEstimator.Options
        {
            ScoreColumnName = outputColumnName,
            PredictedLabelColumnName = predictedLabelColumnName,
            InputColumnName = inputColumnName,
            Model = model,
            Labels = labels,
            Templates = templates,
        });
    }

    /// <summary>Classifies images by names alone, with every setting there is.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public static ClipZeroShotEstimator ClipClassifyZeroShot(
        this TransformsCatalog catalog, ClipZeroShotEstimator.Options options) => new(MlNet.Environment(catalog), options);

    /// <summary>
    /// Classifies features by a few examples, and by prompts: adds probabilities over the labels and the most probable label.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    /// <example><code>
    /// var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
    ///     .Append(ml.Transforms.ClipFeaturizeImage("Features", modelFolder, "ImagePath"))
    ///     .AppendCacheCheckpoint(ml)
    ///     .Append(ml.Transforms.ClipClassifyFewShot(new ClipFewShotEstimator.Options { Neighbors = 5 }));
    /// </code></example>
    public static ClipFewShotEstimator ClipClassifyFewShot(
        this TransformsCatalog catalog, ClipFewShotEstimator.Options options) => new(MlNet.Environment(catalog), options);

    /// <summary>
    /// Averages the scores of several classifiers of the same labels: adds the average and the most probable label.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The settings.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    /// <example><code>
    /// var trainers = ml.MulticlassClassification.Trainers;
    /// var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
    ///     .Append(ml.Transforms.ClipFeaturizeImage("Features", modelFolder, "ImagePath"))
    ///     .AppendCacheCheckpoint(ml)
    ///     .Append(trainers.SdcaMaximumEntropy()).Append(ml.Transforms.CopyColumns("First", "Score"))
    ///     .Append(trainers.LbfgsMaximumEntropy()).Append(ml.Transforms.Concatenate("Scores", "First", "Score"))
    ///     .Append(ml.Transforms.ClipAverageScores(new ClipScoreAveragingEstimator.Options { Weights = [1, 1] }));
    /// </code></example>
    public static ClipScoreAveragingEstimator ClipAverageScores(
        this TransformsCatalog catalog, ClipScoreAveragingEstimator.Options options) => new(MlNet.Environment(catalog), options);
}
