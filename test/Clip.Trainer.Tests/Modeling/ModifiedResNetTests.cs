using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Modeling;

public sealed class ModifiedResNetTests
{
    [Fact]
    public void RN50_has_as_many_parameters_as_the_original()
    {
        using var tower = new ModifiedResNet((ResNetConfig)ClipConfigJson.Load("RN50").Vision, 1024);

        // openai/CLIP's whole model has 102,007,137; its text tower and logit_scale 63,690,241 of them.
        Assert.Equal(102_007_137 - 63_690_241, tower.parameters().Sum(p => p.numel()));
    }

    [Fact]
    public void Names_are_the_originals()
    {
        using var model = RandomResNet.Create();

        var names = model.state_dict().Keys
            .Where(n => n.Contains("layer2", StringComparison.Ordinal) || n.Contains("attnpool", StringComparison.Ordinal));

        string[] parts = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"];
        string[] norms = ["visual.layer2.0.bn1", "visual.layer2.0.bn2", "visual.layer2.0.bn3", "visual.layer2.0.downsample.1"];
        string[] expected =
        [
            .. new[] { "conv1", "conv2", "conv3", "downsample.0" }.Select(c => $"visual.layer2.0.{c}.weight"),
            .. norms.SelectMany(n => Array.ConvertAll(parts, part => $"{n}.{part}")),
            "visual.attnpool.positional_embedding",
            .. new[] { "q", "k", "v", "c" }.SelectMany(p => new[] { $"visual.attnpool.{p}_proj.weight", $"visual.attnpool.{p}_proj.bias" }),
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_new_block_gives_its_shortcut()
    {
        using var scope = NewDisposeScope();
        using var block = new Bottleneck(inputs: 8, planes: 2, stride: 1);
        var input = randn(2, 8, 4, 4);

        Assert.Equal(0, Largest(block.forward(input) - input.relu()));
    }

    [Fact]
    public void Only_in_training_does_a_feature_depend_on_its_batch()
    {
        using var model = RandomResNet.Create();
        using var scope = NewDisposeScope();
        var images = RandomResNet.Images(3);

        model.eval();
        Assert.InRange(Largest(model.EncodeImage(images)[..1] - model.EncodeImage(images[..1])), 0, 1e-5);
        model.train();
        Assert.True(Largest(model.EncodeImage(images)[..1] - model.EncodeImage(images[..2])[..1]) > 1e-2);
    }

    [Fact]
    public void Training_moves_the_statistics_a_tenth_of_the_way()
    {
        using var model = RandomResNet.Create();
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        var images = RandomResNet.Images(3);
        var state = model.state_dict();
        var (mean, variance) = (state["visual.bn1.running_mean"], state["visual.bn1.running_var"]);
        var (meanBefore, varianceBefore) = (mean.clone(), variance.clone());
        var seen = nn.functional.conv2d(images, state["visual.conv1.weight"], strides: [2, 2], padding: [1, 1]);

        model.EncodeImage(images);

        Assert.InRange(Largest(mean - (0.9 * meanBefore + 0.1 * seen.mean([0, 2, 3]))), 0, 1e-5);
        Assert.InRange(Largest(variance - (0.9 * varianceBefore + 0.1 * seen.var([0L, 2, 3], unbiased: true))), 0, 1e-5);
        Assert.Equal(1, state["visual.bn1.num_batches_tracked"].item<long>());
        model.eval();
        var after = mean.clone();
        model.EncodeImage(images);
        Assert.Equal(0, Largest(mean - after));
    }

    [Fact]
    public void The_pooling_is_attention_from_the_mean()
    {
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        using var pool = new AttentionPool2d(tokens: 7, width: 12, heads: 3, embedDim: 5);
        var grid = randn(2, 12, 2, 3);
        var p = pool.state_dict();
        var places = grid.view(2, 12, 6).transpose(1, 2);
        var tokens = cat([places.mean([1], keepdim: true), places], 1) + p["positional_embedding"];

        List<Tensor> heads = [];
        foreach (var head in Enumerable.Range(0, 3))
        {
            var (query, key, value) = (Project("q")[.., ..1], Project("k"), Project("v"));
            heads.Add((query.matmul(key.transpose(1, 2)) / Math.Sqrt(4)).softmax(-1).matmul(value).squeeze(1));

            Tensor Project(string name) =>
                nn.functional.linear(tokens, p[$"{name}_proj.weight"], p[$"{name}_proj.bias"]).narrow(2, 4 * head, 4);
        }

        var expected = nn.functional.linear(cat(heads, 1), p["c_proj.weight"], p["c_proj.bias"]);
        Assert.InRange(Largest(pool.forward(grid) - expected), 0, 1e-5);
    }

    [Fact]
    public void Bfloat16_gives_nearly_the_same_features_gradients_and_statistics()
    {
        using var scope = NewDisposeScope();
        var config = new ResNetConfig { ImageSize = 64, Width = 16, Blocks = [1, 1, 1, 1], Heads = 8 };
        using var tower = new ModifiedResNet(config, embedDim: 16);
        using var random = new Generator(1);
        using (no_grad())
        {
            foreach (var (_, gain) in tower.named_parameters().Where(p => Is(p.name, "bn3.weight"))) gain.fill_(0.5f);
            // All that the tower drew is drawn again, the same each time: torch's generator is drawn from by other tests too.
            foreach (var (_, drawn) in tower.named_parameters().Where(p => p.parameter.ndim > 1 || Is(p.name, "_proj.bias")))
            {
                var deviation = drawn.ndim > 1 ? Math.Sqrt((double)drawn.shape[0] / drawn.numel()) : 0.02;
                drawn.copy_(randn(drawn.shape, generator: random).mul(deviation));
            }
        }

        var images = RandomResNet.Images(16);
        var direction = randn([16, 16], generator: random);

        var (features, gradients, variances) = Run(bfloat16: false);
        var (halfFeatures, halfGradients, halfVariances) = Run(bfloat16: true);

        Assert.InRange(Cosine(halfFeatures, features), 0.995, 0.9999999);
        // Thirteen batch norms over few places amplify rounding on the way down; a gradient gone wrong would lie near 0.
        foreach (var (name, gradient) in gradients)
            Assert.True(Cosine(halfGradients[name], gradient) > 0.7, $"{name}: {Cosine(halfGradients[name], gradient)}");
        foreach (var (name, variance) in variances) Assert.True(Cosine(halfVariances[name], variance) > 0.9999, name);

        (Tensor Features, Dictionary<string, Tensor> Gradients, Dictionary<string, Tensor> Variances) Run(bool bfloat16)
        {
            foreach (var (_, parameter) in tower.named_parameters()) parameter.grad = null;
            foreach (var (_, buffer) in tower.named_buffers()) buffer.zero_();
            using var autocast = Autocast.Use(bfloat16 ? TrainingPrecision.Bf16 : TrainingPrecision.Fp32);
            var output = tower.forward(images).@float();
            (output * direction).sum().backward();
            return (
                output,
                // A key's bias has no gradient but noise.
                tower.named_parameters().Where(p => !Is(p.name, "k_proj.bias")).ToDictionary(p => p.name, p => p.parameter.grad!.clone()),
                tower.named_buffers().Where(b => Is(b.name, "running_var")).ToDictionary(b => b.name, b => b.buffer.clone()));
        }

        static bool Is(string name, string part) => name.EndsWith(part, StringComparison.Ordinal);
    }

    [Fact]
    public void Learns_to_tell_pairs_apart_and_is_the_same_after_a_checkpoint()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var model = RandomResNet.Create();
        using var optimizer = new AdamW(model.named_parameters(), new AdamWOptions());
        var images = RandomResNet.Images(4);
        var ids = tensor(new long[] { 30, 1, 31, 30, 2, 31, 30, 3, 31, 30, 4, 31 }, [4, 3]);
        double first = 0, last = 0;
        for (var step = 0; step < 20; step++)
        {
            using var stepScope = NewDisposeScope();
            optimizer.ZeroGrad();
            var (image, text, scale) = model.Forward(images, ids);
            var loss = ContrastiveLoss.Compute(image, text, scale);
            loss.backward();
            optimizer.Step(5e-3);
            last = loss.item<float>();
            if (step == 0) first = last;
        }

        Assert.True(last < first / 4, $"The loss went from {first} to {last}.");
        Assert.DoesNotContain(optimizer.State, s => s.Name.Contains(".running_", StringComparison.Ordinal));
        Assert.DoesNotContain(optimizer.State, s => s.Name.Contains("num_batches", StringComparison.Ordinal));

        SafetensorsWriter.Write(folder["model.safetensors"], TorchWeights.Of(model));
        using var loaded = RandomResNet.Create(seed: 7);
        TorchWeights.Load(loaded, CheckpointFile.Load(folder["model.safetensors"]), "the file");
        Assert.Equal(20, loaded.get_buffer("visual.bn1.num_batches_tracked")!.item<long>());
        model.eval();
        loaded.eval();
        Assert.Equal(0, Largest(loaded.EncodeImage(images) - model.EncodeImage(images)));
    }

    [Fact]
    public void A_step_leaves_no_tensors_behind()
    {
        using var model = RandomResNet.Create();
        using var images = RandomResNet.Images(2);
        Step();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 3; i++) Step();

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Step()
        {
            using var scope = NewDisposeScope();
            model.EncodeImage(images).sum().backward();
        }
    }

    private static double Largest(Tensor difference)
    {
        using var scope = NewDisposeScope();
        return difference.detach().abs().max().item<float>();
    }

    private static double Cosine(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return nn.functional.cosine_similarity(a.detach().flatten(), b.detach().flatten(), 0).item<float>();
    }
}
