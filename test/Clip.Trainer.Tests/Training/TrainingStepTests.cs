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

public sealed class TrainingStepTests
{
    private static readonly ClipConfig Config = new ClipConfig
    {
        EmbedDim = 8,
        Vision = new VisionTransformerConfig { ImageSize = 16, PatchSize = 8, Width = 16, Layers = 3, Heads = 2, MlpWidth = 32 },
        Text = new TextConfig { ContextLength = 6, Width = 16, Layers = 3, Heads = 2, MlpWidth = 32 },
    }.WithVocabulary(32);

    [Theory]
    [InlineData(3, false)] // parts of 3, 3 and 2
    [InlineData(8, false)]
    [InlineData(2, true)]
    [InlineData(1, true)]
    public void LossAndGradientsArePartsAndCheckpointsOrNotThoseOfOneLargeBatch(int parts, bool checkpointing)
    {
        using var scope = NewDisposeScope();
        var (whole, expected) = LossAndGradients(new TrainingOptions());

        var (loss, gradients) = LossAndGradients(new TrainingOptions { AccumFrequency = parts, GradCheckpointing = checkpointing });

        Assert.Equal(whole, loss, 1e-5);
        Assert.Equal(expected.Keys, gradients.Keys);
        foreach (var (name, gradient) in expected)
            Assert.InRange(
                (gradients[name] - gradient).abs().max().item<float>(), 0, 1e-5 * Math.Max(1, gradient.abs().max().item<float>()));
    }

    /// <summary>A loss that compares nothing is taken part by part, and a smaller part counts by its pairs.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)] // parts of 3, 3 and 2
    [InlineData(8)]
    public void AMeanOverPairsIsThatOfOneLargeBatchToo(int parts)
    {
        using var scope = NewDisposeScope();
        var objective = new MeanOfPairs(nn.Linear(3, 1));
        using var module = objective.Module;
        using var step = new TrainingStep(objective, new TrainingOptions { AccumFrequency = parts });
        var pixels = Pixels(8);
        var whole = objective.Loss(pixels, Ids(8));
        whole.backward();
        var expected = module.parameters().Select(parameter => parameter.grad!.clone()).ToArray();

        var loss = step.Take(pixels, Ids(8), learningRate: 0).Loss;

        Assert.Equal(whole.item<float>(), loss, 1e-5);
        Assert.All(
            module.parameters().Zip(expected), pair => Assert.InRange((pair.First.grad! - pair.Second).abs().max().item<float>(), 0, 1e-5));
    }

    public static TheoryData<string, int> Objectives()
    {
        var rows = new TheoryData<string, int>();
        foreach (var kind in ObjectiveKinds.Names)
        {
            rows.Add(kind, 2);
            rows.Add(kind, 4);
        }

        return rows;
    }

    /// <summary>Whatever a loss is a mean over: of these parts, some have more tokens than others.</summary>
    [Theory]
    [MemberData(nameof(Objectives))]
    public void EveryObjectivesLossAndGradientsAreThoseOfOneLargeBatch(string kind, int parts)
    {
        using var scope = NewDisposeScope();
        var (whole, expected) = Take(1);

        var (loss, gradients) = Take(parts);

        Assert.Equal(whole, loss, 1e-5);
        foreach (var (name, gradient) in expected)
            Assert.InRange(
                (gradients[name] - gradient).abs().max().item<float>(), 0, 1e-5 * Math.Max(1, gradient.abs().max().item<float>()));

        (double Loss, Dictionary<string, Tensor> Gradients) Take(int frequency)
        {
            var objective = ObjectiveTests.Create(kind, tower: 0);
            using var module = objective.Module;
            var options = new TrainingOptions { AccumFrequency = frequency, Optimizer = new AdamWOptions(WeightDecay: 0) };
            using var step = new TrainingStep(objective, options);
            var (pixels, ids) = ObjectiveTests.Batch(objective);
            var taken = step.Take(pixels, ids, learningRate: 0).Loss;
            return (taken, module.named_parameters().Where(p => p.parameter.requires_grad)
                .ToDictionary(p => p.name, p => p.parameter.grad!.to_dense().clone()));
        }
    }

    [Fact]
    public void InPartsABatchNormsRunningStatisticsMoveOnceForEachPart()
    {
        using var scope = NewDisposeScope();
        using var model = RandomResNet.Create();
        using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions { AccumFrequency = 2 });
        var before = Counts();

        step.Take(RandomResNet.Images(4), Ids(4), learningRate: 0);

        Assert.All(before.Zip(Counts()), c => Assert.Equal(c.First + 2, c.Second));

        long[] Counts() =>
        [
            .. model.named_buffers()
                .Where(b => b.name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
                .Select(b => b.buffer.item<long>()),
        ];
    }

    [Fact]
    public void APairThatIsNotFiniteIsNamedAndChangesNoWeight()
    {
        using var scope = NewDisposeScope();
        using var model = Model();
        using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions { AccumFrequency = 2 });
        var before = model.LogitScale.item<float>();
        var pixels = Pixels(8);
        pixels[6, 0, 3, 3] = tensor(float.NaN);

        Assert.False(step.Take(pixels, Ids(8), learningRate: 1).IsFinite);

        Assert.Equal([6], step.NonFinitePairs(pixels, Ids(8)));
        Assert.Equal(before, model.LogitScale.item<float>());
        Assert.Equal(0, step.Steps);
    }

    /// <summary>CLIP paper, section 2.5: the logits are scaled by at most 100.</summary>
    [Theory]
    [InlineData(6, 4.6051702)]
    [InlineData(-0.5, 0)]
    [InlineData(3, 3)]
    public void AfterAStepTheTemperatureIsInItsRange(float before, float after)
    {
        using var scope = NewDisposeScope();
        using var model = Model();
        var objective = new ClipObjective(model);
        using var step = new TrainingStep(objective, new TrainingOptions());
        using (no_grad()) model.LogitScale.fill_(before);

        Assert.True(step.Take(Pixels(4), Ids(4), learningRate: 0).IsFinite);

        Assert.Equal(after, model.LogitScale.item<float>(), 1e-6f);
        Assert.Equal(Math.Exp(after), objective.LogitScale!.item<double>(), 1e-3);
    }

    [Fact]
    public void AStepsOptionsReachTheOptimizer()
    {
        using var scope = NewDisposeScope();
        const string top = "visual.proj", below = "visual.transformer.resblocks.2.ln_2.weight";
        var plain = Moved(new TrainingOptions { Optimizer = new AdamWOptions(WeightDecay: 0) });

        var decayed = Moved(new TrainingOptions { Optimizer = new AdamWOptions(WeightDecay: 5) });
        var layered = Moved(new TrainingOptions { Optimizer = new AdamWOptions(WeightDecay: 0), LayerDecay = 0.5 });
        var clipped = Moved(new TrainingOptions { Optimizer = new AdamWOptions(Epsilon: 1, WeightDecay: 0), GradClipNorm = 1e-3 });
        var unclipped = Moved(new TrainingOptions { Optimizer = new AdamWOptions(Epsilon: 1, WeightDecay: 0) });

        Assert.True(decayed[top] > 1.01 * plain[top]);
        Assert.Equal(decayed[below], plain[below], 1e-7); // a gain does not decay
        Assert.Equal(plain[top], layered[top], 1e-7);
        Assert.Equal(0.5 * plain[below], layered[below], 1e-6);
        Assert.True(clipped[top] < 0.1 * unclipped[top]);

        Dictionary<string, double> Moved(TrainingOptions options)
        {
            using var model = Model();
            var before = TorchWeights.Of(model);
            using var step = new TrainingStep(new ClipObjective(model), options);
            Assert.True(step.Take(Pixels(4), Ids(4), learningRate: 1e-3).IsFinite);
            return TorchWeights.Of(model).ToDictionary(
                w => w.Key, w => w.Value.Data.ToArray().Zip(before[w.Key].Data.ToArray(), (a, b) => (double)Math.Abs(a - b)).Average());
        }
    }

    private static (double Loss, Dictionary<string, Tensor> Gradients) LossAndGradients(TrainingOptions options)
    {
        using var model = Model();
        using var step = new TrainingStep(new ClipObjective(model), options with { Optimizer = new AdamWOptions(WeightDecay: 0) });
        var loss = step.Take(Pixels(8), Ids(8), learningRate: 0).Loss;
        return (loss, model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.to_dense().clone()));
    }

    internal static ClipModel Model()
    {
        var model = new ClipModel(Config);
        TorchWeights.Load(model, RandomWeights.Create(Config, seed: 1), "the seed");
        return model;
    }

    internal static Tensor Pixels(int count)
    {
        using var random = new Generator(1);
        return randn([count, 3, 16, 16], generator: random);
    }

    internal static Tensor Ids(int count) =>
        tensor(Enumerable.Range(0, count).SelectMany(i => new long[] { 30, i % 8, 9 + (i % 5), 31 }).ToArray(), [count, 4]);

    private sealed class MeanOfPairs(TorchSharp.Modules.Linear layer) : IObjective
    {
        public nn.Module Module => layer;

        public ParameterLayout Layout => ParameterLayout.Of(Config);

        public Tensor? LogitScale => null;

        public Tensor Loss(Tensor pixels, Tensor ids) => layer.call(pixels.mean([2, 3])).Squared().mean();

        public void AfterStep()
        {
        }

        public Func<Tensor, Tensor> Classifier(Tensor prompts, int perLabel) => throw new NotSupportedException();
    }
}
