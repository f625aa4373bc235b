using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.ZeroShot;

/// <summary>Evaluators compare keys by number: labels in another order than the classifier's give wrong numbers.</summary>
public sealed class LabelKeyTests : IClassFixture<TinyFolder>
{
    private readonly TinyFolder _folder;
    private readonly MLContext _ml = new(seed: 1);
    private readonly List<string> _warnings = [];

    public LabelKeyTests(TinyFolder folder)
    {
        _folder = folder;
        _ml.Log += (_, e) =>
        {
            if (e.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning) _warnings.Add(e.Message);
        };
    }

    [Theory]
    [InlineData("red,green,blue")]
    [InlineData("blue,green,red")]
    [InlineData("green,blue,red")]
    public void LabelsOfAColumnAreInItsOrder_AndEvaluateIsRight(string order)
    {
        var data = Keyed("Label", order.Split(','));
        var classifier = _ml.Transforms.ClipClassifyZeroShot(new ClipZeroShotEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = _folder.Path,
            LabelColumnName = "Label",
        });

        var transformer = classifier.Fit(data);
        var metrics = _ml.MulticlassClassification.Evaluate(transformer.Transform(data));

        Assert.Equal(order.Split(','), transformer.Labels);
        Assert.Equal(1, metrics.MicroAccuracy);
        Assert.DoesNotContain(_warnings, w => w.Contains("key column"));
        Assert.Contains(classifier.GetOutputSchema(data.Schema.Shape()), c => c.Name == "Score");
    }

    [Theory]
    [InlineData("Label", "blue,green,red", "has the labels in another order: 'blue' is its key 1, and 3 of the classifier")]
    [InlineData("Truth", "green,red,blue", "has the labels in another order: 'green' is its key 1, and 2 of the classifier")]
    [InlineData("Truth", "red,blue,green,other", "has the labels in another order: 'blue' is its key 2, and 3 of the classifier")]
    [InlineData("Label", "Red,Green,Blue", "has none of the classifier's labels (its first is 'Red', the classifier's 'red')")]
    public void AKeyThatDoesNotFitIsToldInTheLog(string column, string order, string message)
    {
        var data = Keyed(column, order.Split(','));

        Classify(data);

        Assert.Single(_warnings, w => w.Contains($"'{column}' {message}"));
    }

    [Theory]
    [InlineData("Label", "red,green,blue")]
    [InlineData("Label", "red,green")]
    [InlineData("Label", "red,green,blue,other")]
    [InlineData("Other", "cat,dog")]
    public void AKeyThatFitsIsNot(string column, string order)
    {
        Classify(Keyed(column, order.Split(',')));

        Assert.DoesNotContain(_warnings, w => w.Contains("key column"));
    }

    /// <summary>A column that a later one of the same name hides is no evaluator's.</summary>
    [Fact]
    public void AKeyThatIsHiddenIsNotLookedAt()
    {
        var hidden = Keyed("Label", ["blue", "green", "red"]);
        Classify(_ml.Transforms.CopyColumns("Label", "ImagePath").Fit(hidden).Transform(hidden));

        Assert.DoesNotContain(_warnings, w => w.Contains("key column"));
    }

    /// <summary>An estimator keeps what it has embedded for its next fit, and only for the same labels in the same order.</summary>
    [Fact]
    public void AnEstimatorsNextFitHasTheLabelsOfItsOwnData()
    {
        var classifier = _ml.Transforms.ClipClassifyZeroShot(new ClipZeroShotEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = _folder.Path,
            LabelColumnName = "Label",
        });
        foreach (var order in new[] { "red,green,blue", "blue,green,red", "red,green,blue,thing", "thing,red,green,blue" })
        {
            var data = Keyed("Label", order.Split(','));

            var transformer = classifier.Fit(data);

            Assert.Equal(order.Split(','), transformer.Labels);
            Assert.Equal(1, _ml.MulticlassClassification.Evaluate(transformer.Transform(data)).MicroAccuracy);
        }
    }

    [Fact]
    public void ListsAreTakenAsTheyAreWhenTheEstimatorIsMade()
    {
        var data = Keyed("Label", ["red", "green", "blue"]);
        List<string> labels = ["red", "green"], templates = ["a photo of {}"], prompts = ["a red thing"];
        var byLabel = new Dictionary<string, IReadOnlyList<string>> { ["red"] = prompts };
        var options = new ClipZeroShotEstimator.Options { InputColumnName = "ImagePath", ModelFolder = _folder.Path };
        var expected = Scores(_ml.Transforms.ClipClassifyZeroShot(
            options with { Labels = ["red", "green"], Templates = ["a photo of {}"] }));
        var expectedOfPrompts = Scores(_ml.Transforms.ClipClassifyZeroShot(options with
        {
            Labels = ["red", "green"],
            Prompts = new Dictionary<string, IReadOnlyList<string>> { ["red"] = ["a red thing"] },
        }));
        var byTemplates = _ml.Transforms.ClipClassifyZeroShot(options with { Labels = labels, Templates = templates });
        var byPrompts = _ml.Transforms.ClipClassifyZeroShot(options with { Labels = labels, Prompts = byLabel });

        (labels[0], templates[0], prompts[0]) = ("blue", "a photo of green {}", "a blue thing");
        byLabel["green"] = ["a blue thing"];

        Assert.Equal(expected, Scores(byTemplates));
        Assert.Equal(expectedOfPrompts, Scores(byPrompts));

        float[][] Scores(ClipZeroShotEstimator estimator)
        {
            using var transformer = estimator.Fit(data);
            return transformer.Transform(data).Vectors("Score");
        }
    }

    [Fact]
    public void WhatIsNoLabelColumnIsRefused()
    {
        var data = Keyed("Label", ["red"]);
        var options = new ClipZeroShotEstimator.Options { InputColumnName = "ImagePath", ModelFolder = _folder.Path };

        Refused("no label column 'Nothing'", options with { LabelColumnName = "Nothing" });
        Refused("it must be a key over texts", options with { LabelColumnName = "Color" });
        var both = Assert.Throws<ArgumentException>(
            () => _ml.Transforms.ClipClassifyZeroShot(options with { LabelColumnName = "Label", Labels = ["red"] }));
        Assert.Contains("not both", both.Message);

        void Refused(string message, ClipZeroShotEstimator.Options wrong)
        {
            var estimator = _ml.Transforms.ClipClassifyZeroShot(wrong);
            Assert.Contains(message, Assert.Throws<ArgumentException>(() => estimator.Fit(data)).Message);
            Assert.Throws<ArgumentException>(() => estimator.GetOutputSchema(data.Schema.Shape()));
        }
    }

    [Theory]
    [InlineData("red", "Red")]
    [InlineData("red", " red ")]
    [InlineData("red  thing", "RED thing")]
    [InlineData("red &amp; blue", "red & blue")]
    public void LabelsThatAreOneTextToTheModelAreRefused(string first, string second)
    {
        using var model = ClipModel.Open(_folder.Path);

        var error = Assert.Throws<ArgumentException>(() => ClipLabelEmbeddings.Create(model, [first, "blue", second]));

        Assert.Contains($"'{first}' and '{second}' are one text to the model", error.Message);
        var prompts = new Dictionary<string, IReadOnlyList<string>> { [second] = ["a green thing"] };
        Assert.Equal(3, ClipLabelEmbeddings.Create(model, [first, "blue", second], prompts: prompts).Labels.Count);
    }

    private void Classify(IDataView data) => _ml.Transforms
        .ClipClassifyZeroShot("Score", "ImagePath", _folder.Path, TinyFolder.Colors).Fit(data).Transform(data);

    private IDataView Keyed(string column, string[] order)
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(_folder, 9));
        var keys = _ml.Data.LoadFromEnumerable(order.Select(c => new LabelRow { Color = c }));
        return _ml.Transforms.Conversion.MapValueToKey(column, "Color", keyData: keys).Fit(data).Transform(data);
    }
}
