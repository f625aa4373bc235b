using Clip.Conversion.Architectures;

namespace Clip.Conversion.Checkpoints;

/// <summary>Knows models that are related to CLIP but computed by other rules, by the names of their tensors, and refuses them.</summary>
internal static class UnsupportedModels
{
    /// <summary>How names of each kind begin; the first that fits is named. Sources: open_clip's and transformers' model classes.</summary>
    private static readonly (string Prefix, string Kind)[] Kinds =
    [
        ("text_decoder.", "a CoCa model (it has a text decoder)"),
        (ClipNames.Image.TimmPrefix, "a model with a timm image tower that is not SigLIP's"),
        ("text.transformer.embeddings.", "a model with a Hugging Face text tower"),
        ("text.transformer.encoder.", "a model with a Hugging Face text tower"),
        ("text.transformer.shared.", "a model with a Hugging Face text tower"),
        ("text_model.embeddings.word_embeddings.", "a model with a BERT text tower, such as Chinese-CLIP"),
        ("text_model.roberta.", "an AltCLIP model (it has a RoBERTa text tower)"),
        ("text_model.encoder.layer.", "a model with a BERT text tower, such as Chinese-CLIP"),
        ("visual.blocks.", "an EVA-CLIP model"),
        ("visual.attn_pool.", "a model with an attentional pooler, such as CoCa"),
        ("cls_emb", "a model whose text tower has a class token, such as CoCa"),
        ("text.cls_emb", "a model whose text tower has a class token, such as CoCa"),
        ("image_encoder.", "a MobileCLIP model"),
        ("decoder.", "a CLIPSeg model (it has a segmentation decoder)"),
        ("qformer.", "a BLIP-2 model"),
        ("text_encoder.", "a BLIP or ALBEF model"),
    ];

    /// <exception cref="ClipException">The names are those of a model that is not supported.</exception>
    public static void Refuse(IReadOnlyCollection<string> names, string path)
    {
        foreach (var (prefix, kind) in Kinds)
        {
            if (prefix == ClipNames.Image.TimmPrefix && SiglipNames.IsTimms(names)) continue;
            if (names.FirstOrDefault(name => name.StartsWith(prefix, StringComparison.Ordinal)) is { } name)
                throw new ClipException($"{path} holds {kind}, which is not supported: tensor '{name}'; give a plain CLIP model.");
        }

        if (names.FirstOrDefault(name => name.Contains(".ls_1.", StringComparison.Ordinal)) is { } scale)
            throw new ClipException(
                $"{path} holds a model with LayerScale, which is not supported: tensor '{scale}'; give a plain CLIP model.");
    }
}
