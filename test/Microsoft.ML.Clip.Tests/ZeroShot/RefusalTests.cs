using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Clip.Tests.Persistence;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.ZeroShot;

/// <summary>What a zero-shot classifier does not take, and what is just within what it takes.</summary>
public sealed class RefusalTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    private readonly MLContext _ml = new(seed: 1);

    private ClipZeroShotEstimator.Options Options => new()
    {
        InputColumnName = "ImagePath",
        ModelFolder = folder.Path,
        Labels = TinyFolder.Colors,
    };

    [Fact]
    public void OptionsMustBeGiven() =>
        Assert.Throws<ArgumentNullException>(() => _ml.Transforms.ClipClassifyZeroShot((ClipZeroShotEstimator.Options)null!));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void ColumnsToAddHaveNames(string name)
    {
        Refused(Options with { ScoreColumnName = name });
        Refused(Options with { PredictedLabelColumnName = name });
        Refused(Options with { SimilarityColumnName = name });
    }

    [Fact]
    public void AThresholdIsAProbability()
    {
        foreach (var threshold in new[] { 0, 0.5f, 1 }) _ml.Transforms.ClipClassifyZeroShot(Options with { Threshold = threshold });
        foreach (var threshold in new[] { -0.1f, 1.1f, float.NaN }) Refused(Options with { Threshold = threshold });
    }

    [Fact]
    public void AListOfPromptsHasAtLeastOne()
    {
        Refused(Options with { Prompts = new Dictionary<string, IReadOnlyList<string>> { ["red"] = [] } }, "prompts for 'red' is empty");
        _ml.Transforms.ClipClassifyZeroShot(
            Options with { Prompts = new Dictionary<string, IReadOnlyList<string>> { ["red"] = ["a red thing"] } });
    }

    [Fact]
    public void LabelsOfVectorsAreCheckedAsOthersAre()
    {
        Refused(() => ClipLabelEmbeddings.FromVectors(["red", "red"], [[1, 0], [0, 1]]), "'red' comes twice");
        Refused(() => ClipLabelEmbeddings.FromVectors(["red", " "], [[1, 0], [0, 1]]), "Label 1 is empty");
        Refused(() => ClipLabelEmbeddings.FromVectors(["red"], [[1, 0], [0, 1]]), "1 label(s) need as many vectors, not 2");
        Refused(() => ClipLabelEmbeddings.FromVectors(["red", "blue"], [[1, 0], [0, 1, 0]]), "there are 2 and 3");
        Refused(() => ClipLabelEmbeddings.FromVectors(["red"], [[]]), "of one length");
    }

    /// <summary>Before the towers are opened, which are damaged here.</summary>
    [Fact]
    public void AColumnOfNoImagesIsToldBeforeAnythingIsOpened()
    {
        using var damaged = new TinyFolder();
        foreach (var tower in Directory.GetFiles(damaged["onnx"])) File.WriteAllText(tower, "damaged");
        var data = _ml.Data.LoadFromEnumerable([new { Number = 1f, Name = "x" }]);
        foreach (var (column, told) in new[] { ("Number", "it must be an image"), ("Nothing", "no input column 'Nothing'") })
        {
            var classifier = _ml.Transforms.ClipClassifyZeroShot(Options with { InputColumnName = column, ModelFolder = damaged.Path });

            Refused(() => classifier.Fit(data), told);
            Refused(() => classifier.GetOutputSchema(data.Schema.Shape()), told);
        }
    }

    /// <summary>As the schema that a pipeline promises tells it, before there are data.</summary>
    [Fact]
    public void ALabelColumnIsAKeyWithNamesBeforeThereAreData()
    {
        var numbers = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 3));
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Label", "Color").Fit(numbers).Transform(numbers);
        var classifier = _ml.Transforms.ClipClassifyZeroShot(Options with { Labels = [], LabelColumnName = "Label" });

        Refused(() => classifier.GetOutputSchema(numbers.Schema.Shape()), "no label column 'Label'");
        Refused(
            () => _ml.Transforms.ClipClassifyZeroShot(Options with { Labels = [], LabelColumnName = "Color" })
                .GetOutputSchema(numbers.Schema.Shape()),
            "no key with names");
        Refused(() => classifier.GetOutputSchema(Nameless()), "no key with names");
        Assert.Contains(classifier.GetOutputSchema(keyed.Schema.Shape()), column => column.Name == "PredictedLabel");

        SchemaShape Nameless() => _ml.Transforms.Conversion.Hash("Label", "Color", numberOfBits: 4).GetOutputSchema(numbers.Schema.Shape());
    }

    [Fact]
    public void LabelsAreThoseOfTheMomentTheyWereGiven()
    {
        var labels = TinyFolder.Colors.ToList();
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 3));
        var classifier = _ml.Transforms.ClipClassifyZeroShot(Options with { Labels = labels });

        labels[0] = "changed";

        using var fitted = classifier.Fit(data);
        Assert.Equal(TinyFolder.Colors, fitted.Labels);
    }

    [Fact]
    public void AMissingImageHasNoSimilarityEither()
    {
        var rows = PictureRow.From(folder, 3);
        rows[1].ImagePath = "nowhere.png";
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var fitted = _ml.Transforms
            .ClipClassifyZeroShot(Options with { SimilarityColumnName = "Similarity", OnError = ClipErrorHandling.Missing }).Fit(data);

        var similarities = fitted.Transform(data).Vectors("Similarity").ToArray();

        Assert.Equal([false, true, false], similarities.Select(row => row.All(float.IsNaN)));
        Assert.Equal([false, true, false], fitted.Transform(data).Vectors("Score").Select(row => row.All(float.IsNaN)));
    }

    [Fact]
    public void ASavedClassifierWithoutItsLabelsIsToldSo()
    {
        using var copy = new TinyFolder();
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(copy, 3));
        using var fitted = _ml.Transforms.ClipClassifyZeroShot(Options with { ModelFolder = copy.Path }).Fit(data);
        _ml.Model.Save(fitted, data.Schema, copy["saved.zip"]);

        SavedZip.Remove(copy["saved.zip"], "labels.f32");

        var thrown = Assert.ThrowsAny<Exception>(() => _ml.Model.Load(copy["saved.zip"], out _));
        Assert.Contains("no entry 'labels.f32'", thrown.GetBaseException().Message);
    }

    private void Refused(ClipZeroShotEstimator.Options options, string told = "") =>
        Refused(() => _ml.Transforms.ClipClassifyZeroShot(options), told);

    private static void Refused(Func<object> made, string told) =>
        Assert.Contains(told, Assert.ThrowsAny<ArgumentException>(made).Message);
}
