using Clip.Conversion.Initialization;
using Clip.Trainer.Evaluation;
using Clip.Trainer.Tests.Onnx.Quantization;
using Microsoft.ML;
using SkiaSharp;
using Xunit.Abstractions;

namespace Clip.Trainer.Tests.Evaluation;

public sealed class LinearProbeTests(ITestOutputHelper output) : IDisposable
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
    [Fact]
    public void TheWeightIsTheOneThatDoesBestOnPicturesItWasNotFittedOn()
    {
        for (var seed = 0; seed < 8; seed++)
        {
            var random = new SampleRandom(seed);
            var train = Draw(60, "train", ref random, wrong: 0.3);
            var test = Draw(60, "test", ref random, wrong: 0);
            var probe = new ModelFolderEvaluation(new MLContext(seed: 0), _model.Path).LinearProbe(train, test);
            output.WriteLine($"{seed}: {probe}");
        }
    }

    private LabeledImage[] Draw(int count, string folder, ref SampleRandom random, double wrong)
    {
        Directory.CreateDirectory(_folder[folder]);
        var images = new LabeledImage[count];
        for (var i = 0; i < count; i++)
        {
            using var bitmap = new SKBitmap(16, 16);
            for (var p = 0; p < 256; p++)
                bitmap.SetPixel(p % 16, p / 16, new SKColor((byte)random.Next(256), (byte)random.Next(256), (byte)(i % 2 == 0 ? 255 : random.Next(80))));
            using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            File.WriteAllBytes(_folder[$"{folder}/{i}.png"], png.ToArray());
            images[i] = new LabeledImage
            {
                ImagePath = _folder[$"{folder}/{i}.png"], Class = i % 2 == 0 ^ random.NextDouble() < wrong ? "blue" : "yellow",
            };
        }

        return images;
    }
}
