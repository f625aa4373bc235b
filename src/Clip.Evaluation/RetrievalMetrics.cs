using System.Globalization;
using System.Numerics.Tensors;

namespace Clip.Evaluation;

/// <summary>How well images and texts find each other, as open_clip reports it; ties count as in a random order.</summary>
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
    /// <exception cref="ClipException">A feature is NaN or infinite.</exception>
    /// <exception cref="ArgumentException">An image has no text.</exception>
    public static RetrievalMetrics Compute(float[][] images, float[][] texts, int[]? imageOfText = null)
    {
        var (imagePlacings, textPlacings) = Place(images, texts, imageOfText);
        return new RetrievalMetrics(Recall(imagePlacings), Recall(textPlacings));
    }

    /// <summary>For each image where the best of its texts stands among all texts, and for each text where its image does.</summary>
    /// <inheritdoc cref="Compute"/>
    internal static (Placing[] Images, Placing[] Texts) Place(float[][] images, float[][] texts, int[]? imageOfText = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(texts);
        imageOfText ??= [.. Enumerable.Range(0, texts.Length)];
        var textsOfImage = Enumerable.Range(0, texts.Length).ToLookup(i => imageOfText[i]);

        if (Enumerable.Range(0, images.Length).FirstOrDefault(i => !textsOfImage.Contains(i), -1) is >= 0 and var alone)
            throw new ArgumentException($"Image {alone} has no text to find.", nameof(imageOfText));

        var imagePlacings = new Placing[images.Length];
        Rank(images.Length, texts.Length, (i, scores) =>
        {
            for (var t = 0; t < scores.Length; t++) scores[t] = TensorPrimitives.Dot<float>(images[i], texts[t]);
            imagePlacings[i] = Placing.Of(scores, [.. textsOfImage[i]]);
        });
        var textPlacings = new Placing[texts.Length];
        Rank(texts.Length, images.Length, (t, scores) =>
        {
            for (var i = 0; i < scores.Length; i++) scores[i] = TensorPrimitives.Dot<float>(images[i], texts[t]);
            textPlacings[t] = Placing.Of(scores, imageOfText[t]);
        });
        return (imagePlacings, textPlacings);
    }

    /// <summary>The recalls of one direction for the eye.</summary>
    internal static string Describe(IReadOnlyList<double> recalls) =>
        string.Join(' ', Ks.Zip(recalls, (k, v) => string.Create(CultureInfo.InvariantCulture, $"R@{k} {v:P1}")));

    private static double[] Recall(Placing[] placings) => [.. Ks.Select(k => placings.Average(placing => placing.Hit(k)))];

    /// <summary>Ranks for each of so many queries, with a row of scores for each thread.</summary>
    private static void Rank(int queries, int candidates, Action<int, float[]> rank)
    {
        try
        {
            Parallel.For(0, queries, () => new float[candidates], (query, _, scores) =>
            {
                rank(query, scores);
                return scores;
            }, _ => { });
        }
        catch (AggregateException e) when (e.InnerExceptions[0] is ClipException first)
        {
            throw new ClipException(first.Message, e);
        }
    }
}
