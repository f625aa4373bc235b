using System.Globalization;
using Clip.Trainer.Evaluation;
using Clip.Trainer.Training;
using Spectre.Console;

namespace Clip.Trainer.Reporting;

/// <summary>
/// Shows a run on the console: a live bar where there is a terminal, a line every few seconds where there is none.
/// </summary>
internal sealed class TrainingDisplay(IAnsiConsole console, TimeProvider time)
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);
    private readonly long _start = time.GetTimestamp();
    private ProgressTask? _bar;
    private long _lastLine = long.MinValue;
    private double _loss = double.NaN, _rate = double.NaN;

    /// <summary>Runs the training with the display around it.</summary>
    public async Task<T> ShowAsync<T>(long totalSteps, long done, Func<Task<T>> train)
    {
        if (!console.Profile.Capabilities.Interactive) return await train().ConfigureAwait(false);
        return await console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                _bar = context.AddTask("training", maxValue: totalSteps);
                _bar.Value = done;
                return await train().ConfigureAwait(false);
            }).ConfigureAwait(false);
    }

    public void Step(StepReport step)
    {
        // Averages over some twenty steps, so that the eye can follow.
        _loss = double.IsNaN(_loss) ? step.Loss : 0.95 * _loss + 0.05 * step.Loss;
        var rate = step.Pairs / step.Seconds;
        _rate = double.IsNaN(_rate) ? rate : 0.95 * _rate + 0.05 * rate;
        if (_bar is not null)
        {
            _bar.Description = $"step {step.Step}/{step.TotalSteps}  loss {_loss.ToString("F3", CultureInfo.InvariantCulture)}  {_rate.ToString("F0", CultureInfo.InvariantCulture)} pairs/s";
            _bar.Value = step.Step;
            return;
        }

        if (step.Step != step.TotalSteps && _lastLine != long.MinValue && time.GetElapsedTime(_lastLine) < LineEvery) return;
        _lastLine = time.GetTimestamp();
        var left = TimeSpan.FromSeconds((step.TotalSteps - step.Step) * step.Pairs / _rate);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"step {step.Step}/{step.TotalSteps}  loss {_loss:F3}  lr {step.LearningRate:G3}  scale {step.LogitScale:F1}  {_rate:F0} pairs/s  {left:hh\\:mm\\:ss} left"));
    }

    public void Epoch(EpochReport epoch)
    {
        var recalls = epoch.Metrics.Retrieval is { } retrieval
            ? $"  image→text {Recalls(retrieval.ImageToText)}  text→image {Recalls(retrieval.TextToImage)}"
            : "";
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"epoch {epoch.Epoch}  {time.GetElapsedTime(_start):hh\\:mm\\:ss}  val loss {epoch.Metrics.Loss:F3}{recalls}"));
    }

    private static string Recalls(IReadOnlyList<double> values) =>
        string.Join(' ', RetrievalMetrics.Ks.Zip(values, (k, v) => string.Create(CultureInfo.InvariantCulture, $"R@{k} {v:P1}")));
}
