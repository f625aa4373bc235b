using Clip.Trainer;

namespace Microsoft.ML;

/// <summary><c>mlContext.Transforms.ClipTrain</c>.</summary>
public static class ClipTrainCatalog
{
    /// <summary>Trains a CLIP model on captioned images; the fitted transformers add its embeddings.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="imageColumnName">The column of images: paths (text), files (vectors of bytes) or <c>MLImage</c>s.</param>
    /// <param name="captionColumnName">The column of captions: text, or vectors of texts.</param>
    /// <param name="modelFolder">The model folder to write.</param>
    /// <example><code>
    /// var trained = ml.Transforms.ClipTrain("ImagePath", "Caption", "my-model").Fit(pairs);
    /// </code></example>
    public static ClipContrastiveEstimator ClipTrain(
        this TransformsCatalog catalog, string imageColumnName, string captionColumnName, string modelFolder) =>
        catalog.ClipTrain(new ClipContrastiveEstimator.Options
        {
            ImageColumnName = imageColumnName,
            CaptionColumnName = captionColumnName,
            ModelFolder = modelFolder,
        });

    /// <summary>Trains a CLIP model on captioned images, with every setting there is.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">The settings.</param>
    public static ClipContrastiveEstimator ClipTrain(this TransformsCatalog catalog, ClipContrastiveEstimator.Options options) =>
        new(catalog, options);
}
