using System.Diagnostics;
using Clip.Trainer.Data;
using Clip.Trainer.Evaluation;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
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
internal sealed class TrainingLoop(
    IObjective objective, int imageSize, TrainingOptions options, IPairSource train, Validator? validator, CheckpointFolder? checkpoints)
    : IDisposable
{
    private readonly nn.Module _module = objective.Module;
    private readonly TrainingStep _step = new(objective, options);

    public Action<StepReport>? OnStep { get; init; }

    public Action<ValidationReport>? OnValidation { get; init; }

    public long StepsDone => _step.Steps;

    public long TotalSteps => options.Epochs * train.StepsPerEpoch;

    /// <summary>Memory of weights, gradients, the optimizer's moments and averages.</summary>
    public long StateBytes =>
        _module.state_dict().Values.Concat(_module.parameters()).Concat(_step.State.Select(s => s.Value)).Sum(t => t.numel() * t.element_size());

    /// <summary>Goes on from a checkpoint of the same run.</summary>
    public void Resume(string checkpoint) => Checkpoint.Load(checkpoint, _step, options.Fingerprint(train.Fingerprint));

    /// <summary>Trains to the end, or until cancelled: then the state is saved, and false returned.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        _module.train(); // batch norms, where there are any, learn their statistics
        var schedule = new LearningRateSchedule(options.LearningRate, options.Warmup, TotalSteps);
        var clock = Stopwatch.StartNew();
        await using var batches = train.ReadAsync(StepsDone, TotalSteps, CancellationToken.None).GetAsyncEnumerator(CancellationToken.None);
        while (StepsDone < TotalSteps)
        {
            if (cancellation.IsCancellationRequested)
            {
                Save();
                return false;
            }

            var started = clock.Elapsed.TotalSeconds;
            await batches.MoveNextAsync().ConfigureAwait(false);
            var waited = clock.Elapsed.TotalSeconds - started;
            var learningRate = schedule.At(StepsDone);
            var loss = Step(batches.Current, learningRate);
            OnStep?.Invoke(new StepReport(
                StepsDone, TotalSteps, loss, learningRate, objective.LogitScale ?? double.NaN, batches.Current.Count, clock.Elapsed.TotalSeconds - started, waited));

            if (StepsDone % train.StepsPerEpoch == 0) EndEpoch((int)(StepsDone / train.StepsPerEpoch));
            else if (options.SaveSteps is { } every && StepsDone % every == 0) Save();
        }

        return true;
    }

    /// <summary>Puts the averaged weights, where the run keeps them, into the module until the result is disposed: for validation and export.</summary>
    public IDisposable? UseAveragedWeights() => _step.UseAveragedWeights();

    public void Dispose() => _step.Dispose();

    private double Step(PairBatch batch, double learningRate)
    {
        if (batch.Count < 2)
            throw new ClipException($"Step {batch.Step + 1} has {batch.Count} readable pairs, and a contrast needs two; check the images of the training data.");

        using var scope = NewDisposeScope();
        var (pixels, ids) = Tensors(batch);
        var loss = _step.Take(pixels, ids, learningRate);
        return float.IsFinite(loss)
            ? loss
            : throw new ClipException($"The loss is {loss} at step {batch.Step + 1}; lower --lr or set --grad-clip-norm 1, and resume from the last checkpoint.");
    }

    private void EndEpoch(int epoch)
    {
        var last = StepsDone == TotalSteps;
        ValidationMetrics? metrics;
        using (UseAveragedWeights()) metrics = validator?.Measure(epoch, last, Tensors);
        if (metrics is not null) OnValidation?.Invoke(new ValidationReport(epoch, StepsDone, metrics));
        var best = metrics is not null && checkpoints?.IsBest(metrics) is true;
        if (best || last || epoch % options.SaveFrequency == 0 || (options.SaveSteps is { } every && StepsDone % every == 0)) Save();
        if (best) checkpoints!.MarkBest(StepsDone, metrics!);
    }

    /// <summary>Pixels [B, 3, S, S] and ids [B, L] of a batch, on the module's device.</summary>
    public (Tensor Pixels, Tensor Ids) Tensors(PairBatch batch)
    {
        var device = _module.parameters().First().device;
        return (tensor(batch.Pixels, [batch.Count, 3, imageSize, imageSize]).to(device), tensor(batch.InputIds, [batch.Count, batch.TextLength]).to(device));
    }

    private void Save() => checkpoints?.Save(_step, options.Fingerprint(train.Fingerprint));
}
