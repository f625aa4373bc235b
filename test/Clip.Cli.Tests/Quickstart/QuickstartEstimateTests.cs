using Clip.Cli.Quickstart;

namespace Clip.Cli.Tests.Quickstart;

/// <summary>The quickstart's first line.</summary>
public sealed class QuickstartEstimateTests
{
    [Theory]
    [InlineData(6, "This takes about 2 minutes on two cores, most of it for 558 training steps of 128 pictures.")]
    [InlineData(2, "This takes less than a minute on two cores, most of it for 186 training steps of 128 pictures.")]
    [InlineData(18, "This takes about 5.5 minutes on two cores, most of it for 1674 training steps of 128 pictures.")]
    public void ItTellsTheTimeBySteps(int epochs, string line) =>
        Assert.Equal(line, QuickstartEstimate.Of(SceneDataset.TrainImages, epochs));
}
