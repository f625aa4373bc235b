using System.Text.RegularExpressions;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Tests.Objectives;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Training;

/// <summary>
/// The step as a GPU takes it: nothing is read from tensors on the way, for that would wait for all the work under way. It is run here on
/// the CPU's tensors, and what is read is counted where every read goes through.
/// </summary>
public sealed class StepOnDeviceTests
{
    public static TheoryData<string, int> Objectives()
    {
        var rows = new TheoryData<string, int>();
        foreach (var kind in ObjectiveKinds.Names)
        {
            rows.Add(kind, 1);
            rows.Add(kind, 2);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Objectives))]
    public void AStepReadsNothingAndItsOutcomeIsReadOnce(string kind, int parts)
    {
        using var scope = NewDisposeScope();
        var objective = ObjectiveTests.Create(kind, tower: 0);
        using var module = objective.Module;
        var options = new TrainingOptions { AccumFrequency = parts, GradClipNorm = 1, ModelEmaDecay = 0.9 };
        using var step = new TrainingStep(objective, options) { ReadsNothing = true };
        var (pixels, ids) = ObjectiveTests.Batch(objective);
        var reads = HostRead.Count();

        using var started = step.Start(pixels, ids, learningRate: 1e-3);
        Assert.Equal(0, reads.Value);
        Assert.True(started.Outcome().IsFinite);
        Assert.Equal(1, reads.Value);
    }

    /// <summary>A GPU makes new parameters of all, and so does another type: what holds on to old ones is found here.</summary>
    [Theory]
    [MemberData(nameof(ObjectiveTests.All), MemberType = typeof(ObjectiveTests))]
    public void AModelThatWasMovedGivesTheSameLoss(string kind, int tower)
    {
        using var scope = NewDisposeScope();
        var objective = ObjectiveTests.Create(kind, tower);
        using var module = objective.Module;
        module.eval();
        using var unused = no_grad();
        var (pixels, ids) = ObjectiveTests.Batch(objective);
        var before = objective.Loss(pixels, ids).item<float>();

        module.to(ScalarType.Float64);
        module.to(ScalarType.Float32);

        Assert.Equal(before, objective.Loss(pixels, ids).item<float>());
    }

    /// <summary>What waits for a GPU in PyTorch: copies to the host, and results whose size depends on the values.</summary>
    [Fact]
    public void NothingElseInATrainingReadsFromTensors()
    {
        var waits = new Regex(@"\.(item<|cpu\(|data<|ToSingle|ToDouble|ToInt|tolist|nonzero\(|unique\(|masked_select|TensorAt)");
        string[] known =
        [
            "HostRead.cs", // the one way
            "TorchWeights.cs", // weights are written and read between steps
            "CaptionLoss.cs", // VirTex asks which of a caption's rows count, once a step: it saves the vocabulary's product for the others
            "BeamSearch.cs", // captions pictures, trains nothing
            "AdamWKernel.cs", "Gradient.cs", // the CPU's way, where nothing is waited for
            // Several ranks meet in every step.
            "GradientExchange.cs", "RankPulse.cs", "RankSum.cs", "RankedBackward.cs",
        ];
        var source = Path.Combine(DocsPages.Root, "src/Clip.Trainer");

        var found = new[] { "Modeling", "Objectives", "Training" }
            .SelectMany(room => Directory.GetFiles(Path.Combine(source, room), "*.cs"))
            .Where(file => waits.IsMatch(File.ReadAllText(file))).Select(Path.GetFileName);

        Assert.Equal(known.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(1, null, OptimizerAlgorithm.AdamW)]
    [InlineData(2, 0.05, OptimizerAlgorithm.AdamW)]
    [InlineData(1, 0.05, OptimizerAlgorithm.Muon)]
    public void ItsWeightsAreThoseOfTheCpusStep(int parts, double? clip, OptimizerAlgorithm algorithm)
    {
        using var scope = NewDisposeScope();
        var options = new TrainingOptions
        {
            AccumFrequency = parts,
            GradClipNorm = clip,
            LayerDecay = 0.8,
            ModelEmaDecay = 0.5,
            Algorithm = algorithm,
            // Else, where a gradient is all but zero, AdamW makes a whole step of its rounding.
            Optimizer = new AdamWOptions(Epsilon: 1e-3),
        };
        var (expected, losses) = Train(options, readsNothing: false);

        var (actual, sameLosses) = Train(options, readsNothing: true);

        Assert.Equal(losses, sameLosses, (a, b) => Math.Abs(a.Loss - b.Loss) < 1e-5 && Math.Abs(a.GradientNorm - b.GradientNorm) < 1e-4);
        foreach (var (name, values) in expected)
            Assert.All(values.Zip(actual[name]), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-5));
    }

    /// <summary>Kernels of a GPU fail at addresses that are not multiples of 16 bytes, and copies are slower below 256.</summary>
    [Fact]
    public void ParametersThatLieTogetherStartAtMultiplesOf256Bytes()
    {
        using var scope = NewDisposeScope();
        using var model = TrainingStepTests.Model();
        using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions()) { ReadsNothing = true };

        step.Take(TrainingStepTests.Pixels(4), TrainingStepTests.Ids(4), learningRate: 1e-3);

        var starts = model.parameters().Select(p => p.storage_offset()).ToList();
        Assert.True(starts.Count(start => start > 0) > starts.Count / 2);
        Assert.All(starts, start => Assert.Equal(0, start * sizeof(float) % 256));
    }

    [Fact]
    public void AStepThatIsNotFiniteLeavesWeightsAndMomentsAsTheyAre()
    {
        using var scope = NewDisposeScope();
        using var model = TrainingStepTests.Model();
        using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions()) { ReadsNothing = true };
        Assert.True(step.Take(TrainingStepTests.Pixels(4), TrainingStepTests.Ids(4), learningRate: 1e-3).IsFinite);
        var before = Everything(step);
        var pixels = TrainingStepTests.Pixels(4);
        pixels[2, 0, 3, 3] = tensor(float.NaN);

        Assert.False(step.Take(pixels, TrainingStepTests.Ids(4), learningRate: 1).IsFinite);

        foreach (var (name, values) in Everything(step)) Assert.Equal(before[name], values);
        Assert.Equal([2], step.NonFinitePairs(pixels, TrainingStepTests.Ids(4)));
    }

    [Fact]
    public void InFloat16GradientsThatOverflowLeaveAStepOutAndLowerTheScale()
    {
        using var scope = NewDisposeScope();
        using var model = TrainingStepTests.Model();
        using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions { Precision = TrainingPrecision.Fp16 });
        var scale = step.State.Single(s => s.Name == "loss_scaler.scale").Value;
        using (no_grad()) scale.fill_(1e30f); // the scaled gradients are beyond float16's 65,504
        var before = TorchWeights.Of(model)["visual.proj"].Data.ToArray();

        var left = step.Take(TrainingStepTests.Pixels(4), TrainingStepTests.Ids(4), learningRate: 1e-3);

        Assert.False(double.IsFinite(left.GradientNorm));
        Assert.True(left.IsFinite); // no fault: the next step is tried with half the scale
        Assert.Equal(0.5e30f, scale.item<float>());
        Assert.Equal(before, TorchWeights.Of(model)["visual.proj"].Data.ToArray());
        using (no_grad()) scale.fill_(256f);
        Assert.True(double.IsFinite(step.Take(TrainingStepTests.Pixels(4), TrainingStepTests.Ids(4), learningRate: 1e-3).GradientNorm));
        Assert.NotEqual(before, TorchWeights.Of(model)["visual.proj"].Data.ToArray());
    }

    [Fact]
    public void InFloat16AScaleGrowsAfterManyGoodStepsAndCancelsOut()
    {
        using var scope = NewDisposeScope();
        using var scaler = new LossScaler(CPU);
        using var loss = tensor(3f);
        Assert.Equal(3 * 65536, scaler.Scaled(loss).item<float>());
        Assert.Equal(3, scaler.Scaled(loss).mul(scaler.Inverse()).item<float>());
        for (var i = 0; i < 2000; i++) scaler.Update(tensor(true));
        Assert.Equal(2 * 3 * 65536, scaler.Scaled(loss).item<float>());
        scaler.Update(tensor(true)); // they are counted anew
        Assert.Equal(2 * 3 * 65536, scaler.Scaled(loss).item<float>());
        scaler.Update(tensor(false));
        Assert.Equal(3 * 65536, scaler.Scaled(loss).item<float>());
        Assert.Equal(2 * 65536, scaler.Last.item<float>());
    }

    [Fact]
    public async Task ARunReportsEachStepOnceAndInOrderThoughItReadsThemLate()
    {
        using var plain = new TinyRun();
        var options = plain.Options with { Precision = TrainingPrecision.Fp16 };
        using var run = new TinyRun(plain) { Options = options };
        var (expected, actual) = (new List<StepReport>(), new List<StepReport>());
        using (var trainer = plain.Trainer(out var model, checkpoints: null, expected.Add))
        using (model)
            Assert.True(await trainer.RunAsync(CancellationToken.None));

        using (var trainer = run.Trainer(out var model, checkpoints: null, actual.Add))
        using (model)
            Assert.True(await trainer.RunAsync(CancellationToken.None));

        Assert.Equal(expected.Select(r => (r.Step, r.LearningRate)), actual.Select(r => (r.Step, r.LearningRate)));
        Assert.Equal(expected[0].Loss, actual[0].Loss, 0.02);
        Assert.True(actual[^1].Loss < 0.6 * actual.Max(report => report.Loss)); // though its first steps lowered the scale
        Assert.All(actual, report => Assert.InRange(report.LogitScale, 1, 100));
    }

    [Fact]
    public async Task ALossReadLateNamesItsOwnStep()
    {
        using var run = new TinyRun { Options = new TinyRun().Options with { Precision = TrainingPrecision.Fp16 } };
        using var trainer = run.Trainer(out var model, run.Folder["run"]);
        using var unused = model;
        using (no_grad()) model.LogitScale.fill_(float.NaN);

        var error = await Assert.ThrowsAsync<ClipException>(() => trainer.RunAsync(CancellationToken.None));

        Assert.Contains("The loss is NaN at step 1, whose pairs are ", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(run.Folder["run"]) && Directory.EnumerateFiles(run.Folder["run"], "step_*").Any());
    }

    [Theory]
    [InlineData("cuda:x")]
    [InlineData("gpu")]
    [InlineData("cuda:-1")]
    public void ADevicesNameIsCheckedBeforeAnythingIsDone(string name)
    {
        var error = Assert.Throws<ClipException>(() => new TrainingOptions { Device = name }.Validate());
        Assert.Equal($"`Device` '{name}' is not known; give auto, cpu, cuda, cuda:N or mps.", error.Message);
    }

    [SkippableFact]
    public void WithoutAGpuAutoTakesTheCpuAndCudaIsRefused()
    {
        Skip.If(cuda_is_available(), "There is a GPU here.");
        Assert.Equal(DeviceType.CPU, TorchDevice.Of("auto").type);
        var error = Assert.Throws<ClipException>(() => TorchDevice.Of("cuda:1"));
        Assert.Contains("TorchSharp-cuda-linux", error.Message, StringComparison.Ordinal);
    }

    private static (Dictionary<string, float[]> Weights, List<StepOutcome> Outcomes) Train(TrainingOptions options, bool readsNothing)
    {
        using var model = TrainingStepTests.Model();
        using var step = new TrainingStep(new ClipObjective(model), options) { ReadsNothing = readsNothing };
        var outcomes = Enumerable.Range(0, 5)
            .Select(_ => step.Take(TrainingStepTests.Pixels(8), TrainingStepTests.Ids(8), learningRate: 1e-3)).ToList();
        return (Everything(step), outcomes);
    }

    private static Dictionary<string, float[]> Everything(TrainingStep step) =>
        TorchWeights.Of(step.Module).Select(w => (w.Key, w.Value.Data.ToArray()))
            .Concat(step.State.Select(s => (s.Name, TorchWeights.Copy(s.Value).Data.ToArray())))
            .ToDictionary(s => s.Item1, s => s.Item2);
}
