using Clip.Data.Sources;
using Clip.Evaluation;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using Clip.Trainer.Validation;

namespace Clip.Trainer.Tests.Training;

/// <summary>What the best checkpoint is best by is known before anything is trained.</summary>
public sealed class BestMetricTests
{
    private static readonly TrainingRunOptions Options = new()
    {
        Data = new RunData(NamedSource.Of("train.tsv")),
        Validation = new RunValidation
        {
            Data = NamedSource.Of("val.tsv"),
            ZeroShot = [new LabeledSet("pets", [], ["a", "b"], Templates: null)],
        },
        Model = new RunModel("RN-small-64"),
    };

    [Fact]
    public void Without_one_it_is_the_loss_or_the_first_accuracy()
    {
        Assert.Equal("clip_val_loss", Options.MetricOfBest());
        Assert.Equal("pets-zeroshot-val-top1", With(Options.Validation with { Data = null }).MetricOfBest());
        Assert.Null(With(new RunValidation()).MetricOfBest());
    }

    [Theory]
    [InlineData("pets-zeroshot-val-top5")]
    [InlineData("text_to_image_R@10")]
    public void Any_that_is_measured_may_be_given(string name) =>
        Assert.Equal(name, With(Options.Validation with { BestMetric = name }).MetricOfBest());

    [Fact]
    public void One_that_is_not_measured_is_refused_with_those_that_are()
    {
        var error = Assert.Throws<ClipException>(() => With(Options.Validation with { BestMetric = "recall" }).MetricOfBest());
        Assert.Contains(
            "'recall' is not measured in this run; give one of clip_val_loss, image_to_text_R@1", error.Message, StringComparison.Ordinal);

        var captions = With(Options.Validation with { BestMetric = "image_to_text_R@1" }) with
        {
            Training = new() { Objective = ObjectiveKind.VirTex },
        };
        error = Assert.Throws<ClipException>(() => captions.MetricOfBest());
        Assert.Contains("give one of clip_val_loss, pets-", error.Message, StringComparison.Ordinal);
    }

    private static TrainingRunOptions With(RunValidation validation) => Options with { Validation = validation };
}
