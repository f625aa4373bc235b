using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;

namespace Clip.Conversion.ModelFolders;

/// <summary>Reads a config that came with someone's weights, and refuses what it asks for that this CLIP does not do.</summary>
internal static class ModelConfigFile
{
    private static readonly string[] Activations = ["{\"approximate\":\"tanh\"}", "{\"approximate\":\"none\"}"];

    /// <summary>What SigLIP's text towers have, and no other.</summary>
    private static readonly string[] SiglipNorm = ["{\"eps\":1e-6}", "{\"eps\":1e-06}"];

    /// <summary>Features of open_clip's towers that are not computed here, and the values that turn them off.</summary>
    private static readonly (string Tower, string Key, string[] Off)[] Unsupported =
    [
        ("vision_cfg", "pool_type", ["\"tok\""]),
        ("vision_cfg", "global_average_pool", ["false"]),
        ("vision_cfg", "attentional_pool", ["false"]),
        ("vision_cfg", "no_ln_pre", ["false"]),
        ("vision_cfg", "ls_init_value", []),
        ("vision_cfg", "input_patchnorm", ["false"]),
        ("vision_cfg", "pos_embed_type", ["\"learnable\""]),
        ("vision_cfg", "act_kwargs", Activations),
        ("vision_cfg", "norm_kwargs", []),
        ("text_cfg", "embed_cls", ["false"]),
        ("text_cfg", "proj_type", ["\"linear\""]),
        ("text_cfg", "ls_init_value", []),
        ("text_cfg", "act_kwargs", Activations),
        ("text_cfg", "norm_kwargs", SiglipNorm),
    ];

    /// <summary>Reads Hugging Face's <c>config.json</c>, a model config of open_clip's, or its <c>open_clip_config.json</c>.</summary>
    /// <param name="nameOrPath">A file, a folder with one, or the name of a config that comes with the program.</param>
    /// <exception cref="ClipException">There is none, it is not CLIP's, or asks for what is not supported.</exception>
    public static ClipConfig Read(string nameOrPath)
    {
        if (Directory.Exists(nameOrPath))
        {
            if (new CompanionFiles(nameOrPath).Config is { } config) nameOrPath = config;
            // A folder of a config's name that holds no config is somebody's output, not what is meant.
            else if (!ClipConfigJson.Names.Contains(nameOrPath, StringComparer.OrdinalIgnoreCase))
                throw new ClipException($"{nameOrPath} has no config.json; give a folder with one.");
        }

        if (!File.Exists(nameOrPath)) return ClipConfigJson.Load(nameOrPath);
        try
        {
            using var json = JsonDocument.Parse(WeightFile.ReadSettings(nameOrPath));
            // open_clip's folders, and the records of runs, hold the config as a part.
            var model = json.RootElement.Section("model_cfg") ?? json.RootElement.Section("Config") ?? json.RootElement;
            if (model.Text("model_type", "clip") is var name
                && name is not ("clip" or "clip_vision_model" or "clip_text_model" or SiglipConfigJson.ModelType or "siglip_vision_model"
                    or "siglip_text_model"))
                throw new ClipException($"{nameOrPath}: a model of type {name} is not supported; give a clip or siglip model.");
            var read = ClipConfigJson.Parse(model.GetRawText(), nameOrPath);
            var isSiglip = model.Section("vision_cfg") is { } vision && SiglipConfigJson.IsSiglip(vision);
            foreach (var (tower, key, off) in Unsupported)
            {
                if (model.Section(tower)?.Value(key) is { } value && !(off.Contains(Compact(value)) && (off != SiglipNorm || isSiglip)))
                    throw new ClipException($"{nameOrPath}: {tower} {key} {value} is not supported; give a plain CLIP or SigLIP model.");
            }

            return read;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new ClipException($"{nameOrPath} is not a model's config: {e.Message}", e);
        }
    }

    private static string Compact(JsonElement value) => string.Concat(value.GetRawText().Where(c => !char.IsWhiteSpace(c)));
}
