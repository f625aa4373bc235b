using Clip.Trainer.Modeling;

namespace Clip.Trainer.Training;

/// <summary>Looks at a training before it is run: everything is opened as for the run, and nothing is written.</summary>
/// <param name="options">The training.</param>
/// <param name="say">Told of what a user should know, a line at a time.</param>
internal sealed class TrainingTrial(TrainingRunOptions options, Action<string> say)
{
    private const int MeasuredSteps = 6;

    /// <summary>Measures a few steps.</summary>
    /// <param name="cancellation">Stops after the step at hand; what is measured until then is the result.</param>
    public Task<RunMeasurement> MeasureAsync(CancellationToken cancellation) => TryAsync(MeasureAsync, cancellation);

    /// <summary>Looks for a learning rate.</summary>
    /// <param name="cancellation">Stops after the step at hand.</param>
    public Task<LearningRateFinder> FindLearningRateAsync(CancellationToken cancellation) =>
        TryAsync((parts, stop) => parts.Loop.FindLearningRateAsync(stop), cancellation);

    private async Task<RunMeasurement> MeasureAsync(TrainingSetup parts, CancellationToken cancellation)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var (loop, steps) = (parts.Loop, new List<StepReport>());
        loop.OnStep = step =>
        {
            steps.Add(step);
            if (steps.Count == MeasuredSteps) enough.Cancel();
        };
        await loop.RunAsync(enough.Token).ConfigureAwait(false);
        return new RunMeasurement(RunRecord.Of(options, parts).Facts(options, parts), loop.StateBytes, loop.TotalSteps, steps)
        {
            DeviceMemory = DeviceMemory.Describe(parts.Model.parameters().First().device),
        };
    }

    private async Task<T> TryAsync<T>(Func<TrainingSetup, CancellationToken, Task<T>> measure, CancellationToken cancellation)
    {
        NativeTorch.Require();
        options.Training.Validate();
        options.MetricOfBest(); // refused here as by the run
        using var parts = await TrainingSetup.OpenAsync(options, kept: null, say, cancellation).ConfigureAwait(false);
        return await OutOfMemory.ToldAsync(options.Training.BatchSize, () => measure(parts, cancellation)).ConfigureAwait(false);
    }
}

/// <summary>What a training would take.</summary>
/// <param name="Facts">What is worth knowing of it: names and values.</param>
/// <param name="StateBytes">Memory of weights, gradients, the optimizer's moments and averages.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Steps">The steps that were measured.</param>
internal sealed record RunMeasurement(
    IReadOnlyList<(string Name, string Value)> Facts, long StateBytes, long TotalSteps, IReadOnlyList<StepReport> Steps)
{
    /// <summary>What of a GPU's memory is in use, after these steps; empty where none is computed on.</summary>
    public string DeviceMemory { get; init; } = "";
}
