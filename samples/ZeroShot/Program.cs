// Which of the names on the command line fits each picture in photos/: an ML.NET pipeline, fitted, saved, and loaded again.
using Microsoft.ML;

string[] labels = args.Length > 0 ? args : ["cat", "dog"];
var ml = new MLContext();
var photos = ml.Data.LoadFromEnumerable(
    Directory.EnumerateFiles("photos", "*.jpg", SearchOption.AllDirectories).Order().Select(path => new Photo { ImagePath = path }));

var pipeline = ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", "model", labels)
    .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
ml.Model.Save(pipeline.Fit(photos), photos.Schema, "zero-shot.zip");

var loaded = ml.Model.Load("zero-shot.zip", out _);
foreach (var photo in ml.Data.CreateEnumerable<Answer>(loaded.Transform(photos), reuseRowObject: false))
    Console.WriteLine($"{photo.ImagePath}: {photo.PredictedLabel} ({photo.Score.Max():P0})");

internal class Photo
{
    public string ImagePath { get; set; } = "";
}

internal sealed class Answer : Photo
{
    public string PredictedLabel { get; set; } = "";

    public float[] Score { get; set; } = [];
}
