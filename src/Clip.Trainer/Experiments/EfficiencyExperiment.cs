using Clip.Conversion.Configs;
using Clip.Data;
using Clip.Evaluation;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using Clip.Trainer.Validation;

namespace Clip.Trainer.Experiments;

/// <summary>
/// Trains objectives on an image encoder with equal images and measures zero-shot accuracy on the way (CLIP paper, section 2.3 and
/// figure 2).
/// </summary>
/// <param name="name">The encoder's, for the curves.</param>
/// <param name="config">The encoder's and the text side's sizes.</param>
/// <param name="options">How each is trained; the objective is put in.</param>
/// <param name="train">The pairs, as an objective reads them.</param>
/// <param name="probe">Measures accuracy.</param>
/// <param name="test">What it is measured on.</param>
internal sealed class EfficiencyExperiment(
    string name, ClipConfig config, TrainingOptions options, Func<ObjectiveKind, IPairSource> train, ZeroShotProbe probe, LabeledSet test)
{
    /// <summary>Trains one objective from scratch.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="points">
    /// How many times accuracy is measured, evenly on the logarithmic axis; and at the end, where the run ends before its last step.
    /// </param>
    /// <param name="say">Told of every measurement.</param>
    /// <param name="cancellation">Stops after the step at hand.</param>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public async Task<EfficiencyCurve> RunAsync(ObjectiveKind kind, int points, Action<string> say, CancellationToken cancellation)
    {
        var own = kind.Config(config);
        var objective = ModelStart.Create(options with { Objective = kind }, new PlainModel(own, name), say);
        using var module = objective.Module;
        var measured = new List<EfficiencyPoint>();
        long images = 0;
        double loss = 0;
        using var loop = new TrainingLoop(
            objective, own.Vision.ImageSize, options with { Objective = kind }, train(kind), validator: null, checkpoints: null);
        var steps = Steps(loop.TotalSteps, points);
        loop.OnStep = Step;
        if (!await loop.RunAsync(cancellation).ConfigureAwait(false)) throw new OperationCanceledException(cancellation);
        if (measured.Count == 0 || measured[^1].Images != images) Measure();
        return new EfficiencyCurve(name, ModelCost.Of(own).Image / 1e9, kind, measured);

        void Step(StepReport step)
        {
            images += step.Pairs;
            loss = step.Loss;
            if (steps.Contains(step.Step)) Measure();
        }

        void Measure()
        {
            using var averaged = loop.UseAveragedWeights();
            module.eval();
            var result = probe.Measure(objective, test, cancellation);
            module.train();
            measured.Add(new EfficiencyPoint(images, result.Top1, result.Top5));
            say(FormattableString.Invariant(
                $"{name}  {kind.Name()}  {images} images  loss {loss:F3}  top-1 {result.Top1:P1}  top-5 {result.Top5:P1}"));
        }
    }

    /// <summary>The steps after which accuracy is measured, in equal ratios from the total down to a hundredth of it.</summary>
    public static IReadOnlySet<long> Steps(long total, int points) => Enumerable.Range(0, points)
        .Select(i => (long)Math.Max(1, Math.Round(total * Math.Pow(0.01, points == 1 ? 0 : (double)i / (points - 1))))).ToHashSet();
}
