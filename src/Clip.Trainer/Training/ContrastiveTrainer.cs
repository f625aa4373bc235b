using System.Diagnostics;
using Clip.Trainer.Data;
using Clip.Trainer.Evaluation;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>One step, as the progress display sees it.</summary>
/// <param name="Step">Steps done, this one included.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Loss">The step's loss.</param>
/// <param name="LearningRate">The step's learning rate.</param>
/// <param name="LogitScale">The inverse temperature after the step.</param>
/// <param name="Pairs">Pairs in the batch.</param>
/// <param name="Seconds">Wall time of the step, waiting for data included.</param>
/// <param name="DataWaitSeconds">How much of it was waiting for data.</param>
public sealed record StepReport(
    long Step, long TotalSteps, double Loss, double LearningRate, double LogitScale, int Pairs, double Seconds, double DataWaitSeconds);

/// <summary>An epoch's validation.</summary>
/// <param name="Epoch">Epochs done.</param>
/// <param name="Metrics">Loss and recalls on the validation pairs.</param>
public sealed record EpochReport(int Epoch, RetrievalMetrics Metrics);

/// <summary>Trains a CLIP model on pairs: the loop, top to bottom.</summary>
/// <param name="model">Trained in place.</param>
/// <param name="options">How to train.</param>
/// <param name="train">The pairs to train on.</param>
/// <param name="validation">The pairs to validate on each epoch; null for none.</param>
/// <param name="checkpoints">Folder for checkpoints; null keeps none.</param>
internal sealed class ContrastiveTrainer(ClipModel model, TrainingOptions options, PairLoader train, PairLoader? validation, string? checkpoints) : IDisposable
{
    private readonly AdamW _optimizer = new(model.named_parameters(), options.Optimizer);
    private readonly EpochSampler _sampler = new(train.Count, options.BatchSize, options.Seed);

    public Action<StepReport>? OnStep { get; init; }

    public Action<EpochReport>? OnEpoch { get; init; }

    public long StepsDone => _optimizer.Steps;

    public long TotalSteps => options.Epochs * _sampler.StepsPerEpoch;

    /// <summary>Goes on from a checkpoint of the same run.</summary>
    public void Resume(string checkpoint) => Checkpoint.Load(checkpoint, model, _optimizer, options.Fingerprint(train.Fingerprint));

    /// <summary>Trains to the end, or until cancelled: then the state is saved, and false returned.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        model.train(); // batch norms, where there are any, learn their statistics
        var schedule = new LearningRateSchedule(options.LearningRate, options.Warmup, TotalSteps);
        var clock = Stopwatch.StartNew();
        await using var batches = train.ReadAsync(_sampler, StepsDone, TotalSteps, CancellationToken.None).GetAsyncEnumerator(CancellationToken.None);
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
                StepsDone, TotalSteps, loss, learningRate, Math.Exp(model.LogitScale.item<float>()), batches.Current.Count, clock.Elapsed.TotalSeconds - started, waited));

            if (StepsDone % _sampler.StepsPerEpoch == 0) EndEpoch((int)(StepsDone / _sampler.StepsPerEpoch));
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
            var (image, text, scale) = model.Forward(pixels, ids);
            var loss = ContrastiveLoss.Compute(image, text, scale);
            var value = loss.item<float>();
            if (!float.IsFinite(value))
                throw new ClipException($"The loss is {value} at step {batch.Step + 1}; lower --lr or set --grad-clip-norm 1, and resume from the last checkpoint.");
            loss.backward();
            if (options.GradClipNorm is { } norm) _optimizer.ClipGradNorm(norm);
            _optimizer.Step(learningRate);
            model.ClampLogitScale();
            return value;
        }
    }

    private void EndEpoch(int epoch)
    {
        if (validation is not null) OnEpoch?.Invoke(new EpochReport(epoch, Validate(validation)));
        if (epoch % options.SaveFrequency == 0 || epoch == options.Epochs) Save();
    }

    private RetrievalMetrics Validate(PairLoader pairs)
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        model.eval();
        List<Tensor> images = [], texts = [];
        double loss = 0;
        foreach (var chunk in Enumerable.Range(0, pairs.Count).Chunk(options.BatchSize))
        {
            var batch = pairs.Assemble(chunk, step: 0, epoch: 0);
            if (batch.Count == 0) continue;
            var (pixels, ids) = Tensors(batch);
            var (image, text, scale) = model.Forward(pixels, ids);
            loss += ContrastiveLoss.Compute(image, text, scale).item<float>() * batch.Count;
            images.Add(image);
            texts.Add(text);
        }

        if (images.Count == 0) throw new ClipException("None of the validation images could be read; check --val-data.");
        model.train();
        var (allImages, allTexts) = (cat(images), cat(texts));
        return RetrievalMetrics.Compute(allImages, allTexts, loss / allImages.shape[0]);
    }

    private (Tensor Pixels, Tensor Ids) Tensors(PairBatch batch)
    {
        var size = model.Config.Vision.ImageSize;
        var device = model.LogitScale.device;
        return (tensor(batch.Pixels, [batch.Count, 3, size, size]).to(device), tensor(batch.InputIds, [batch.Count, batch.TextLength]).to(device));
    }

    private void Save()
    {
        if (checkpoints is not null) Checkpoint.Save(checkpoints, model, _optimizer, options.Fingerprint(train.Fingerprint));
    }
}
