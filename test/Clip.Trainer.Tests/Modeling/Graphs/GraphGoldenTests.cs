using Clip.Conversion.Checkpoints;
using Clip.Conversion.ModelFolders;
using Clip.Trainer.Modeling;
using Clip.Trainer.Modeling.Graphs;
using TorchSharp;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Modeling.Graphs;

/// <summary>Every family of the zoo in torch, against outputs of the original implementation.</summary>
public sealed class GraphGoldenTests(ITestOutputHelper output)
{
    /// <summary>All families but the one of a text tower alone.</summary>
    public static TheoryData<string> Families { get; } =
    [
        "altclip", "bert_clslast_linear", "chinese_clip", "clipa", "clipa_bigg", "coca_base", "coca_vit_b32", "convnext_base_w",
        "convnext_large_d", "convnext_xxlarge", "eva01_g14", "eva02_b16", "eva02_e14", "eva02_l14_336", "mobileclip2_l14", "mobileclip2_s0",
        "mobileclip2_s3", "mobileclip_b", "mt5_base_vit_b32", "nllb_clip_base", "nllb_clip_base_siglip", "pe_core_b16", "pe_core_bigg_448",
        "pe_core_l14_336", "roberta_cls_linear", "roberta_max_mlp", "roberta_vit_b32", "siglip2_naflex", "swin_base", "text_proj_none",
        "vit_attnpool_avg", "vit_avg", "vit_custom_qknorm_scales", "vit_g14_shape", "vit_m16_alt_layerscale", "vit_medium_gap",
        "vit_relpos_medium_cls", "vit_sincos_projbias", "vit_text_layerscale_mlp", "vit_tok_lnafter_nolnpre", "vitamin_b", "vitamin_xl_384",
        "worldwide_mt5", "worldwide_xlmv", "xlm_roberta_base_vit_b32",
    ];

    [SkippableTheory]
    [MemberData(nameof(Families))]
    public void Features_are_the_originals_and_every_parameter_has_a_gradient(string family)
    {
        using var scope = NewDisposeScope();
        var golden = SafetensorsReader.Load(Golden.Path($"golden/zoo/{family}/golden.safetensors"));
        using var model = Open(Golden.Path($"golden/zoo/{family}"));
        var (pixels, ids) = (Of(golden["pixels"]), Of(golden["input_ids"]).to_type(ScalarType.Int64));
        if (golden.TryGetValue("attention_mask", out var mask)) ids = where(Of(mask).gt(0), ids, ids.bitwise_not());

        var (image, text) = (model.EncodeImage(pixels), model.EncodeText(ids));

        Assert.Multiple(
            () => Agree(golden["image_features"], image, $"{family}, images"),
            () => Agree(golden["text_features"], text, $"{family}, texts"));
        (image * randn_like(image)).sum().backward();
        (text * randn_like(text)).sum().backward();
        var idle = model.named_parameters()
            .Where(p => p.parameter.requires_grad && p.name is not ("logit_scale" or "logit_bias") && p.parameter.grad is null)
            // Of the last block only the class token is read, whose distances are not scored.
            .Where(p => !p.name.StartsWith("visual.trunk.blocks.1.attn.rel_pos", StringComparison.Ordinal))
            .Select(p => p.name);
        Assert.Empty(idle);
    }

    private static GraphModel Open(string folder)
    {
        var around = CompanionFiles.Of(folder);
        using var checkpoint = CheckpointFile.OpenAsNamed(folder);
        var weights = ZooFiles.Weights(checkpoint, around);
        var files = ZooFiles.Find(null, around) ?? throw new InvalidOperationException("The folder has no zoo config.");
        var model = GraphModel.Of(files.Model(weights));
        foreach (var (name, target) in model.state_dict())
        {
            if (!weights.TryGetValue(name, out var value)) Assert.Fail($"no {name}");
            TorchWeights.CopyInto(target, value, name);
        }

        return model;
    }

    private static Tensor Of(WeightTensor values) => tensor(values.Data.ToArray()).view([.. values.Shape]);

    private void Agree(WeightTensor expected, Tensor actual, string what)
    {
        var wanted = Of(expected);
        var error = (actual - wanted).abs();
        output.WriteLine($"{what}: {error.max().item<float>():E1}");
        Assert.Equal(wanted.shape, actual.shape);
        Assert.True((error - wanted.abs() * 1e-5f).max().item<float>() <= 2e-5f, $"{what}: off by {error.max().item<float>():E2}");
    }
}
