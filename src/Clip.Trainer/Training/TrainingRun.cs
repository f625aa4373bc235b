using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Data;
using Clip.Data.Distributed;
using Clip.Evaluation;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Validation;

namespace Clip.Trainer.Training;

/// <summary>
/// From captioned images to a model folder. What a run needs to go on, and its records, lie in <c>MODELFOLDER.run</c>
/// (<see cref="RunFolder"/>); the model folder itself appears when the model is finished, whole.
/// </summary>
/// <param name="options">What to do.</param>
/// <param name="output">Where the results go.</param>
/// <param name="ranks">Those that share each batch; of several the first alone has an output, says and logs.</param>
/// <param name="say">Told of what a user should know, a line at a time.</param>
/// <param name="listeners">Displays and logs; disposed at the end of the run.</param>
internal sealed class TrainingRun(
    TrainingRunOptions options, RunOutput output, Ranks ranks, Action<string> say, params IReadOnlyList<IRunListener> listeners)
{
    private const int SamplePairs = 12;

    /// <summary>Trains and writes the model folder.</summary>
    /// <param name="cancellation">Stops after the step at hand, with a checkpoint.</param>
    /// <returns>False when canceled.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        NativeTorch.Require();
        options.Training.Validate();
        options.MetricOfBest(); // refused on every rank
        if (!ranks.IsFirst) return await FollowAsync(cancellation).ConfigureAwait(false);
        if (options.Data.LogSamples is { } log) SampleLog.EnsureReplaceable(log);
        string?[] sources = [options.Training.FineTuning.Pretrained, options.Model.Tokenizer];
        using var kept = new KeptRun(output, sources, options.MetricOfBest(), say);
        using var parts = await TrainingSetup.OpenAsync(options, kept, ranks, say, cancellation).ConfigureAwait(false);
        return await OutOfMemory.ToldAsync(options.Training.BatchSize, RunAsync).ConfigureAwait(false);

        async Task<bool> RunAsync()
        {
            var loop = parts.Loop;
            var record = RunRecord.Of(options, parts);
            if (output.Reproduce is { } earlier) record.Repeats(RunRecord.Load(earlier), say);
            if (kept.Checkpoint is { } checkpoint) record = GoOn(loop, checkpoint, kept, record);
            else Save(parts, record, kept.Folder);
            var device = parts.Model.parameters().First().device;
            say($"{parts.Train.Count} pairs, {parts.Parameters:N0} parameters, vocabulary {parts.Tokenizer.Size}, "
                + $"{loop.TotalSteps} steps of {parts.PairsPerStep}{(ranks.AreSeveral ? $" on {ranks.Size} ranks" : "")}, "
                + $"on {device}.");
            if (TorchDevice.Offered(options.Training.Precision, device) != options.Training.Precision)
                say("This processor has no AVX-512, without which libtorch takes many times as long for bfloat16 as for float32: products "
                    + "are computed in float32.");
            if (options.Training.Warmup > loop.TotalSteps)
                say($"The warm-up of {options.Training.Warmup} steps is longer than the run, so `LearningRate` is never reached; "
                    + "lower `Warmup`.");
            var finished = await TrainAsync(parts, record, kept.Folder.Root, cancellation).ConfigureAwait(false);
            var (bad, all) = (parts.Train.Broken.Count, parts.Records.Count + parts.Records.Unusable.Count);
            if (bad > 0) say($"{bad} of {all} records were bad and were skipped.");
            if (finished) WriteModelFolder(parts);
            else say($"Stopped at step {loop.StepsDone} of {loop.TotalSteps}; go on with the same settings and `Resume`.");
            return finished;
        }
    }

    /// <summary>Trains with the first rank, from the state that it gives on.</summary>
    private async Task<bool> FollowAsync(CancellationToken cancellation)
    {
        using var parts = await TrainingSetup.OpenAsync(options, kept: null, ranks, _ => { }, cancellation).ConfigureAwait(false);
        return await OutOfMemory.ToldAsync(options.Training.BatchSize, () => parts.Loop.RunAsync(cancellation)).ConfigureAwait(false);
    }

    /// <summary>Puts the run where it stopped, says what it does in another way from there on, and notes that in its record.</summary>
    private RunRecord GoOn(TrainingLoop loop, string checkpoint, KeptRun kept, RunRecord record)
    {
        var changes = loop.Resume(checkpoint);
        say($"Resumed from {checkpoint} at step {loop.StepsDone} of {loop.TotalSteps}.");
        if (kept.Checkpoints.Best() is { } best && options.MetricOfBest() is { } metric && best.Metric != metric)
            say($"The best checkpoint was that by {best.Metric}; by {metric} it is sought from here on.");
        foreach (var change in changes) say($"Changed: {change}.");
        if (changes.Count > 0)
            say("The learning rate's schedule is that of these options over the whole run; the steps from here on follow it.");
        return record.GoOn(kept.Folder.Root, [.. changes.Select(change => $"{change} from step {loop.StepsDone} on")]);
    }

    /// <summary>Keeps what makes a checkpoint all that a model folder is, so that it can be converted.</summary>
    private static void Save(TrainingSetup parts, RunRecord record, RunFolder run)
    {
        record.Save(run.Root);
        parts.Preprocessing.Save(Path.Combine(run.Root, ModelPreprocessing.Name));
        AtomicFolder.Write(run.Tokenizer, parts.Tokenizer.Write);
    }

    private async Task<bool> TrainAsync(TrainingSetup parts, RunRecord record, string folder, CancellationToken cancellation)
    {
        var loop = parts.Loop;
        loop.OnStep = step => Tell(l => l.Step(step));
        loop.OnValidation = report => Tell(l => l.Validation(report));
        try
        {
            Tell(l => l.Start(new RunStart(folder, loop.TotalSteps, loop.StepsDone)));
            var done = await loop.RunAsync(cancellation).ConfigureAwait(false);
            var title = $"{Path.GetFileName(folder)}, {loop.StepsDone} steps{(done ? "" : $" of {loop.TotalSteps}")}";
            var end = new RunEnd(folder, title, record.Facts(options, parts), Sample(parts));
            if (parts.Objective is not IContrastiveObjective)
                end = end with { WithoutSample = "This objective compares no pictures with texts, so there are no pairs to show." };
            else if (parts.Validation is not null) end = end with { WithoutSample = "No validation pairs could be read." };
            Tell(l => l.End(end));
            return done;
        }
        finally
        {
            Tell(l => l.Dispose());
        }
    }

    /// <summary>A few validation pairs and how the model compares them; null where there are none, or nothing is compared.</summary>
    private static PairSample? Sample(TrainingSetup parts)
    {
        if (parts.Objective is not IContrastiveObjective contrastive) return null;
        if (FirstBatch(parts.Validation) is not { Count: > 0 } batch) return null;
        using var averaged = parts.Loop.UseAveragedWeights();
        parts.Model.eval();
        return PairSample.Of(contrastive, batch, SamplePairs, parts.Loop.Tensors, parts.Preprocessing);
    }

    /// <summary>The first validation pairs; null without any, or where their files block, for a run is to end that was stopped.</summary>
    private static PairBatch? FirstBatch(PairLoader? validation)
    {
        if (validation is null) return null;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            return Interruptible.Run(() => validation.InOrder().FirstOrDefault(), patience.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private void WriteModelFolder(TrainingSetup parts)
    {
        using (parts.Loop.UseAveragedWeights())
        {
            parts.Trained.WriteFolder(parts.Model, parts.Preprocessing, parts.Tokenizer, output.ModelFolder);
        }

        say($"Model folder: {Path.GetFullPath(output.ModelFolder)}");
    }

    private void Tell(Action<IRunListener> tell)
    {
        foreach (var listener in listeners) tell(listener);
    }
}
