using System.Globalization;
using System.Numerics.Tensors;

namespace Clip.Trainer.Evaluation;

/// <summary>How well images and texts find each other, as open_clip reports it.</summary>
/// <param name="ImageToText">Share of images that have a text of their own among the 1, 5 and 10 most similar of all.</param>
/// <param name="TextToImage">Share of texts whose own image is among the 1, 5 and 10 most similar of all.</param>
public sealed record RetrievalMetrics(IReadOnlyList<double> ImageToText, IReadOnlyList<double> TextToImage)
{
    /// <summary>The k of recall@k.</summary>
    public static IReadOnlyList<int> Ks { get; } = [1, 5, 10];

    /// <summary>All recalls by open_clip's names: <c>image_to_text_R@1</c> and the like.</summary>
    public IEnumerable<(string Name, double Value)> Values =>
        Ks.Zip(ImageToText, (k, v) => ($"image_to_text_R@{k}", v)).Concat(Ks.Zip(TextToImage, (k, v) => ($"text_to_image_R@{k}", v)));

    /// <summary>Ranks every text for each image and every image for each text.</summary>
    /// <param name="images">N rows of unit length.</param>
    /// <param name="texts">M rows of unit length.</param>
    /// <param name="imageOfText">For each text, the row of its image; null where text i belongs to image i.</param>
    public static RetrievalMetrics Compute(float[][] images, float[][] texts, int[]? imageOfText = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(texts);
        imageOfText ??= [.. Enumerable.Range(0, texts.Length)];
        var textsOfImage = Enumerable.Range(0, texts.Length).ToLookup(i => imageOfText[i]);

        // A rank is how many are strictly more similar than the (best) right one.
        var imageRanks = new int[images.Length];
        Parallel.For(0, images.Length, i =>
        {
            var own = textsOfImage[i].Max(t => TensorPrimitives.Dot<float>(images[i], texts[t]));
            imageRanks[i] = texts.Count(text => TensorPrimitives.Dot<float>(images[i], text) > own);
        });
        var textRanks = new int[texts.Length];
        Parallel.For(0, texts.Length, t =>
        {
            var own = TensorPrimitives.Dot<float>(images[imageOfText[t]], texts[t]);
            textRanks[t] = images.Count(image => TensorPrimitives.Dot<float>(image, texts[t]) > own);
        });
        return new RetrievalMetrics(Recall(imageRanks), Recall(textRanks));
    }

    /// <summary>The recalls of one direction for the eye.</summary>
    internal static string Describe(IReadOnlyList<double> recalls) =>
        string.Join(' ', Ks.Zip(recalls, (k, v) => string.Create(CultureInfo.InvariantCulture, $"R@{k} {v:P1}")));

    private static double[] Recall(int[] ranks) => [.. Ks.Select(k => ranks.Count(rank => rank < k) / (double)ranks.Length)];
}
