using Clip.Conversion.Initialization;
using Clip.Evaluation;
using Clip.Evaluation.Embedding;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Tasks;
using Clip.Trainer.Tests.Onnx.Quantization;
using Microsoft.ML.Clip;
using SkiaSharp;

namespace Clip.Trainer.Tests.Validation;

/// <summary>How bold a linear probe may be is chosen on a part of the training pictures that it was not fitted on.</summary>
public sealed class LinearProbeTests : IDisposable
{
    private readonly QuantizedFolder _model = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    /// <summary>
    /// Of some pictures the class is wrong. A probe that may be as bold as it likes learns these by heart, and does better on what it
    /// was fitted on; on others the cautious one does.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void TheWeightIsTheOneThatDoesBestOnPicturesItWasNotFittedOn(long seed)
    {
        var random = new SampleRandom(seed);
        var (train, test) = (Draw(60, "train", ref random, wrong: 0.3), Draw(60, "test", ref random, wrong: 0));

        using var model = ClipModel.Open(_model.Path);
        var set = new LabeledSet("test", test, ["blue", "yellow"], Templates: null);
        var probe = new ModelEvaluation(new Embedder(model, cache: null, progress: null)).LinearProbe(train, set);

        Assert.Equal((1, 60, 60), (probe.L2Weight, probe.TrainImages, probe.Outcome.Pictures.Count));
        Assert.Equal(1, Accuracy.Of(probe.Outcome).Top1);
    }

    /// <summary>Pictures of noise, every other one blue, and some of them by the wrong name.</summary>
    private LabeledImage[] Draw(int count, string folder, ref SampleRandom random, double wrong)
    {
        Directory.CreateDirectory(_folder[folder]);
        var images = new LabeledImage[count];
        for (var i = 0; i < count; i++)
        {
            using var bitmap = new SKBitmap(16, 16);
            for (var p = 0; p < 256; p++)
            {
                var (red, green) = ((byte)random.Next(256), (byte)random.Next(256));
                bitmap.SetPixel(p % 16, p / 16, new SKColor(red, green, (byte)(i % 2 == 0 ? 255 : random.Next(80))));
            }

            using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            File.WriteAllBytes(_folder[$"{folder}/{i}.png"], png.ToArray());
            images[i] = new LabeledImage
            {
                ImagePath = _folder[$"{folder}/{i}.png"],
                Class = i % 2 == 0 ^ random.NextDouble() < wrong ? "blue" : "yellow",
            };
        }

        return images;
    }
}
