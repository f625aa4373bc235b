using Clip.EndToEnd.Tests.Packages;
using Microsoft.ML;
using Programs;

namespace Clip.EndToEnd.Tests;

/// <summary>
/// Pipelines fitted and saved here, loaded and asked in an application that has the package alone: both must answer the same.
/// </summary>
[Collection(PackedLibraries.Name)]
public sealed class PipelineTests(TrainedModel trained, Consumers consumers)
{
    private readonly MLContext _ml = new(seed: 0);

    [Fact]
    public async Task ZeroShotClassificationAnswersTheSameInAnotherProcess()
    {
        var test = Pictured(trained.TestTable);
        var pipeline = _ml.Transforms.ClipClassifyZeroShot("Score", nameof(Picture.ImagePath), trained.Folder, Pictures.Classes);
        using var model = pipeline.Fit(_ml.Data.LoadFromEnumerable(test));
        var answers = await AskBothAsync(model, "Score", test.Select(p => p.ImagePath));

        var right = test.Zip(answers).Count(pair => pair.Second.EndsWith(" " + pair.First.Class, StringComparison.Ordinal));
        Assert.InRange(right, 15, 24);
    }

    [Fact]
    public async Task ATrainerOnImageFeaturesAnswersTheSameInAnotherProcess()
    {
        var (train, test) = (Pictured(trained.TrainTable), Pictured(trained.TestTable));
        var pipeline = _ml.Transforms.ClipFeaturizeImage("Features", trained.Folder, nameof(Picture.ImagePath))
            .AppendCacheCheckpoint(_ml)
            .Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy("Key"));
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Key", nameof(Picture.Color));
        var view = _ml.Data.LoadFromEnumerable(train);
        var model = pipeline.Fit(keyed.Fit(view).Transform(view));
        var answers = await AskBothAsync(model, "Score", test.Select(p => p.ImagePath));

        var right = test.Zip(answers).Count(pair => pair.Second.EndsWith(" " + pair.First.Color, StringComparison.Ordinal));
        Assert.InRange(right, 20, 24);
    }

    [Fact]
    public async Task TextFeaturesAnswerTheSameInAnotherProcess()
    {
        string[] texts =
        [
            "a red square", "A  RED&amp;BLUE\tring", "",
            "a photo of a green cross. and of much else, that does not fit the context of sixteen tokens",
        ];
        var pipeline = _ml.Transforms.ClipFeaturizeText("Features", trained.Folder, nameof(Question.Text));
        using var model = pipeline.Fit(_ml.Data.LoadFromEnumerable<Question>([]));
        var answers = await AskBothAsync(model, "Features", texts);
        Assert.Equal(texts.Length, answers.Distinct().Count());
    }

    /// <summary>The answers of the model and of its copy in another process, which must be equal to the last digit.</summary>
    private async Task<string[]> AskBothAsync(ITransformer model, string column, IEnumerable<string> values)
    {
        using var folder = new TempFolder();
        string[] asked = [.. values];
        _ml.Model.Save(model, _ml.Data.LoadFromEnumerable<Question>([]).Schema, folder["model.zip"]);
        string[] here = [.. Predictions.Of(_ml, model, column, asked)];
        Assert.Equal(2 * asked.Length, here.Length);
        Assert.Equal(here, await consumers.AnswersAsync(folder["model.zip"], column, asked));
        return here[..asked.Length];
    }

    private static Picture[] Pictured(string table) =>
    [
        .. File.ReadLines(table).Skip(1).Select(line => line.Split('\t'))
            .Select(cells => new Picture
            {
                ImagePath = Path.Combine(Path.GetDirectoryName(table)!, cells[0]),
                Class = cells[2],
                Color = cells[3],
            }),
    ];

    private sealed class Picture
    {
        public string ImagePath { get; set; } = "";

        public string Class { get; set; } = "";

        public string Color { get; set; } = "";
    }
}
