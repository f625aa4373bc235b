using Clip.Data;
using Clip.Trainer.Objectives;
using Microsoft.ML.Clip;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Validation;

/// <summary>A few pairs and how similar the model finds each image to each text.</summary>
/// <param name="ImageSize">S, the pictures' height and width.</param>
/// <param name="Rgb">N × S × S × 3 bytes, as the model saw the pictures.</param>
/// <param name="Texts">N texts; text i belongs to picture i.</param>
/// <param name="Similarities">N × N cosines, a row a picture.</param>
internal sealed record PairSample(int ImageSize, byte[] Rgb, IReadOnlyList<string> Texts, float[] Similarities)
{
    /// <summary>The first pairs of a batch, compared by a module in evaluation mode.</summary>
    /// <param name="objective">Compares images and texts.</param>
    /// <param name="batch">At least one pair.</param>
    /// <param name="most">How many pairs to take.</param>
    /// <param name="tensors">Pixels and ids of a batch, on the module's device.</param>
    /// <param name="preprocessing">How the pixels were normalized.</param>
    public static PairSample Of(
        IContrastiveObjective objective, PairBatch batch, int most, Func<PairBatch, (Tensor Pixels, Tensor Ids)> tensors,
        ClipImagePreprocessing preprocessing)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        var count = Math.Min(most, batch.Count);
        var (pixels, ids) = tensors(batch);
        var image = objective.EncodeImage(pixels.slice(0, 0, count, 1));
        var text = objective.EncodeText(ids.slice(0, 0, count, 1));
        var similarities = image.matmul(text.t()).@float().cpu().data<float>().ToArray();
        var size = preprocessing.CropWidth;
        return new PairSample(
            size,
            Bytes(batch, count, size, preprocessing),
            [.. batch.Captions.Take(count)],
            similarities);
    }

    private static byte[] Bytes(PairBatch batch, int count, int size, ClipImagePreprocessing preprocessing)
    {
        var area = size * size;
        var rgb = new byte[count * area * 3];
        for (var i = 0; i < rgb.Length; i++)
        {
            var (pixel, channel) = (i / 3, i % 3);
            var value = batch.Pixels[(pixel / area * 3 + channel) * area + pixel % area];
            rgb[i] = (byte)Math.Clamp(MathF.Round(255 * (value * preprocessing.Std[channel] + preprocessing.Mean[channel])), 0, 255);
        }

        return rgb;
    }
}
