using Clip.Conversion.Architectures;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Tests.Modeling;
using Clip.Trainer.Tests.Objectives;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Training;

/// <summary>What a step makes of its options, and in which order.</summary>
public sealed class StepSettingsTests
{
    /// <summary>Patches that are left out are drawn: of the seed, and anew in every step.</summary>
    [Fact]
    public void WhatAStepDrawsFollowsFromSeedAndStep()
    {
        using var scope = NewDisposeScope();

        var (one, same, other) = (Losses(seed: 1), Losses(seed: 1), Losses(seed: 2));

        Assert.Equal(one, same);
        Assert.NotEqual(one[0], one[1]);
        Assert.DoesNotContain(other[0], one);

        static float[] Losses(long seed)
        {
            using var model = new ClipModel(Drawing);
            TorchWeights.Load(model, RandomWeights.Create(Drawing, seed: 1), "the seed");
            using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions { Seed = seed });
            return [.. Enumerable.Range(0, 2).Select(_ => step.Take(TrainingStepTests.Pixels(8), TrainingStepTests.Ids(8), 0).Loss)];
        }
    }

    [Fact]
    public void AResNetIsTrainedWithItsFamilysSettings()
    {
        using var scope = NewDisposeScope();
        using var model = RandomResNet.Create();
        using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions());

        step.Take(RandomResNet.Images(4), TrainingStepTests.Ids(4), 0);

        var gradient = model.get_parameter("text_projection")!.grad!;
        var square = step.State.Single(s => s.Name == "exp_avg_sq.text_projection").Value;
        Assert.InRange((square - gradient.Squared().mul(1 - 0.999)).abs().max().item<float>(), 0, 1e-9);
        Assert.True(square.max().item<float>() > 1e-8);
    }

    /// <summary>Muon's matrices have the weight decay and the layers' shares of the rate that AdamW's have.</summary>
    [Fact]
    public void AStepsOptionsReachMuonToo()
    {
        using var scope = NewDisposeScope();
        const string top = "visual.transformer.resblocks.2.mlp.c_fc.weight", below = "visual.transformer.resblocks.1.mlp.c_fc.weight";
        var plain = Moved(weightDecay: 0, layerDecay: 1);
        var layered = Moved(weightDecay: 0, layerDecay: 0.5);
        var decayed = Moved(weightDecay: 500, layerDecay: 1);

        Assert.InRange((layered[top] - (plain[top] * 0.5)).abs().max().item<float>(), 0, 1e-6);
        Assert.InRange((layered[below] - (plain[below] * 0.25)).abs().max().item<float>(), 0, 1e-6);
        // At a rate of 1e-3 such a decay takes half of a weight.
        using var model = TrainingStepTests.Model();
        Assert.InRange((decayed[top] - plain[top] + (model.get_parameter(top)! * 0.5)).abs().max().item<float>(), 0, 1e-6);

        static Dictionary<string, Tensor> Moved(double weightDecay, double layerDecay)
        {
            using var model = TrainingStepTests.Model();
            var before = model.state_dict().ToDictionary(p => p.Key, p => p.Value.detach().clone());
            using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions
            {
                Algorithm = OptimizerAlgorithm.Muon,
                LayerDecay = layerDecay,
                Optimizer = new AdamWOptions(WeightDecay: weightDecay),
            });
            step.Take(TrainingStepTests.Pixels(4), TrainingStepTests.Ids(4), 1e-3);
            return model.state_dict().ToDictionary(p => p.Key, p => p.Value.detach() - before[p.Key]);
        }
    }

    /// <summary>The average is of the weights as the next step finds them: behind the temperature's bound.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheAverageIsOfTheWeightsThatAStepLeaves(bool readsNothing)
    {
        using var scope = NewDisposeScope();
        using var model = TrainingStepTests.Model();
        using (no_grad()) model.LogitScale.fill_(6);
        using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions { ModelEmaDecay = 0 })
        {
            ReadsNothing = readsNothing,
        };

        step.Take(TrainingStepTests.Pixels(4), TrainingStepTests.Ids(4), 1e-3);

        Assert.Equal(Math.Log(100), step.State.Single(s => s.Name == "ema.logit_scale").Value.item<float>(), 1e-5);
    }

    [Fact]
    public void AStepThatIsRefusedIsNoPartOfTheAverage()
    {
        using var scope = NewDisposeScope();
        using var model = TrainingStepTests.Model();
        using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions { ModelEmaDecay = 0.5 });
        Assert.True(step.Take(TrainingStepTests.Pixels(4), TrainingStepTests.Ids(4), 1e-2).IsFinite);
        var before = TorchWeights.Copy(Average()).Data.ToArray();
        Assert.NotEqual(before, TorchWeights.Of(model)["visual.proj"].Data.ToArray());

        var none = TrainingStepTests.Pixels(4) * float.NaN;
        Assert.False(step.Take(none, TrainingStepTests.Ids(4), 1e-2).IsFinite);

        Assert.Equal(before, TorchWeights.Copy(Average()).Data.ToArray());
        Assert.Empty(step.NonFinitePairs(none, TrainingStepTests.Ids(4))); // of all of them none is to blame

        Tensor Average() => step.State.Single(s => s.Name == "ema.visual.proj").Value;
    }

    /// <summary>Products are rounded to the numbers that are asked for, and losses differ by as much.</summary>
    [Theory]
    [InlineData(TrainingPrecision.Fp16)]
    [InlineData(TrainingPrecision.Bf16)]
    public void ProductsAreOfThePrecisionThatIsAskedForWhereItIsOffered(TrainingPrecision precision)
    {
        using var scope = NewDisposeScope();
        var isOffered = TorchDevice.Offered(precision, CPU) == precision;

        var (whole, rounded) = (Loss(TrainingPrecision.Fp32), Loss(precision));

        Assert.Equal(isOffered, whole != rounded);
        Assert.Equal(whole, rounded, 0.05f);

        static float Loss(TrainingPrecision precision)
        {
            using var model = TrainingStepTests.Model();
            using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions { Precision = precision });
            return step.Take(TrainingStepTests.Pixels(8), TrainingStepTests.Ids(8), 0).Loss;
        }
    }

    /// <summary>Its inputs alone are kept of a block, which runs a second time on the way back.</summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void ABlockRunsAgainOnlyWhereCheckpointingIsAskedFor(bool checkpointing, int runs)
    {
        using var scope = NewDisposeScope();
        var block = new CountedBlock();
        using var module = block;
        using var step = new TrainingStep(new OneBlock(block), new TrainingOptions { GradCheckpointing = checkpointing });

        step.Take(TrainingStepTests.Pixels(4), TrainingStepTests.Ids(4), 0);

        Assert.Equal(runs, block.Runs);
        Assert.NotNull(block.parameters().First().grad);
    }

    /// <summary>With both towers locked the temperature alone is trained, in parts as in one.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void LockedTowersStayToTheBitWhateverTheDecay(int parts)
    {
        using var scope = NewDisposeScope();
        using var model = TrainingStepTests.Model();
        FineTuning.Apply(model, model.Config, new FineTuningOptions { LockImage = true, LockText = true });
        var before = TorchWeights.Of(model);
        var options = new TrainingOptions { AccumFrequency = parts, Optimizer = new AdamWOptions(WeightDecay: 5), ModelEmaDecay = 0.5 };
        using var step = new TrainingStep(new ClipObjective(model), options);

        Assert.True(step.Take(TrainingStepTests.Pixels(8), TrainingStepTests.Ids(8), 1e-2).IsFinite);

        Assert.Equal(
            ["logit_scale"],
            TorchWeights.Of(model).Where(w => !w.Value.Data.Span.SequenceEqual(before[w.Key].Data.Span)).Select(w => w.Key));
        Assert.Equal(
            ["exp_avg.logit_scale", "exp_avg_sq.logit_scale"],
            step.State.Select(s => s.Name).Where(name => !name.StartsWith("ema.", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("bow", double.NaN)]
    [InlineData("virtex", double.NaN)]
    [InlineData("convirt", 10)]
    [InlineData("siglip", 10)]
    public void AStepTellsTheTemperatureWhereThereIsOne(string kind, double scale)
    {
        using var scope = NewDisposeScope();
        var objective = ObjectiveTests.Create(kind, tower: 0);
        using var module = objective.Module;
        using var step = new TrainingStep(objective, new TrainingOptions { Objective = Enum.Parse<ObjectiveKind>(kind, ignoreCase: true) });
        var (pixels, ids) = ObjectiveTests.Batch(objective);

        var outcome = step.Take(pixels, ids, 0);

        Assert.Equal(scale, outcome.LogitScale, 1e-4);
        Assert.Null(outcome.LossScale);
    }

    /// <summary>In float16 a step may be left out, until the scale is so small that it is no longer to blame.</summary>
    [Theory]
    [InlineData(1, 1, null, true)]
    [InlineData(float.NaN, 1, null, false)]
    [InlineData(1, double.NaN, null, false)]
    [InlineData(1, double.PositiveInfinity, 65536.0, true)]
    [InlineData(float.NaN, double.NaN, 65536.0, false)]
    [InlineData(1, double.NaN, 1.0 / 65536, true)]
    [InlineData(1, double.NaN, 0.9 / 65536, false)]
    [InlineData(1, 1, 0.9 / 65536, true)]
    public void AnOutcomeIsToGoOnWithOrNot(float loss, double norm, double? lossScale, bool isFinite) =>
        Assert.Equal(isFinite, new StepOutcome(loss, norm, double.NaN) { LossScale = lossScale }.IsFinite);

    private static ClipConfig Drawing
    {
        get
        {
            using var model = TrainingStepTests.Model();
            return model.Config with { Vision = (VisionTransformerConfig)model.Config.Vision with { PatchDropout = 0.5 } };
        }
    }

    private sealed class CountedBlock() : nn.Module<Tensor, Tensor>(nameof(CountedBlock))
    {
        private readonly TorchSharp.Modules.Linear _layer = nn.Linear(3, 1);

        public int Runs { get; private set; }

        public override Tensor forward(Tensor input)
        {
            Runs++;
            return _layer.call(input);
        }

        protected override void Dispose(bool disposing)
        {
            _layer.Dispose();
            base.Dispose(disposing);
        }

        public void Register() => RegisterComponents();
    }

    private sealed class OneBlock : IObjective
    {
        private readonly CountedBlock _block;

        public OneBlock(CountedBlock block)
        {
            _block = block;
            block.Register();
        }

        public nn.Module Module => _block;

        public ParameterLayout Layout => ParameterLayout.Of(new ClipConfig());

        public Tensor? LogitScale => null;

        public Tensor Loss(Tensor pixels, Tensor ids) =>
            GradCheckpointing.Forward(_block, pixels.mean([2, 3]).requires_grad_(true)).Squared().mean();

        public void AfterStep()
        {
        }

        public Func<Tensor, Tensor> Classifier(Tensor prompts, int perLabel) => throw new NotSupportedException();
    }
}
