using Clip.Trainer.Evaluation;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Training;

/// <summary>What the best checkpoint is best by is known before anything is trained.</summary>
public sealed class BestMetricTests
{
    private static readonly TrainingRunOptions Options = new()
    {
        TrainData = "train.tsv",
        ValidationData = "val.tsv",
        ZeroShot = [new LabeledSet("pets", [], ["a", "b"], Templates: null)],
        Model = "RN-small-64",
        Output = "model",
    };

    [Fact]
    public void WithoutOneItIsTheLossOrTheFirstAccuracy()
    {
        Assert.Equal("clip_val_loss", Options.MetricOfBest());
        Assert.Equal("pets-zeroshot-val-top1", (Options with { ValidationData = null }).MetricOfBest());
        Assert.Null((Options with { ValidationData = null, ZeroShot = [] }).MetricOfBest());
    }

    [Theory]
    [InlineData("pets-zeroshot-val-top5")]
    [InlineData("text_to_image_R@10")]
    public void AnyThatIsMeasuredMayBeGiven(string name) => Assert.Equal(name, (Options with { BestMetric = name }).MetricOfBest());

    [Fact]
    public void OneThatIsNotMeasuredIsRefusedWithThoseThatAre()
    {
        var error = Assert.Throws<ClipException>(() => (Options with { BestMetric = "recall" }).MetricOfBest());
        Assert.Contains(
            "'recall' is not measured in this run; give one of clip_val_loss, image_to_text_R@1", error.Message, StringComparison.Ordinal);

        var captions = Options with { BestMetric = "image_to_text_R@1", Training = new() { Objective = ObjectiveKind.VirTex } };
        error = Assert.Throws<ClipException>(() => captions.MetricOfBest());
        Assert.Contains("give one of clip_val_loss, pets-", error.Message, StringComparison.Ordinal);
    }
}
