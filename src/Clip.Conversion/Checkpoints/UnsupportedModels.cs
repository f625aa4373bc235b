using Clip.Conversion.Architectures;

namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Knows models that are related to CLIP but computed by other rules, by the names of their tensors, and refuses what needs its config, or
/// cannot be converted.
/// </summary>
internal static class UnsupportedModels
{
    /// <summary>What to do with a model of the zoo, whose weights alone do not tell all of it.</summary>
    private const string GiveConfig =
        "give its `Config` (open_clip_config.json, Hugging Face's config.json, or the name of one of open_clip's)";

    private const string GivePlain = "give a plain CLIP model";

    /// <summary>
    /// How names of each kind begin, and what to do; the first that fits is named. Sources: open_clip's and transformers' model classes.
    /// </summary>
    private static readonly (string Prefix, string Kind, string Remedy)[] Kinds =
    [
        ("text_decoder.", "a CoCa model (it has a text decoder)", GiveConfig),
        (ClipNames.Image.TimmPrefix, "a model with a timm image tower that is not SigLIP's", GiveConfig),
        ("text.transformer.embeddings.", "a model with a Hugging Face text tower", GiveConfig),
        ("text.transformer.encoder.", "a model with a Hugging Face text tower", GiveConfig),
        ("text.transformer.shared.", "a model with a Hugging Face text tower", GiveConfig),
        ("text.transformer.embed_tokens.", "a model with a Hugging Face text tower", GiveConfig),
        ("text_model.embeddings.word_embeddings.", "a model with a BERT text tower, such as Chinese-CLIP", GiveConfig),
        ("text_model.roberta.", "an AltCLIP model (it has a RoBERTa text tower)", GiveConfig),
        ("text_model.encoder.layer.", "a model with a BERT text tower, such as Chinese-CLIP", GiveConfig),
        ("visual.blocks.", "an EVA-CLIP model under its first authors' names", "give its file in open_clip's form"),
        ("visual.attn_pool.", "a model with an attentional pooler, such as CoCa", GiveConfig),
        ("cls_emb", "a model whose text tower has a class token, such as CoCa", GiveConfig),
        ("text.cls_emb", "a model whose text tower has a class token, such as CoCa", GiveConfig),
        ("image_encoder.", "a MobileCLIP model under Apple's names", "give its file in open_clip's form"),
        ("decoder.", "a CLIPSeg model (it has a segmentation decoder)", GivePlain),
        ("qformer.", "a BLIP-2 model", GivePlain),
        ("text_encoder.", "a BLIP or ALBEF model", GivePlain),
    ];

    /// <summary>Refuses other kinds of models.</summary>
    /// <param name="names">The names of a file's tensors.</param>
    /// <param name="path">The file.</param>
    /// <param name="known">What to do where the model is known by a config already; null where the names decide which it is.</param>
    /// <exception cref="ClipException">The names are those of a model that is not supported.</exception>
    public static void Refuse(IReadOnlyCollection<string> names, string path, string? known = null)
    {
        var byConfig = known is null
            ? $"its weights alone do not tell how to compute; {GiveConfig}"
            : $"the model's config has no place for; {known}";
        foreach (var (prefix, kind, remedy) in Kinds)
        {
            if (prefix == ClipNames.Image.TimmPrefix && SiglipNames.IsTimms(names)) continue;
            if (names.FirstOrDefault(name => name.StartsWith(prefix, StringComparison.Ordinal)) is { } name)
                throw new ClipException(
                    $"{path} holds {kind}: tensor '{name}', which "
                    + $"{(remedy == GiveConfig ? byConfig : $"is not supported; {remedy}")}.");
        }

        if (names.FirstOrDefault(name => name.Contains(".ls_1.", StringComparison.Ordinal)) is { } scale)
            throw new ClipException(
                $"{path} holds a model with LayerScale, tensor '{scale}', which {byConfig}.");
    }
}
