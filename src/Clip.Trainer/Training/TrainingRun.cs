using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Trainer.Data;
using Clip.Trainer.Evaluation;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Reporting;

namespace Clip.Trainer.Training;

/// <summary>
/// From a table of captioned images to a model folder. What a run needs to go on, and its records, lie in <c>OUTPUT.run</c>
/// (<see cref="RunFolder"/>); <c>OUTPUT</c> itself appears when the model is finished, whole.
/// </summary>
/// <param name="options">What to do.</param>
/// <param name="say">Told of what a user should know, a line at a time.</param>
/// <param name="listeners">Displays and logs; disposed at the end of the run.</param>
internal sealed class TrainingRun(TrainingRunOptions options, Action<string> say, params IReadOnlyList<IRunListener> listeners)
{
    private const int SamplePairs = 12;

    private readonly RunFolder _folder = new(options.Output);

    /// <summary>Trains and writes the model folder, or measures what the options ask for.</summary>
    /// <param name="cancellation">Stops after the step at hand, with a checkpoint.</param>
    /// <returns>False when canceled.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        NativeTorch.Require();
        options.Training.Validate();
        var metric = options.MetricOfBest();
        if (!options.WritesNothing)
        {
            ModelFolderWriter.EnsureReplaceable(options.Output, options.Training.FineTuning.Pretrained, options.Tokenizer);
            if (options.LogSamples is { } log) SampleLog.EnsureReplaceable(log);
        }

        using var held = options.WritesNothing ? null : RunLock.Take(_folder.Root);
        var checkpoints = new CheckpointFolder(_folder.Checkpoints, options.Keep, metric);
        var checkpoint = options.WritesNothing ? null : _folder.Find(checkpoints, options.Resume, say);
        using var parts = await OpenAsync(checkpoints, cancellation).ConfigureAwait(false);
        try
        {
            if (options.FindLearningRate) return await FindLearningRateAsync(parts.Loop, cancellation).ConfigureAwait(false);

            var record = Record(parts);
            if (options.DryRun) return await TrainAsync(parts, record, cancellation).ConfigureAwait(false);

            if (checkpoint is null) SaveRun(parts, record);
            else record = GoOn(parts.Loop, checkpoint, checkpoints, record);
            var loop = parts.Loop;
            say($"{parts.Train.Count} pairs, {parts.Parameters:N0} parameters, vocabulary {parts.Tokenizer.VocabularySize}, "
                + $"{loop.TotalSteps} steps of {options.Training.PairsPerStep}.");
            if (options.Training.Warmup > loop.TotalSteps)
                say($"The warm-up of {options.Training.Warmup} steps is longer than the run, which so never reaches --lr; lower --warmup.");
            var finished = await TrainAsync(parts, record, cancellation).ConfigureAwait(false);
            var (bad, all) = (parts.Train.Broken.Count, parts.Records.Count + parts.Records.Unusable.Count);
            if (bad > 0) say($"{bad} of {all} records were bad and were skipped.");
            if (finished) WriteModelFolder(parts);
            else say($"Stopped at step {loop.StepsDone} of {loop.TotalSteps}; go on with the same command and --resume latest.");
            return finished;
        }
        catch (Exception e) when (OutOfMemory.Is(e))
        {
            throw OutOfMemory.Tell(e, options.Training.BatchSize);
        }
    }

    /// <summary>Opens data and model; a stop does not wait for a disk or network that hangs.</summary>
    private async Task<TrainingSetup> OpenAsync(CheckpointFolder checkpoints, CancellationToken cancellation)
    {
        var opening = Task.Run(() => new TrainingSetup(options, _folder, checkpoints, say, cancellation), CancellationToken.None);
        try
        {
            return await opening.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = opening.ContinueWith(
                opened => opened.Result.Dispose(),
                CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>Puts the run where it stopped, says what it does in another way from there on, and notes that in its record.</summary>
    private RunRecord GoOn(TrainingLoop loop, string checkpoint, CheckpointFolder checkpoints, RunRecord record)
    {
        var changes = loop.Resume(checkpoint);
        say($"Resumed from {checkpoint} at step {loop.StepsDone} of {loop.TotalSteps}.");
        if (checkpoints.Best() is { } best && options.MetricOfBest() is { } metric && best.Metric != metric)
            say($"The best checkpoint was that by {best.Metric}; by {metric} it is sought from here on.");
        foreach (var change in changes) say($"Changed: {change}.");
        if (changes.Count > 0)
            say("The learning rate's schedule is that of these options over the whole run; the steps from here on follow it.");
        return record.GoOn(_folder.Root, [.. changes.Select(change => $"{change} from step {loop.StepsDone} on")]);
    }

    /// <summary>Keeps what makes a checkpoint all that a model folder is, so that it can be converted.</summary>
    private void SaveRun(TrainingSetup parts, RunRecord record)
    {
        record.Save(_folder.Root);
        parts.Preprocessing.Save(Path.Combine(_folder.Root, ModelPreprocessing.Name));
        AtomicFolder.Write(_folder.Tokenizer, folder => parts.Vocabulary.Save(folder, parts.Config.Text.ContextLength));
    }

    /// <summary>What is kept of the run, after a look at the one that it repeats.</summary>
    private RunRecord Record(TrainingSetup parts)
    {
        var data = parts.Train.Fingerprint;
        var record = new RunRecord(
            RunRecord.CurrentVersion, options.Arguments, Environment.CurrentDirectory, data, options.Training.Course(data),
            JsonDocument.Parse(ClipConfigJson.ToHuggingFace(parts.Config)).RootElement);
        if (options.Reproduce is { } earlier) record.Repeats(RunRecord.Load(earlier), say);
        return record;
    }

    private async Task<bool> TrainAsync(TrainingSetup parts, RunRecord record, CancellationToken cancellation)
    {
        var loop = parts.Loop;
        loop.OnStep = step => Tell(l => l.Step(step));
        loop.OnValidation = report => Tell(l => l.Validation(report));
        try
        {
            Tell(l => l.Start(new RunStart(_folder.Root, loop.TotalSteps, loop.StepsDone, loop.StateBytes)));
            var done = await loop.RunAsync(cancellation).ConfigureAwait(false);
            var title = $"{Path.GetFileName(_folder.Root)}, {loop.StepsDone} steps{(done ? "" : $" of {loop.TotalSteps}")}";
            var end = new RunEnd(_folder.Root, title, Facts(parts, record), Sample(parts));
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

    private async Task<bool> FindLearningRateAsync(TrainingLoop loop, CancellationToken cancellation)
    {
        var found = await loop.FindLearningRateAsync(cancellation).ConfigureAwait(false);
        foreach (var (rate, loss) in found.Curve) say(FormattableString.Invariant($"lr {rate:0.00E+00}  loss {loss:F4}"));
        say(FormattableString.Invariant($"Try --lr {found.Suggest():G2}: a tenth of where the loss was lowest."));
        return true;
    }

    private (string Name, string Value)[] Facts(TrainingSetup parts, RunRecord record)
    {
        var limit = options.Training.MaxMinutes is null ? "" : "at most ";
        return
        [
            ("training data", $"{PageWords.WithoutFolders(options.TrainData)} ({parts.Train.Fingerprint})"),
            ("parameters", $"{parts.Parameters:N0}"),
            ("vocabulary", $"{parts.Tokenizer.VocabularySize}"),
            ("steps", $"{limit}{parts.Loop.TotalSteps} of {options.Training.PairsPerStep} pairs"),
            ("options", record.OptionsText()),
            ("version", record.Version),
        ];
    }

    /// <summary>A few validation pairs and how the model compares them; null where there are none, or nothing is compared.</summary>
    private PairSample? Sample(TrainingSetup parts)
    {
        if (options.DryRun || parts.Objective is not IContrastiveObjective contrastive) return null;
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
            ModelFolderWriter.Write(
                new ModelFolderContents(
                    parts.Config, ModelStart.Export(parts.Model), parts.Preprocessing,
                    folder => parts.Vocabulary.Save(folder, parts.Config.Text.ContextLength)),
                options.Output);
        }

        say($"Model folder: {Path.GetFullPath(options.Output)}");
    }

    private void Tell(Action<IRunListener> tell)
    {
        foreach (var listener in listeners) tell(listener);
    }
}
