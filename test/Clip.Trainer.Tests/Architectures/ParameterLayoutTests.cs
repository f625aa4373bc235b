using Clip.Conversion.Architectures;
using Clip.Conversion.Configs;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Architectures;

public sealed class ParameterLayoutTests
{
    private static readonly TextConfig Text = new()
    {
        ContextLength = 12,
        VocabSize = 600,
        Width = 64,
        Layers = 2,
        Heads = 1,
        MlpWidth = 256,
        BosTokenId = 598,
        EosTokenId = 599,
    };

    private static readonly ClipConfig Vit = new()
    {
        EmbedDim = 48,
        Vision = new VisionTransformerConfig { ImageSize = 32, PatchSize = 8, Width = 128, Layers = 2, Heads = 2, MlpWidth = 512 },
        Text = Text,
    };

    private static readonly ClipConfig ResNet =
        Vit with { Vision = new ResNetConfig { ImageSize = 64, Width = 16, Blocks = [1, 2, 1, 1], Heads = 8 } };

    /// <summary>Every switch of open_clip's own towers that is trained.</summary>
    private static readonly ClipConfig Switched = Vit with
    {
        Vision = (VisionTransformerConfig)Vit.Vision with
        {
            Pooling = VisionPooling.Average,
            HasNormBefore = false,
            NormsPooled = true,
            LayerScale = 0.1,
            PatchDropout = 0.5,
            AttentionalPool = new AttentionalPooling(32, 4),
        },
        Text = Text with { LayerScale = 0.01 },
    };

    private static readonly ClipConfig Stacked = Switched with { EmbedDim = 128 };

    private static readonly ClipConfig ConvNext = Vit with
    {
        Vision = new ConvNextConfig { ImageSize = 64, Depths = [1, 2, 1, 1], Widths = [16, 24, 32, 48], DropPath = 0.1 },
    };

    private static readonly ClipConfig ConvNextOfTwoLayers = ConvNext with
    {
        Vision = (ConvNextConfig)ConvNext.Vision with { HasTwoLayers = true, HasProjectionBias = true },
    };

    private static readonly Dictionary<string, ClipConfig> Towers = new()
    {
        ["ViT"] = Vit,
        ["ResNet"] = ResNet,
        ["open_clip's ViT"] = Switched,
        ["open_clip's ViT of one width"] = Stacked,
        ["ConvNeXt"] = ConvNext,
        ["ConvNeXt of two layers"] = ConvNextOfTwoLayers,
    };

    public static TheoryData<string> Names => [.. Towers.Keys];

    public static TheoryData<string, string> Trained
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var objective in Enum.GetNames<ObjectiveKind>())
            {
                // The other objectives are for CLIP's own towers.
                var isContrast = objective is nameof(ObjectiveKind.Clip) or nameof(ObjectiveKind.SigLip);
                foreach (var name in Towers.Keys.Where(name => isContrast || !Towers[name].IsOpenClips)) data.Add(name, objective);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Trained))]
    public void The_torch_modules_have_its_parameters_and_statistics_and_start_alike(string tower, string objective)
    {
        manual_seed(3);
        var kind = Enum.Parse<ObjectiveKind>(objective);
        var config = kind.Config(Towers[tower]);
        using var module = kind.Create(config).Module;
        using var scope = NewDisposeScope();
        var layout = ParameterLayout.Of(config);

        var parameters = module.named_parameters().Select(p => (p.name, p.parameter.shape));
        Assert.Equal(Described(layout.Where(p => !p.IsStatistic)), Described(parameters));
        var buffers = module.named_buffers().Select(b => (b.name, b.buffer.shape));
        Assert.Equal(Described(layout.Where(p => p.IsStatistic)), Described(buffers));
        foreach (var (name, value) in module.state_dict()) StartsAs(layout[name], value);
    }

    [Theory]
    [MemberData(nameof(Trained))]
    public void Low_rank_updates_belong_to_the_weights_that_it_marks(string tower, string objective)
    {
        var kind = Enum.Parse<ObjectiveKind>(objective);
        var config = kind.Config(Towers[tower]);
        using var module = kind.Create(config).Module;

        FineTuning.Apply(module, config, new FineTuningOptions { LoraRank = 2 });

        var updated = module.named_parameters()
            .Where(p => p.name.EndsWith("_lora.lora_A", StringComparison.Ordinal))
            .Select(p => p.name[..^"_lora.lora_A".Length]);
        var marked = ParameterLayout.Of(config).Where(p => p.TakesLowRankUpdate).Select(p => p.Name[..^"_weight".Length]);
        Assert.Equal(marked.Order(StringComparer.Ordinal), updated.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_towers_parameters_are_in_one_group_each_and_of_layers_without_gaps(string tower)
    {
        var layout = ParameterLayout.Of(Towers[tower]);

        foreach (var part in Enum.GetValues<Tower>())
        {
            var groups = layout.LockGroups(part);
            Assert.Equal(
                layout.Where(p => p.Place.Tower == part && !p.IsStatistic).Select(p => p.Name).Order(StringComparer.Ordinal),
                groups.SelectMany(g => g).Select(p => p.Name).Order(StringComparer.Ordinal));
            var layers = layout.Where(p => p.Place.Tower == part).Select(p => p.Place.Layer).Distinct().Order();
            Assert.Equal(Enumerable.Range(0, layout.TopLayer(part) + 1), layers);
            Assert.Equal(layout.TopLayer(part) + 1, groups.Count);
        }

        Assert.Equal(["logit_scale"], layout.Where(p => p.Place.Tower is null).Select(p => p.Name));
    }

    [Fact]
    public void Decay_and_int8_leave_alone_what_they_should()
    {
        var layout = ParameterLayout.Of(ResNet with { ProjectionHeads = true });

        Assert.True(layout["visual.conv1.weight"].HasWeightDecay);
        Assert.True(layout["positional_embedding"].HasWeightDecay);
        Assert.All(
            new[] { "visual.bn1.weight", "visual.bn1.running_var", "ln_final.bias", "logit_scale" },
            name => Assert.False(layout[name].HasWeightDecay));
        Assert.Equal(
            ["image_head.weight", "text_head.weight", "text_projection", "visual.attnpool.c_proj.weight"],
            layout.Projections.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_name_of_a_larger_model_still_tells_its_tower()
    {
        var layout = ParameterLayout.Of(Vit);

        Assert.Equal(Tower.Image, layout.TowerOf("visual.transformer.resblocks.99.ln_1.weight"));
        Assert.Equal(Tower.Text, layout.TowerOf("transformer.resblocks.99.ln_1.weight"));
        Assert.Null(layout.TowerOf("word_logits.weight"));
    }

    private static void StartsAs(LayoutParameter parameter, Tensor value)
    {
        var values = value.to_type(ScalarType.Float64).flatten();
        if (parameter.Start.Distribution == StartingDistribution.Constant)
        {
            Assert.Equal(parameter.Start.Value, values.min().item<double>(), 1e-6);
            Assert.Equal(parameter.Start.Value, values.max().item<double>(), 1e-6);
            return;
        }

        // A uniform value's deviation is its bound / √3. Six standard errors; an estimate of the deviation has one of 1/√2n.
        var isNormal = parameter.Start.Distribution == StartingDistribution.Normal;
        var deviation = isNormal ? parameter.Start.Value : parameter.Start.Value / Math.Sqrt(3);
        var root = values.Squared().mean().sqrt().item<double>();
        Assert.True(
            Math.Abs(root / deviation - 1) < 6 / Math.Sqrt(2 * parameter.Count), $"{parameter.Name}: {root}, not {deviation}");
        if (!isNormal) Assert.True(values.abs().max().item<double>() <= parameter.Start.Value * (1 + 1e-6), parameter.Name);
    }

    private static IEnumerable<string> Described(IEnumerable<LayoutParameter> parameters) =>
        Described(parameters.Select(p => (p.Name, p.Shape.ToArray())));

    private static IEnumerable<string> Described(IEnumerable<(string Name, long[] Shape)> parameters) =>
        parameters.Select(p => $"{p.Name} [{string.Join(", ", p.Shape)}]").Order(StringComparer.Ordinal);
}
