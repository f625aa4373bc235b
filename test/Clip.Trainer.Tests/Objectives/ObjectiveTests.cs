using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Objectives;

/// <summary>What holds for every objective, with either image tower.</summary>
public class ObjectiveTests
{
    private const string Text = """{"context_length": 6, "vocab_size": 12, "width": 16, "heads": 2, "layers": 2}""";

    private static readonly string[] Towers =
    [
        """{"image_size": 16, "layers": 2, "width": 16, "head_width": 8, "patch_size": 8}""",
        """{"image_size": 32, "layers": [1, 1, 1, 1], "width": 2, "head_width": 8}""",
    ];

    public static TheoryData<string, int> All()
    {
        var rows = new TheoryData<string, int>();
        foreach (var kind in ObjectiveKinds.Names)
        {
            for (var tower = 0; tower < Towers.Length; tower++) rows.Add(kind, tower);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(All))]
    public void GradientsReachEveryParameterThatIsTrained(string kind, int tower)
    {
        var objective = Create(kind, tower);
        using var module = objective.Module;
        using var scope = NewDisposeScope();
        var (pixels, ids) = Batch(objective);

        objective.Loss(pixels, ids).backward();

        var untouched = module.named_parameters().Where(p => p.parameter.requires_grad && p.parameter.grad is null).Select(p => p.name);
        Assert.Empty(untouched);
        Assert.Equal(
            kind == "convirt" ? ["logit_scale"] : [],
            module.named_parameters().Where(p => !p.parameter.requires_grad).Select(p => p.name));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AFewStepsTeachABatchByHeart(string kind, int tower)
    {
        var objective = Create(kind, tower);
        using var module = objective.Module;
        using var scope = NewDisposeScope();
        var (pixels, ids) = Batch(objective);
        using var optimizer = new Clip.Trainer.Training.AdamW(module.named_parameters(), new(WeightDecay: 0));
        for (var step = 0; step < 200; step++)
        {
            optimizer.ZeroGrad();
            objective.Loss(pixels, ids).backward();
            optimizer.Step(1e-2);
            objective.AfterStep();
        }

        using var unused = no_grad();
        var scores = objective.Classifier(ids, 1)(pixels);

        Assert.Equal([4L, 4L], scores.shape);
        Assert.Equal([0L, 1, 2, 3], scores.argmax(1).data<long>().ToArray());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void PaddingDoesNotMatter(string kind, int tower)
    {
        var objective = Create(kind, tower);
        using var module = objective.Module;
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        module.eval();
        var (pixels, ids) = Batch(objective);
        var padded = cat([ids, full([4, 1], 3, ScalarType.Int64)], 1);

        Assert.Equal(objective.Loss(pixels, ids).item<float>(), objective.Loss(pixels, padded).item<float>(), 1e-5);
        var difference = (objective.Classifier(ids, 1)(pixels) - objective.Classifier(padded, 1)(pixels)).abs().max();
        Assert.InRange(difference.item<float>(), 0, 1e-5);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void PromptsOfALabelBelongTogether(string kind, int tower)
    {
        var objective = Create(kind, tower);
        using var module = objective.Module;
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        module.eval();
        var (pixels, ids) = Batch(objective);

        var once = objective.Classifier(ids, 1)(pixels);
        var twice = objective.Classifier(ids.repeat_interleave(2, 0), 2)(pixels);

        Assert.InRange((once - twice).abs().max().item<float>(), 0, 1e-5);
    }

    [Fact]
    public void TheCaptionersScoreOfALabelIsItsLikelihoodInBothDirections()
    {
        var objective = Create("virtex", tower: 0);
        using var module = objective.Module;
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        var (pixels, ids) = Batch(objective);

        var score = objective.Classifier(ids, 1)(pixels)[2, 1].item<float>();
        var loss = objective.Loss(pixels.narrow(0, 2, 1), ids.narrow(0, 1, 1)).item<float>();

        // The loss is a mean over the text's four tokens after the first.
        Assert.Equal(-4 * loss, score, 1e-4);
    }

    /// <summary>CLIP paper, section 3.1.4: each prompt counts the same, and each label, however unlike its prompts are.</summary>
    [Theory]
    [InlineData("clip")]
    [InlineData("siglip")]
    [InlineData("convirt")]
    public void ALabelIsTheDirectionOfTheMeanOfItsPromptsDirections(string kind)
    {
        var objective = (IContrastiveObjective)Create(kind, tower: 0);
        using var module = objective.Module;
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        module.eval();
        var (pixels, _) = Batch(objective);
        // More prompts than are encoded at once; all start and end alike.
        var ids = Enumerable.Range(0, 300).SelectMany(i => new long[] { 10, 1 + (i % 9), 1 + (i / 9 % 9), 1 + (i / 81), 11 });
        var prompts = tensor(ids.ToArray(), [300, 5]);

        var scores = objective.Classifier(prompts, 3)(pixels);

        var texts = Rows(objective.EncodeText(prompts));
        var images = Rows(objective.EncodeImage(pixels));
        Assert.All(texts, text => Assert.Equal(1, text.Sum(v => (double)v * v), 1e-5));
        Assert.Equal([4L, 100L], scores.shape);
        var lengths = new List<double>();
        for (var label = 0; label < 100; label++)
        {
            var mean = Enumerable.Range(0, texts[0].Length).Select(d => texts[(3 * label)..((3 * label) + 3)].Average(t => t[d])).ToArray();
            lengths.Add(Math.Sqrt(mean.Sum(v => (double)v * v)));
            for (var image = 0; image < 4; image++)
            {
                var cosine = images[image].Zip(mean, (a, b) => (double)a * b).Sum() / lengths[^1];
                Assert.Equal(cosine, scores[image, label].item<float>(), 1e-5);
            }
        }

        Assert.True(lengths.Min() < 0.98, $"{lengths.Min()}"); // else the length of a mean would not matter

        static float[][] Rows(Tensor features) => [.. features.data<float>().ToArray().Chunk((int)features.shape[1])];
    }

    internal static IObjective Create(string name, int tower)
    {
        var kind = Enum.Parse<ObjectiveKind>(name, ignoreCase: true);
        var config = kind.Config(
            ClipConfigJson.Parse($$"""{"embed_dim": 16, "vision_cfg": {{Towers[tower]}}, "text_cfg": {{Text}}}""", "test"));
        var objective = kind.Create(config);
        // torch's generator is drawn from by other tests too.
        TorchWeights.Load(objective.Module, RandomWeights.Create(config, seed: 3), "the seed");
        return objective;
    }

    /// <summary>Four images of noise and four texts, of which the second is longest.</summary>
    internal static (Tensor Pixels, Tensor Ids) Batch(IObjective objective)
    {
        var size = objective.Module.named_parameters().Any(p => p.name == "visual.class_embedding") ? 16 : 32;
        using var random = new Generator(3);
        return (
            randn([4, 3, size, size], generator: random),
            tensor(new long[,] { { 10, 1, 2, 11, 0 }, { 10, 3, 4, 5, 11 }, { 10, 6, 11, 0, 0 }, { 10, 7, 1, 11, 0 } }));
    }
}
