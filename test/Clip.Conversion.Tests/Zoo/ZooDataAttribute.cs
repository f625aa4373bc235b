using System.Reflection;
using Xunit.Sdk;

namespace Clip.Conversion.Tests.Zoo;

/// <summary>A row for every family with golden data; those that are not carried skip where the larger set is not there.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ZooDataAttribute : DataAttribute
{
    /// <summary>All families; one that is no longer found would else be missed by nobody.</summary>
    private static readonly string[] Families =
    [
        "altclip", "bert_clslast_linear", "chinese_clip", "clipa", "clipa_bigg", "coca_base", "coca_vit_b32", "convnext_base_w",
        "convnext_large_d", "convnext_xxlarge", "eva01_g14", "eva02_b16", "eva02_e14", "eva02_l14_336", "mobileclip2_l14", "mobileclip2_s0",
        "mobileclip2_s3", "mobileclip_b", "mt5_base_vit_b32", "nllb_clip_base", "nllb_clip_base_siglip", "pe_core_b16", "pe_core_bigg_448",
        "pe_core_l14_336", "roberta_cls_linear", "roberta_max_mlp", "roberta_vit_b32", "siglip2_naflex", "st_multilingual_distilbert",
        "swin_base", "text_proj_none", "vit_attnpool_avg", "vit_avg", "vit_custom_qknorm_scales", "vit_g14_shape", "vit_m16_alt_layerscale",
        "vit_medium_gap", "vit_relpos_medium_cls", "vit_sincos_projbias", "vit_text_layerscale_mlp", "vit_tok_lnafter_nolnpre", "vitamin_b",
        "vitamin_xl_384", "worldwide_mt5", "worldwide_xlmv", "xlm_roberta_base_vit_b32",
    ];

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => Families.Select(family => new object[] { family });
}
