using System.Diagnostics;
using System.Runtime.InteropServices;
using Clip.Data;
using Clip.Data.Distributed;
using Clip.Evaluation;
using Clip.Trainer.Objectives;
using Clip.Trainer.Validation;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>Trains on pairs whatever an objective trains: the loop, top to bottom.</summary>
/// <param name="objective">Its module is trained in place.</param>
/// <param name="imageSize">Height and width of the pixels.</param>
/// <param name="options">How to train.</param>
/// <param name="train">The pairs to train on.</param>
/// <param name="validator">Measures after epochs; null for never.</param>
/// <param name="checkpoints">Where checkpoints go; null keeps none.</param>
/// <param name="ranks">Those that share each batch; null for none but this. The first alone validates and saves.</param>
internal sealed class TrainingLoop(
    IObjective objective, int imageSize, TrainingOptions options, IPairSource train, Validator? validator, CheckpointFolder? checkpoints,
    Ranks? ranks = null)
    : IDisposable
{
    private readonly nn.Module _module = objective.Module;
    private readonly Ranks _ranks = ranks ?? Ranks.Alone;
    private readonly TrainingStep _step = new(objective, options, ranks);
    private RankPulse? _pulse;
    private SampleLog? _log;

    /// <summary>A step that a GPU may still be computing: its outcome is read after the next was started, so that neither waits.</summary>
    private RunningStep? _started;

    private bool _validationDue;

    /// <summary>What, beside options and data, a run that goes on must share with the one before; see <see cref="Course"/>.</summary>
    public IReadOnlyDictionary<string, string> Model { get; init; } = new Dictionary<string, string>();

    /// <summary>A file for the samples of each step, where ranks share them; a source that is read alone writes its own.</summary>
    public string? LogSamples { get; init; }

    /// <summary>Told of what a user should know, a line at a time.</summary>
    public Action<string> Say { get; init; } = _ => { };

    public Action<StepReport>? OnStep { get; set; }

    public Action<ValidationReport>? OnValidation { get; set; }

    public long StepsDone => _step.Steps;

    public long TotalSteps => options.MaxSteps ?? (options.Epochs * train.StepsPerEpoch);

    /// <summary>Memory of weights, gradients, the optimizer's moments and averages.</summary>
    public long StateBytes =>
        _module.state_dict().Values.Concat(_module.parameters().Where(p => p.requires_grad)).Concat(_step.State.Select(s => s.Value))
            .Sum(t => t.numel() * t.element_size());

    /// <summary>What decides the course of the run.</summary>
    public IReadOnlyDictionary<string, string> Course =>
        new Dictionary<string, string>([.. options.Course(train.Fingerprint, _ranks.Size), .. Model]);

    /// <summary>Goes on from a checkpoint of the same run.</summary>
    /// <returns>What this run does in another way from here on.</returns>
    /// <exception cref="ClipException">The file is not a checkpoint of this run, or the run has fewer steps than are done.</exception>
    public IReadOnlyList<CourseChange> Resume(string checkpoint)
    {
        (var changes, _validationDue) = Checkpoint.Load(checkpoint, _step, Course);
        if (StepsDone > TotalSteps)
            throw new ClipException(
                $"{checkpoint} has done {StepsDone} steps, and the run is to have {TotalSteps}; give more `Epochs` or `MaxSteps`.");
        return changes;
    }

    /// <summary>Trains to the end, or until canceled: then the state is saved, and false returned.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        _module.train(); // batch norms, where there are any, learn their statistics
        if (_ranks.AreSeveral) JoinRanks();
        var (schedule, clock) = (Schedule(), new RunClock(_step.Seconds));
        // Ranks stop together, after a step: none may leave the others waiting.
        var reading = _ranks.AreSeveral ? CancellationToken.None : cancellation;
        await using var batches = train.ReadAsync(StepsDone, TotalSteps, reading).GetAsyncEnumerator(CancellationToken.None);
        try
        {
            if (_validationDue) EndStep(cancellation);
            while (!IsFinished)
            {
                StopIfAsked(cancellation);
                var before = _started;
                _started = await StepAsync(batches, schedule, clock).ConfigureAwait(false);
                Report(before);
                if (!_step.ReadsNothing || EndsEpoch || IsSaveDue) ReportStarted();
                EndStep(cancellation);
            }

            return true;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested || _ranks.AreSeveral)
        {
            ReportStarted();
            Save();
            return false;
        }
        finally
        {
            _log?.Dispose();
        }
    }

    /// <summary>
    /// Puts the averaged weights, where the run keeps them, into the module until the result is disposed: for validation and export.
    /// </summary>
    public IDisposable? UseAveragedWeights() => _step.UseAveragedWeights();

    public void Dispose()
    {
        _started?.Dispose();
        _step.Dispose();
    }

    /// <summary>Looks for a learning rate on the weights as they are; what it does to them is not worth keeping.</summary>
    public async Task<LearningRateFinder> FindLearningRateAsync(CancellationToken cancellation)
    {
        _module.train();
        if (_ranks.AreSeveral) JoinRanks();
        var finder = new LearningRateFinder();
        await foreach (var batch in train.ReadAsync(0, LearningRateFinder.Steps, cancellation).ConfigureAwait(false))
        {
            using var scope = NewDisposeScope();
            var (pixels, ids) = Tensors(batch);
            train.Return(batch);
            if (!finder.Add(_step.Take(pixels, ids, finder.Next).Loss)) break;
        }

        return finder;
    }

    /// <summary>The epoch at hand, from 1 on; at its end as well.</summary>
    private int Epoch => (int)((StepsDone + train.StepsPerEpoch - 1) / train.StepsPerEpoch);

    private bool IsFinished => StepsDone >= TotalSteps || (StepsDone > 0 && TimeSpent >= 1);

    private bool EndsEpoch => IsFinished || StepsDone % train.StepsPerEpoch == 0;

    private bool IsSaveDue =>
        IsFinished || (EndsEpoch && Epoch % options.SaveFrequency == 0) || (options.SaveSteps is { } every && StepsDone % every == 0);

    /// <summary>The share of the run's minutes that is spent; 0 where they have no limit.</summary>
    private double TimeSpent => options.MaxMinutes is { } minutes ? _step.Seconds / (60 * minutes) : 0;

    private LearningRateSchedule Schedule() => new(options.LearningRate, options.Warmup, TotalSteps)
    {
        Scheduler = options.Scheduler,
        CooldownSteps = (long)((options.Cooldown?.Epochs ?? 0) * train.StepsPerEpoch),
        CooldownEnd = options.Cooldown?.End ?? 0,
        CooldownPower = options.Cooldown?.Power ?? 1,
    };

    private async Task<RunningStep> StepAsync(IAsyncEnumerator<PairBatch> batches, LearningRateSchedule schedule, RunClock clock)
    {
        var started = clock.Seconds;
        await batches.MoveNextAsync().ConfigureAwait(false);
        var (batch, waited, learningRate) = (batches.Current, clock.Seconds - started, schedule.At(StepsDone, TimeSpent));
        var waitedBefore = _ranks.WaitSeconds;
        var pairs = (int)_ranks.Gather((double)batch.Count).Sum(count => count[0]);
        if (pairs < 2)
            throw new ClipException(
                $"Step {batch.Step + 1} has {pairs} readable pairs, and a contrast needs two; "
                + "check the images of the training data.");
        if (_ranks.AreSeveral && LogSamples is not null) LogAll(batch);
        var (pixels, ids) = Tensors(batch);
        train.Return(batch);
        var step = new RunningStep(batch with { Pixels = [] }, pixels, ids, _step.Start(pixels, ids, learningRate));
        if (!_step.ReadsNothing) step.Wait();
        var taken = clock.Seconds - started;
        var times = (RankTimes?)null;
        if (_pulse is null) _step.Seconds = clock.Seconds;
        else (_step.Seconds, times) = _pulse.EndStep(clock.Seconds, taken, _ranks.WaitSeconds - waitedBefore, waited);
        step.Report = new StepReport(StepsDone, TotalSteps, double.NaN, learningRate, double.NaN, pairs, taken, waited)
        {
            SecondsAllowed = (options.MaxMinutes * 60) - _step.Seconds,
            Ranks = times,
        };
        return step;
    }

    /// <summary>Makes the state of all ranks the first one's.</summary>
    private void JoinRanks()
    {
        _pulse = new RankPulse(_ranks, train, Say);
        _pulse.Share(_step);
        _validationDue = _ranks.FromFirst(() => _validationDue);
        if (_ranks.IsFirst && LogSamples is { } path) _log = new SampleLog(path, StepsDone);
    }

    private void StopIfAsked(CancellationToken cancellation)
    {
        if (_pulse is null) cancellation.ThrowIfCancellationRequested();
        else if (_pulse.Agree(cancellation.IsCancellationRequested)) throw new OperationCanceledException(cancellation);
    }

    private void ReportStarted()
    {
        var step = _started;
        _started = null;
        Report(step);
    }

    /// <summary>Tells what a step came to, once; where that is nothing to go on with, the run ends.</summary>
    private void Report(RunningStep? step)
    {
        if (step is null) return;
        using (step)
        {
            var outcome = step.Wait();
            if (!outcome.IsFinite) throw NotFinite(step.Batch, outcome, _step.NonFinitePairs(step.Pixels, step.Ids));
            OnStep?.Invoke(step.Report with { Loss = outcome.Loss, LogitScale = outcome.LogitScale });
        }
    }

    private void LogAll(PairBatch batch)
    {
        var keys = _ranks.GatherAll(batch.Keys);
        _log?.Write(batch with { Keys = keys });
    }

    private ClipException NotFinite(PairBatch batch, StepOutcome outcome, IReadOnlyList<int> own)
    {
        var what = float.IsFinite(outcome.Loss) ? $"The gradients' norm is {outcome.GradientNorm}" : $"The loss is {outcome.Loss}";
        var culprits = _ranks.GatherAll([.. own.Where(i => i < batch.Keys.Count).Select(i => batch.Keys[i])]);
        var keys = culprits.Count == 0 ? _ranks.GatherAll(batch.Keys) : culprits;
        return new ClipException(
            $"{what} at step {batch.Step + 1}, whose pairs are {string.Join(", ", keys)}; the last checkpoint is as it was: "
            + "look at these pairs, and start anew or go on with `Resume`, with a lower `LearningRate` or `GradClipNorm` 1.");
    }

    /// <summary>Measures the model as it would be exported.</summary>
    /// <returns>What was measured if it is the best so far; else null.</returns>
    private ValidationMetrics? Validate(CancellationToken cancellation)
    {
        ValidationMetrics? metrics;
        _validationDue = true;
        using (UseAveragedWeights()) metrics = validator?.Measure(Epoch, IsFinished, Tensors, cancellation);
        _validationDue = false;
        if (metrics is not null) OnValidation?.Invoke(new ValidationReport(Epoch, StepsDone, metrics));
        return metrics is not null && checkpoints?.IsBest(metrics) is true ? metrics : null;
    }

    /// <summary>Pixels [B, 3, S, S] and ids [B, L] of a batch, on the module's device.</summary>
    public (Tensor Pixels, Tensor Ids) Tensors(PairBatch batch)
    {
        var device = _module.parameters().First().device;
        return (
            Copied(Filled(batch.Pixels, [batch.Count, 3, imageSize, imageSize], ScalarType.Float32), device),
            Copied(Filled(batch.InputIds, [batch.Count, batch.TextLength], ScalarType.Int64), device));
    }

    /// <summary>In torch's own memory at once; a tensor made of an array keeps a managed copy of it.</summary>
    private static Tensor Filled<T>(T[] values, long[] shape, ScalarType type)
        where T : unmanaged
    {
        var filled = empty(shape, type);
        MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(filled.bytes);
        return filled;
    }

    /// <summary>On the device; NVIDIA's copies from pinned memory while the program goes on and the step before is computed.</summary>
    private static Tensor Copied(Tensor host, Device device)
    {
        if (device.type == DeviceType.CPU) return host;
        using var unused = host;
        if (device.type != DeviceType.CUDA) return host.to(device);
        using var pinned = host.pin_memory();
        return pinned.to(device, non_blocking: true);
    }

    /// <summary>Validates at the end of an epoch, and saves where that is due or the model is the best so far.</summary>
    private void EndStep(CancellationToken cancellation)
    {
        if (_pulse is null)
        {
            ValidateAndSave(cancellation);
            return;
        }

        if (!EndsEpoch && !IsSaveDue) return;
        _pulse.RequireSameWeights(_step);
        // The others wait for the first, which alone may be stopped on the way.
        if (!_ranks.FromFirst(() => TryValidateAndSave(cancellation))) throw new OperationCanceledException(cancellation);
    }

    private bool TryValidateAndSave(CancellationToken cancellation)
    {
        try
        {
            ValidateAndSave(cancellation);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void ValidateAndSave(CancellationToken cancellation)
    {
        var best = EndsEpoch ? Validate(cancellation) : null;
        if (best is not null || IsSaveDue) Save();
        if (best is not null) checkpoints!.MarkBest(StepsDone, best);
    }

    private void Save() => checkpoints?.Save(_step, Course, _validationDue);
}

/// <summary>The time that a run has taken, with what it had taken before it was gone on with.</summary>
/// <param name="before">Seconds.</param>
internal sealed class RunClock(double before)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    public double Seconds => before + _watch.Elapsed.TotalSeconds;
}
