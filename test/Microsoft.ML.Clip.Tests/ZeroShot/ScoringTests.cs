using System.Numerics.Tensors;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.ZeroShot;

/// <summary>The arithmetic of labels and scores where it is delicate: unequal lengths, ties, thresholds, zeros.</summary>
public sealed class ScoringTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void APromptCountsByItsDirection_HoweverLongItsFeaturesAre()
    {
        using var model = ClipModel.Open(folder.Path);
        string[] templates = ["{} red red red red", "{}", "{} green green"];
        var prompts = model.EmbedTexts([.. templates.Select(t => PromptTemplates.Apply(t, "blue"))], normalize: false);
        var lengths = prompts.Select(p => TensorPrimitives.Norm<float>(p)).ToArray();
        Assert.True(lengths.Max() > 1.5f * lengths.Min(), "The model is to give prompts of unequal lengths.");

        var mean = new float[model.Dimension];
        for (var i = 0; i < prompts.Length; i++)
        {
            for (var k = 0; k < mean.Length; k++) mean[k] += prompts[i][k] / lengths[i];
        }

        var length = TensorPrimitives.Norm<float>(mean);
        new[] { ClipLabelEmbeddings.Create(model, ["blue"], templates)[0].ToArray() }.ShouldBe([[.. mean.Select(v => v / length)]]);
    }

    /// <summary>e to the 100th, of the largest factor that CLIP learns, is more than a float holds.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(-10f)]
    public void OppositeLabelsAreScoredWithoutOverflow(float? bias)
    {
        float[] scores = [1, -1];
        new ClipScoring(100, bias).Apply(scores);
        Assert.Equal([1, 0], scores);
    }

    [Fact]
    public void OfEqualScoresTheEarlierLabelGoesFirst()
    {
        float[] scores = [0.1f, 0.3f, 0.1f, 0.3f, 0.1f, 0.1f];
        string[] labels = ["a", "b", "c", "d", "e", "f"];
        Assert.Equal("b d a c e", string.Join(' ', scores.TopLabels(labels).Select(s => s.Label)));
        Assert.Equal("b d a c e f", string.Join(' ', scores.TopLabels(labels, 10).Select(s => s.Label)));
        Assert.Equal("b", Assert.Single(scores.TopLabels(labels, 1)).Label);
        Assert.Empty(scores.TopLabels(labels, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => scores.TopLabels(labels, -1));
        Assert.Equal("b f", string.Join(' ', new[] { float.NaN, 0.2f, float.NaN, float.NaN, float.NaN, 0.1f }
            .TopLabels(labels).Select(s => s.Label)));
    }

    [Fact]
    public void OfEqualScoresTheEarlierLabelIsPredicted_AndAScoreAtTheThresholdIsEnough()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 1));
        using var model = ClipModel.Open(folder.Path, new() { LogitScale = 0, LogitBias = null });
        var options = new ClipZeroShotEstimator.Options { InputColumnName = "ImagePath", Model = model, Labels = ["blue", "red"] };
        Assert.Equal(1u, Predicted(options)); // both have one half
        Assert.Equal(1u, Predicted(options with { Threshold = 0.5f }));
        Assert.Equal(0u, Predicted(options with { Threshold = 0.500001f }));
        foreach (var threshold in new[] { -0.01f, 1.01f, float.NaN })
            Assert.Throws<ArgumentOutOfRangeException>(() => Predicted(options with { Threshold = threshold }));

        uint Predicted(ClipZeroShotEstimator.Options with) =>
            _ml.Transforms.ClipClassifyZeroShot(with).Fit(data).Transform(data).GetColumn<uint>("PredictedLabel").Single();
    }

    [Fact]
    public void AVectorOfZerosHasNoDirection_AndStaysOne()
    {
        var labels = ClipLabelEmbeddings.FromVectors(["nothing", "something"], [[0, 0], [3, 4]]);
        Assert.Equal([0, 0], labels[0].ToArray());
        Assert.Equal([0.6f, 0.8f], labels[1].ToArray());

        using var zeros = new TinyFolder();
        var graph = new OnnxGraph();
        graph.Input("pixel_values", OnnxGraph.Float, "batch", 3, TinyClip.ImageSize, TinyClip.ImageSize);
        graph.Node("GlobalAveragePool", "pooled", ["pixel_values"]);
        graph.Node("Flatten", "color", ["pooled"], ("axis", 1));
        graph.Node("MatMul", "image_embeds", ["color", graph.Weights("zeros", new float[3 * TinyClip.Dimension], 3, TinyClip.Dimension)]);
        graph.Output("image_embeds", OnnxGraph.Float, "batch", TinyClip.Dimension);
        graph.Save(zeros["onnx/vision_model.onnx"]);
        using var model = ClipModel.Open(zeros.Path);
        Assert.Equal(new float[TinyClip.Dimension], model.EmbedImage(zeros.Pictures(1)[0]));
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(zeros, 1));
        var features = _ml.Transforms.ClipFeaturizeImage(
            new ClipImageFeaturizingEstimator.Options { InputColumnName = "ImagePath", Model = model });
        Assert.Equal(new float[TinyClip.Dimension], features.Fit(data).Transform(data).Vectors("Features")[0]);
        var classifier = _ml.Transforms.ClipClassifyZeroShot(
            new ClipZeroShotEstimator.Options { InputColumnName = "ImagePath", Model = model, Labels = TinyFolder.Colors });
        classifier.Fit(data).Transform(data).Vectors("Score").ShouldBe([[1 / 3f, 1 / 3f, 1 / 3f]]);
    }
}
