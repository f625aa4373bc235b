using System.Globalization;
using Clip.Trainer;
using Clip.Trainer.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Programs;

/// <summary>Someone's application that has <c>Clip.Trainer</c>: it trains for two steps and embeds with what came of it.</summary>
public static class ClipTrainer
{
    /// <param name="args">A model folder, a picture, a config and a folder to write to.</param>
    public static IEnumerable<string> Run(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        var ml = new MLContext();
        var pictures = Directory.GetFiles(Path.GetDirectoryName(args[1])!).Order(StringComparer.Ordinal).Take(8);
        var pairs = ml.Data.LoadFromEnumerable(
            pictures.Select(picture => new Pair { ImagePath = picture, Caption = Path.GetFileNameWithoutExtension(picture) }));
        var trained = ml.Transforms.ClipTrain(new ClipContrastiveEstimator.Options
        {
            ImageColumnName = "ImagePath",
            CaptionColumnName = "Caption",
            ModelFolder = args[3],
            Model = args[2],
            Tokenizer = args[0],
            Training = new TrainingOptions { BatchSize = 4, MaxSteps = 2 },
        }).Fit(pairs);
        var features = trained.Transform(pairs).GetColumn<float[]>("ImageFeatures").First();
        return [features.Length.ToString(CultureInfo.InvariantCulture)];
    }

    private sealed class Pair
    {
        public string ImagePath { get; set; } = "";

        public string Caption { get; set; } = "";
    }
}
