using System.Numerics.Tensors;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.ZeroShot;

public sealed class LabelEmbeddingsTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void AnEnsembleIsTheNormalizedMeanOfNormalizedPrompts()
    {
        using var model = ClipModel.Open(folder.Path);
        var labels = ClipLabelEmbeddings.Create(model, ["red", "blue"], ["a photo of a {}.", "{c} thing"]);

        var sum = new float[model.Dimension];
        foreach (var prompt in model.EmbedTexts(["a photo of a blue.", "blue thing"])) TensorPrimitives.Add(sum, prompt, sum);
        TensorPrimitives.Divide(sum, TensorPrimitives.Norm(sum), sum);
        new[] { labels[1].ToArray() }.ShouldBe([sum]);
    }

    [Fact]
    public void ALabelMayHavePromptsOfItsOwn()
    {
        using var model = ClipModel.Open(folder.Path);
        var labels = ClipLabelEmbeddings.Create(
            model, ["tomato", "sky"], ["{}"], new Dictionary<string, IReadOnlyList<string>> { ["tomato"] = ["a red thing"] });
        new[] { labels[0].ToArray() }.ShouldBe([model.EmbedText("a red thing")]);
        var e = Assert.Throws<ArgumentException>(() => ClipLabelEmbeddings.Create(
            model, ["sky"], null, new Dictionary<string, IReadOnlyList<string>> { ["tomato"] = ["red"] }));
        Assert.Contains("'tomato', which is not among the labels", e.Message);
    }

    [Fact]
    public void LabelsAreReplacedWithoutARefit_AndEachClassifierLivesByItself()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 3));
        using var model = ClipModel.Open(folder.Path);
        var first = _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", folder.Path, TinyFolder.Colors).Fit(data);
        using var second = first.WithLabels(ClipLabelEmbeddings.Create(model, ["blue", "red"]));
        first.Dispose();
        Assert.Equal(["blue", "red"], second.Labels);
        var keys = second.Transform(data).GetColumn<uint>("PredictedLabel").ToArray();
        Assert.Equal((2u, 1u), (keys[0], keys[2]));
        Assert.Throws<ObjectDisposedException>(() => first.Transform(data).Vectors("Score"));
    }

    [Fact]
    public void ExampleImagesMakeLabelsToo()
    {
        var pictures = folder.Pictures(3);
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 6));
        using var model = ClipModel.Open(folder.Path);
        var labels = ClipLabelEmbeddings.FromVectors(["like the first", "like the second", "like the third"], model.EmbedImages(pictures));
        var transformer = _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", model, ["x"]).Fit(data).WithLabels(labels);
        Assert.Equal([1u, 2u, 3u, 1u, 2u, 3u], transformer.Transform(data).GetColumn<uint>("PredictedLabel"));
    }

    [Fact]
    public void EmbeddingsOfAnotherModelAreRefused()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 1));
        using var transformer = _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", folder.Path, ["red"]).Fit(data);
        var foreign = ClipLabelEmbeddings.FromVectors(["a"], [[1, 0, 0]]);
        Assert.Contains("not of one model", Assert.Throws<ArgumentException>(() => transformer.WithLabels(foreign)).Message);
        Assert.Throws<ArgumentException>(() => ClipLabelEmbeddings.FromVectors(["a", "b"], [[1f]]));
        Assert.Throws<ArgumentException>(() => ClipLabelEmbeddings.FromVectors(["a", "b"], [[1f], [1f, 2f]]));
    }

    [Fact]
    public void WhatWasGivenMayBeUsedForSomethingElse()
    {
        List<string> names = ["a", "b"];
        float[][] vectors = [[0, 2], [3, 0]];
        var labels = ClipLabelEmbeddings.FromVectors(names, vectors);

        (names[0], vectors[0][0]) = ("c", 5);

        Assert.Equal(["a", "b"], labels.Labels);
        Assert.Equal([0, 1], labels[0].ToArray());
        Assert.Equal([3, 0], vectors[1]); // made of length one in a copy
    }

    [Fact]
    public void TopLabels_BestFirst()
    {
        float[] scores = [0.1f, 0.6f, 0.3f];
        Assert.Equal([new("b", 0.6f), new("c", 0.3f)], scores.TopLabels(["a", "b", "c"], 2));
        Assert.Throws<ArgumentException>(() => scores.TopLabels(["a"]));
    }
}
