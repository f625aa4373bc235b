using Clip.Conversion.Configs;
using Clip.Conversion.Tokenizing;
using Microsoft.ML.Clip;
using SkiaSharp;

namespace Clip.Evaluation.Tests;

/// <summary>A model folder of seeded random weights, and painted pictures.</summary>
internal sealed class TinyModel : IDisposable
{
    private static readonly SKColor[] Colors = [SKColors.Red, SKColors.Green, SKColors.Blue, SKColors.White];

    public TinyModel()
    {
        var tokenizer = BpeTrainer.Train(["a photo of a red wall", "a green wall", "a blue wall", "a white wall"], 520);
        var config = RandomModel.Config.WithVocabulary(520);
        RandomModel.WriteFolder(config, RandomModel.Weights(config), Folder["model"], folder => tokenizer.Save(folder));
        Model = ClipModel.Open(Folder["model"]);
    }

    public TempFolder Folder { get; } = new();

    public ClipModel Model { get; }

    /// <summary>The folder of a cache.</summary>
    public string Cache => Folder["cache"];

    /// <summary>Pictures, each of its own size, red, green, blue and white in turn, with that for a label.</summary>
    public LabeledImage[] Paint(int count, string folder = "pictures")
    {
        Directory.CreateDirectory(Folder[folder]);
        string[] names = ["red", "green", "blue", "white"];
        return
        [
            .. Enumerable.Range(0, count).Select(i =>
            {
                using var bitmap = new SKBitmap(8 + i % 7, 8 + i);
                bitmap.Erase(Colors[i % 4]);
                using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
                File.WriteAllBytes(Folder[$"{folder}/{i}.png"], png.ToArray());
                return new LabeledImage { ImagePath = Folder[$"{folder}/{i}.png"], Class = names[i % 4] };
            }),
        ];
    }

    public void Dispose()
    {
        Model.Dispose();
        Folder.Dispose();
    }
}
