using Clip.Data;
using Clip.Trainer.Objectives;
using Clip.Trainer.Tests.Training;
using Clip.Trainer.Validation;
using Microsoft.ML.Clip;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Validation;

public sealed class PairSampleTests
{
    /// <summary>
    /// The first pairs, their pictures as they were before they were normalized, and each picture's cosine with each text.
    /// </summary>
    [Fact]
    public void ASampleShowsTheFirstPairsAsTheModelComparesThem()
    {
        const int size = 16, area = size * size;
        var settings = ClipImagePreprocessing.ForSize(size);
        var random = new Random(3);
        var bytes = Enumerable.Range(0, 4 * area * 3).Select(_ => (byte)random.Next(256)).ToArray();
        var pixels = new float[bytes.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            var (pixel, channel) = (i / 3, i % 3);
            var place = ((((pixel / area) * 3) + channel) * area) + (pixel % area);
            pixels[place] = ((bytes[i] / 255f) - settings.Mean[channel]) / settings.Std[channel];
        }

        using var scope = NewDisposeScope();
        using var model = TrainingStepTests.Model();
        var objective = new ClipObjective(model);
        var (images, ids) = (tensor(pixels, [4, 3, size, size]), TrainingStepTests.Ids(4));
        var batch = new PairBatch(0, 4, pixels, [], 4) { Captions = ["a", "b", "c", "d"] };

        var sample = PairSample.Of(objective, batch, most: 3, _ => (images, ids), settings);

        Assert.Equal(["a", "b", "c"], sample.Texts);
        Assert.Equal(size, sample.ImageSize);
        Assert.Equal(bytes[..(3 * area * 3)], sample.Rgb);
        using var unused = no_grad();
        var expected = objective.EncodeImage(images).matmul(objective.EncodeText(ids).t());
        for (var i = 0; i < 9; i++) Assert.Equal(expected[i / 3, i % 3].item<float>(), sample.Similarities[i], 1e-5f);
        Assert.Equal(4, PairSample.Of(objective, batch, most: 12, _ => (images, ids), settings).Texts.Count);
    }
}
