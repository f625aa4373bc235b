using Clip.Cli.Reporting;
using Clip.Trainer.Training;

namespace Clip.Cli.Tests.Reporting;

/// <summary>What <c>clip train --dry-run</c> prints.</summary>
public sealed class MeasurementTextTests
{
    [Fact]
    public void TheFirstStepIsNoMeasureOfTheRest()
    {
        var step = Runs.Step(1);
        string[] lines = Lines(
            step with { Seconds = 30, DataWaitSeconds = 30 }, step with { Seconds = 0.4, DataWaitSeconds = 0 },
            step with { Seconds = 0.6, DataWaitSeconds = 0.25 });

        Assert.Equal("parameters     1,234", lines[0]);
        Assert.Matches(
            "^memory         1,235 MB for weights, gradients and optimizer; [0-9,]+ MB for all of this process at its peak, of [0-9,]+ MB$",
            lines[1]);
        Assert.Equal("a step         500 ms, 25 % of it waiting for data; measured on 2", lines[2]);
        Assert.Equal("time           01:00:00 without validations", lines[3]);
        Assert.Equal(4, lines.Length);
    }

    [Fact]
    public void WhereThereIsOneStepItIsTheMeasure() => Assert.Equal(
        "a step         500 ms, 10 % of it waiting for data; measured on 1", Lines(Runs.Step(1))[2]);

    [Fact]
    public void WithoutStepsNoTimeIsPromised() => Assert.Equal(2, Lines().Length);

    [Fact]
    public void AGpusMemoryIsToldWhereThereIsOne() => Assert.Equal(
        "GPU's memory   5 GB of 80",
        MeasurementText.Lines(new RunMeasurement([], 0, 0, []) { DeviceMemory = "5 GB of 80" }).Last());

    private static string[] Lines(params StepReport[] steps) =>
        [.. MeasurementText.Lines(new RunMeasurement([("parameters", "1,234")], 1_234_567_890, 7200, steps))];
}
