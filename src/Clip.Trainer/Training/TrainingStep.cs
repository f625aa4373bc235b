using Clip.Conversion.Architectures;
using Clip.Data.Distributed;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>One step of training, from a batch to other weights; and all that changes with it, which is what a checkpoint holds.</summary>
/// <param name="objective">Its module is trained in place.</param>
/// <param name="options">How to train.</param>
/// <param name="ranks">Those that share each batch; null for none but this.</param>
internal sealed class TrainingStep(IObjective objective, TrainingOptions options, Ranks? ranks = null) : IDisposable
{
    private readonly AdamW _optimizer = Optimizer(objective, options);
    private readonly TrainingPrecision _precision = TorchDevice.Offered(options.Precision, DeviceOf(objective));
    private readonly GradientExchange? _exchange = ranks is { AreSeveral: true } ? Exchange(objective, options, ranks) : null;
    private readonly LossScaler? _scaler =
        options.Precision == TrainingPrecision.Fp16 ? new LossScaler(DeviceOf(objective)) : null;

    private readonly ModelEma? _ema = options.ModelEmaDecay is { } decay ? new ModelEma(objective.Module, decay) : null;

    /// <summary>What is trained.</summary>
    public nn.Module Module => objective.Module;

    /// <summary>
    /// Whether a step is taken without reading anything from its tensors: on a GPU, where that would wait for all the work under way, and
    /// in float16, whose steps may be left out. Several ranks meet in every step, so theirs reads. Else weights are changed on the CPU in
    /// one pass over memory, which needs the numbers first.
    /// </summary>
    public bool ReadsNothing { get; init; } = ranks is not { AreSeveral: true }
        && (options.Precision == TrainingPrecision.Fp16 || TorchDevice.IsApart(DeviceOf(objective)));

    /// <summary>How long they took, of all parts of a run that was interrupted.</summary>
    public double Seconds { get; set; }

    /// <summary>How many steps have been taken.</summary>
    public long Steps
    {
        get => _optimizer.Steps;
        set => _optimizer.Steps = value;
    }

    /// <summary>The optimizer's moments and the averaged weights, by name; the tensors are the object's own.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => [.. _optimizer.State, .. _ema?.State ?? [], .. _scaler?.State ?? []];

    /// <summary>
    /// Puts the averaged weights, where the run keeps them, into the module until the result is disposed: for validation and export.
    /// </summary>
    public IDisposable? UseAveragedWeights() => _ema?.InModel();

    /// <summary>Takes a step and waits for what it came to.</summary>
    /// <inheritdoc cref="Start"/>
    public StepOutcome Take(Tensor pixels, Tensor ids, double learningRate)
    {
        using var started = Start(pixels, ids, learningRate);
        return started.Outcome();
    }

    /// <summary>Takes a step.</summary>
    /// <param name="pixels">[B, 3, S, S] normalized pixels.</param>
    /// <param name="ids">[B, L] int64 token ids; row i belongs to image i.</param>
    /// <param name="learningRate">This step's.</param>
    /// <returns>Loss and gradients' norm; where one of them is not finite, no weight has changed.</returns>
    public StartedStep Start(Tensor pixels, Tensor ids, double learningRate)
    {
        using var scope = NewDisposeScope();
        using var precision = Autocast.Use(_precision);
        using var memory = GradCheckpointing.Use(options.GradCheckpointing);
        using var noise = StepNoise.Use(options.Seed, Steps, ranks?.Rank ?? 0);
        _optimizer.ZeroGrad();
        var loss = Backward(Parts(pixels, ids));
        if (!ReadsNothing)
        {
            var value = HostRead.Number(loss);
            Func<Parameter, Gradient?> gradientOf = _exchange is null ? Gradient.Of : _exchange.Of;
            var known = double.IsFinite(value) ? _optimizer.Step(learningRate, options.GradClipNorm, gradientOf) : double.NaN;
            if (double.IsFinite(known)) AfterStep();
            using var norm = tensor(known, ScalarType.Float64, loss.device);
            return StartedStep.Of(loss, norm, objective.LogitScale, _scaler);
        }

        var found = _optimizer.StepOnDevice(learningRate, options.GradClipNorm, loss, _scaler);
        AfterStep();
        return StartedStep.Of(loss, found, objective.LogitScale, _scaler);
    }

    /// <summary>The pairs of a batch whose features are not finite.</summary>
    /// <param name="pixels">As of <see cref="Take"/>.</param>
    /// <param name="ids">As of <see cref="Take"/>.</param>
    /// <returns>Their places in the batch; empty where none can be told from the others.</returns>
    public IReadOnlyList<int> NonFinitePairs(Tensor pixels, Tensor ids)
    {
        if (objective is not IContrastiveObjective contrastive) return [];
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        using var precision = Autocast.Use(_precision);
        var finite = Parts(pixels, ids).SelectMany(part =>
        {
            var (image, text) = contrastive.Encode(part.Pixels, part.Ids);
            return HostRead.Numbers(cat([image, text], 1).isfinite().all(1));
        }).ToList();
        var found = Enumerable.Range(0, finite.Count).Where(i => finite[i] == 0).ToList();
        return found.Count == finite.Count ? [] : found; // all of them: the weights have gone wrong
    }

    /// <summary>Batches of the size that is encoded at once.</summary>
    private List<(Tensor Pixels, Tensor Ids)> Parts(Tensor pixels, Tensor ids)
    {
        var count = pixels.shape[0];
        if (_exchange is not null) return PartsOfEach(pixels, ids, count);
        var size = (count + options.AccumFrequency - 1) / options.AccumFrequency;
        return [.. Enumerable.Range(0, (int)((count + size - 1) / size)).Select(i => i * size).Select(start =>
            (pixels.narrow(0, start, Math.Min(size, count - start)), ids.narrow(0, start, Math.Min(size, count - start))))];
    }

    /// <summary>As many parts as every rank can have, though one may have lost pairs to bad records.</summary>
    private List<(Tensor Pixels, Tensor Ids)> PartsOfEach(Tensor pixels, Tensor ids, long count)
    {
        var parts = (long)Math.Min(options.AccumFrequency, ranks!.Gather((double)count).Min(c => c[0]));
        return [.. Enumerable.Range(0, (int)parts).Select(i => (Start: i * count / parts, End: (i + 1) * count / parts)).Select(part =>
            (pixels.narrow(0, part.Start, part.End - part.Start), ids.narrow(0, part.Start, part.End - part.Start)))];
    }

    private static GradientExchange Exchange(IObjective objective, TrainingOptions options, Ranks ranks) =>
        new(ranks, [.. objective.Module.parameters().OfType<Parameter>().Where(p => p.requires_grad)], options.GradientCompression);

    private static Device DeviceOf(IObjective objective) => objective.Module.parameters().First().device;

    private static AdamW Optimizer(IObjective objective, TrainingOptions options)
    {
        var trained = objective.Module.named_parameters().Where(p => p.parameter.requires_grad).ToArray();
        var factors = LayerDecay.Factors(objective.Layout, trained.Select(p => p.name), options.LayerDecay);
        // Decay would take words that no caption has from the vectors that the tower learns to read.
        var undecayed = objective.Module is ClipModel { StartsFromWords: true } ? ClipNames.Text.Tokens.Name : null;
        var ofAdamW = options.Optimizer.For(objective.Module);
        if (options.Algorithm == OptimizerAlgorithm.AdamW) return new AdamW(trained, ofAdamW, factors, undecayed, muon: null);
        var matrices = trained.Where(p => Muon.Takes(objective.Layout, p.name)).ToArray();
        if (matrices.Length == 0)
            throw new ClipException("`Algorithm` is Muon, which moves matrices of hidden layers, and this run trains none; take AdamW.");
        return new AdamW(
            trained.Except(matrices), ofAdamW, factors, undecayed, new Muon(matrices, options.Optimizer.WeightDecay, factors));
    }

    /// <returns>The loss, without a graph, in the dispose scope of the moment.</returns>
    private Tensor Backward(List<(Tensor Pixels, Tensor Ids)> parts)
    {
        if (_exchange is not null)
            return tensor(new RankedBackward(objective, options, ranks!, _exchange).Backward(parts), device: parts[0].Pixels.device);
        Func<Tensor, Tensor> scaled = _scaler is null ? loss => loss : _scaler.Scaled;
        if (parts.Count > 1 && objective is IContrastiveObjective contrastive) return GradientCache.Backward(contrastive, parts, scaled);

        if (parts.Count == 1)
        {
            using var scope = NewDisposeScope();
            using var noise = StepNoise.Part(0);
            var loss = objective.Loss(parts[0].Pixels, parts[0].Ids);
            scaled(loss).backward();
            return loss.detach().MoveToOuterDisposeScope();
        }

        // A loss that is a mean over pairs or tokens.
        var weights = stack([.. parts.Select(part => objective.Weight(part.Ids))]);
        var ofAll = weights / weights.sum();
        var losses = parts.Select((part, i) =>
        {
            using var scope = NewDisposeScope();
            using var noise = StepNoise.Part(i);
            var loss = objective.Loss(part.Pixels, part.Ids) * ofAll.select(0, i);
            scaled(loss).backward();
            return loss.detach().Widened().MoveToOuterDisposeScope();
        });
        return stack([.. losses]).sum();
    }

    private void AfterStep()
    {
        objective.AfterStep();
        _ema?.Update(Steps);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _ema?.Dispose();
        _scaler?.Dispose();
    }
}
