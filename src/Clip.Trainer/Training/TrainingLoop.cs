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
    private readonly AdamW _optimizer = new(objective.Module.named_parameters(), options.Optimizer);

    public Action<StepReport>? OnStep { get; init; }

    public Action<ValidationReport>? OnValidation { get; init; }

    public long StepsDone => _optimizer.Steps;

    public long TotalSteps => options.Epochs * train.StepsPerEpoch;

    /// <summary>Goes on from a checkpoint of the same run.</summary>
    public void Resume(string checkpoint) => Checkpoint.Load(checkpoint, _module, _optimizer, options.Fingerprint(train.Fingerprint));

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

    public void Dispose() => _optimizer.Dispose();

    private double Step(PairBatch batch, double learningRate)
    {
        if (batch.Count < 2)
            throw new ClipException($"Step {batch.Step + 1} has {batch.Count} readable pairs, and a contrast needs two; check the images of the training data.");

        using var scope = NewDisposeScope();
        _optimizer.ZeroGrad();
        var (pixels, ids) = Tensors(batch);
        using (Autocast.Bfloat16(options.Bfloat16))
        {
            var loss = objective.Loss(pixels, ids);
            var value = loss.item<float>();
            if (!float.IsFinite(value))
                throw new ClipException($"The loss is {value} at step {batch.Step + 1}; lower --lr or set --grad-clip-norm 1, and resume from the last checkpoint.");
            loss.backward();
            if (options.GradClipNorm is { } norm) _optimizer.ClipGradNorm(norm);
            _optimizer.Step(learningRate);
            objective.AfterStep();
            return value;
        }
    }

    private void EndEpoch(int epoch)
    {
        var last = StepsDone == TotalSteps;
        var metrics = validator?.Measure(epoch, last, Tensors);
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

    private void Save() => checkpoints?.Save(_module, _optimizer, options.Fingerprint(train.Fingerprint));
}
