using System.Globalization;
using Clip.Evaluation;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;
using Clip.Trainer.Validation;
using Spectre.Console;

namespace Clip.Cli.Reporting;

/// <summary>
/// Shows a run on the console: a live bar where there is a terminal, a line every few seconds where there is none.
/// </summary>
internal sealed class TrainingDisplay(IAnsiConsole console, TimeProvider time) : IRunListener
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _start, _lastLine = long.MinValue;
    private Task _live = Task.CompletedTask;
    private ProgressTask? _bar;
    private double _loss, _seconds, _waited, _pairs;
    private int _seen;

    public void Start(RunStart start)
    {
        _start = time.GetTimestamp();
        if (!console.Profile.Capabilities.Interactive) return;
        var shown = new TaskCompletionSource<ProgressTask>(TaskCreationOptions.RunContinuationsAsynchronously);
        _live = console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(async context =>
            {
                shown.SetResult(context.AddTask("training", maxValue: start.TotalSteps));
                await _ended.Task.ConfigureAwait(false);
            });
        _bar = shown.Task.GetAwaiter().GetResult();
        _bar.Value = start.StepsDone;
    }

    public void Step(StepReport step)
    {
        Average(step);
        if (_bar is not null)
        {
            _bar.Description = Line(step);
            _bar.Value = step.Step;
            return;
        }

        if (step.Step != step.TotalSteps && _lastLine != long.MinValue && time.GetElapsedTime(_lastLine) < LineEvery) return;
        _lastLine = time.GetTimestamp();
        console.WriteLine(Line(step));
    }

    public void Validation(ValidationReport validation)
    {
        var metrics = validation.Metrics;
        var line = new List<string> { Invariant($"epoch {validation.Epoch}"), Invariant($"{Duration.Of(time.GetElapsedTime(_start))}") };
        if (metrics.Loss is { } loss) line.Add(Invariant($"val loss {loss:F3}"));
        if (metrics.Retrieval is { } retrieval)
        {
            line.Add($"image→text {RetrievalMetrics.Describe(retrieval.ImageToText)}");
            line.Add($"text→image {RetrievalMetrics.Describe(retrieval.TextToImage)}");
        }

        line.AddRange(metrics.ZeroShot.Select(z => Invariant($"{z.Name} top-1 {z.Top1:P1} top-5 {z.Top5:P1}")));
        console.WriteLine(string.Join("  ", line));
    }

    public void End(RunEnd end) => Dispose();

    public void Dispose()
    {
        _ended.TrySetResult();
        _live.GetAwaiter().GetResult();
        _bar = null;
    }

    /// <summary>
    /// Over some twenty steps, so that the eye can follow; the first, which fills pipelines and caches, is no measure of the rest.
    /// </summary>
    private void Average(StepReport step)
    {
        var keep = _seen++ < 2 ? 0 : 0.95;
        _loss = keep * _loss + (1 - keep) * step.Loss;
        _seconds = keep * _seconds + (1 - keep) * step.Seconds;
        _waited = keep * _waited + (1 - keep) * step.DataWaitSeconds;
        _pairs = keep * _pairs + (1 - keep) * step.Pairs;
    }

    private string Line(StepReport step)
    {
        var scale = double.IsFinite(step.LogitScale) ? Invariant($"  scale {step.LogitScale:F1}") : "";
        var seconds = Math.Min((step.TotalSteps - step.Step) * _seconds, step.SecondsAllowed ?? double.MaxValue);
        var left = TimeSpan.FromSeconds(Math.Max(0, seconds));
        return Invariant($"step {step.Step}/{step.TotalSteps}  loss {_loss:F3}  lr {step.LearningRate:G3}{scale}  ")
            + Invariant($"{_pairs / _seconds:F0} pairs/s  {100 * _waited / _seconds:F0} % data wait  {Duration.Of(left)} left");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
