using Clip.Cli.Reporting;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;
using Spectre.Console;

namespace Clip.Cli.Tests.Reporting;

public sealed class TrainingDisplayTests : IDisposable
{
    private readonly StringWriter _written = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _written.Dispose();

    [Fact]
    public void WithoutATerminalThereIsALineEveryFewSeconds()
    {
        using (var display = Display(InteractionSupport.No))
        {
            display.Start(new RunStart("", TotalSteps: 10, StepsDone: 0));
            for (var step = 1; step <= 10; step++)
            {
                _time.Pass(2);
                display.Step(Runs.Step(step));
            }

            display.Validation(Runs.Validation(1, 10));
        }

        var lines = _written.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            [
                "step 1/10  loss 2.000  lr 0.001  scale 14.3  64 pairs/s  10 % data wait  00:00:04 left",
                "step 4/10  loss 2.000  lr 0.001  scale 14.3  64 pairs/s  10 % data wait  00:00:03 left",
                "step 7/10  loss 2.000  lr 0.001  scale 14.3  64 pairs/s  10 % data wait  00:00:01 left",
                "step 10/10  loss 2.000  lr 0.001  scale 14.3  64 pairs/s  10 % data wait  00:00:00 left",
                "epoch 1  00:00:20  val loss 1.500  image→text R@1 25.0 % R@5 50.0 % R@10 100.0 %"
                    + "  text→image R@1 12.5 % R@5 50.0 % R@10 75.0 %  pets top-1 40.0 % top-5 90.0 %",
            ],
            lines);
    }

    [Fact]
    public void InATerminalTheBarTellsAsMuch()
    {
        using (var display = Display(InteractionSupport.Yes))
        {
            display.Start(new RunStart("", TotalSteps: 10, StepsDone: 4));
            display.Step(Runs.Step(5));
        }

        Assert.Contains(
            "step 5/10  loss 2.000  lr 0.001  scale 14.3  64 pairs/s  10 % data wait  00:00:02 left",
            _written.ToString(),
            StringComparison.Ordinal);
        Assert.Contains("50%", _written.ToString(), StringComparison.Ordinal);
    }

    /// <summary>The first step fills pipelines and caches; from the second on it is an average over some twenty.</summary>
    [Fact]
    public void TheSlowFirstStepIsNoMeasureOfTheRest()
    {
        using (var display = Display(InteractionSupport.No))
        {
            display.Start(new RunStart("", TotalSteps: 100, StepsDone: 0));
            double[] seconds = [30, 0.5, 1.5];
            for (var step = 1; step <= 3; step++)
            {
                _time.Pass(10);
                display.Step(Runs.Step(step, loss: step) with { TotalSteps = 100, Seconds = seconds[step - 1] });
            }
        }

        var lines = _written.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            [
                "step 1/100  loss 1.000  lr 0.001  scale 14.3  1 pairs/s  0 % data wait  00:49:30 left",
                "step 2/100  loss 2.000  lr 0.001  scale 14.3  64 pairs/s  10 % data wait  00:00:49 left",
                // 0.95 · 0.5 + 0.05 · 1.5 seconds, for 97 steps
                "step 3/100  loss 2.050  lr 0.001  scale 14.3  58 pairs/s  9 % data wait  00:00:53 left",
            ],
            lines);
    }

    [Fact]
    public void ARunOfSoManyMinutesHasNoMoreLeft()
    {
        using (var display = Display(InteractionSupport.No))
        {
            display.Start(new RunStart("", TotalSteps: 1000, StepsDone: 0));
            display.Step(Runs.Step(1) with { TotalSteps = 1000, SecondsAllowed = 90 });
        }

        Assert.EndsWith("00:01:30 left", _written.ToString().TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void DaysAreTold() => Assert.Equal("2d 03:04:05", Duration.Of(new TimeSpan(2, 3, 4, 5)));

    private TrainingDisplay Display(InteractionSupport interactive)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            Interactive = interactive,
            Out = new AnsiConsoleOutput(_written),
        });
        console.Profile.Width = 200;
        return new TrainingDisplay(console, _time);
    }
}
