using System.Globalization;
using Clip.Evaluation;
using Microsoft.ML.Clip;

namespace Programs;

/// <summary>Someone's application that has <c>Clip.Evaluation</c>: it measures how well a picture and a text find each other.</summary>
public static class ClipEvaluation
{
    /// <param name="args">A model folder, a picture, a config and a folder to write to.</param>
    public static IEnumerable<string> Run(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        using var model = ClipModel.Open(args[0]);
        var metrics = RetrievalMetrics.Compute([model.EmbedImage(args[1])], [model.EmbedText("a photo")]);
        return [(32 * metrics.ImageToText[0]).ToString(CultureInfo.InvariantCulture)];
    }
}
