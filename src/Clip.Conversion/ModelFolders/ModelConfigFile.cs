using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Zoo.Reading;

namespace Clip.Conversion.ModelFolders;

/// <summary>Reads a config that came with someone's weights, and refuses what it asks for that this CLIP does not do.</summary>
internal static class ModelConfigFile
{
    private static readonly string[] Activations = ["{\"approximate\":\"tanh\"}", "{\"approximate\":\"none\"}"];

    /// <summary>Features of open_clip's towers that are not computed here, and the values that turn them off.</summary>
    private static readonly (string Tower, string Key, string[] Off)[] Unsupported =
    [
        ("vision_cfg", "global_average_pool", ["false"]),
        ("vision_cfg", "input_patchnorm", ["false"]),
        ("vision_cfg", "pos_embed_type", ["\"learnable\""]),
        ("vision_cfg", "act_kwargs", Activations),
        .. Blocks("vision_cfg"),
        ("text_cfg", "embed_cls", ["false"]),
        ("text_cfg", "proj_type", ["\"linear\""]),
        ("text_cfg", "act_kwargs", Activations),
        .. Blocks("text_cfg"),
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
            if (HuggingFaceModels.Reads(model))
                throw new ClipException(
                    $"{nameOrPath}: a model of type {model.Text("model_type", "")} cannot be trained from scratch, only fine-tuned; "
                    + "give a CLIP's config.");
            if (model.Text("model_type", "clip") is var name
                && name is not ("clip" or "clip_vision_model" or "clip_text_model" or SiglipConfigJson.ModelType or "siglip_vision_model"
                    or "siglip_text_model"))
                throw new ClipException($"{nameOrPath}: a model of type {name} is not supported; give a clip or siglip model.");
            var read = ClipConfigJson.Parse(model.GetRawText(), nameOrPath);
            if (read.IsSiglip && model.Section("text_cfg")?.Section("norm_kwargs") is { } norm && norm.Double("eps", 1e-6) != 1e-6)
                throw new ClipException($"{nameOrPath}: text_cfg norm_kwargs {norm} is not supported; a SigLIP's eps is 1e-6.");
            foreach (var (tower, key, off) in Unsupported)
            {
                if (model.Section(tower)?.Value(key) is { } value && !off.Contains(Compact(value)))
                    throw new ClipException(
                        $"{nameOrPath}: {tower} {key} {value} cannot be trained from scratch, only fine-tuned; leave it out of the "
                        + "config.");
            }

            return read;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new ClipException($"{nameOrPath} is not a model's config: {e.Message}", e);
        }
    }

    /// <summary>Reads a model folder's config: a plain model's, or that of a family of the zoo, which only its graphs compute.</summary>
    /// <exception cref="ClipException">There is none, or it is of neither.</exception>
    public static (ClipConfig? Plain, ZooFiles? Family) ReadFolder(string folder)
    {
        if (ZooFiles.Find(null, new CompanionFiles(folder)) is not { } family) return (ClipConfigJson.Load(folder), null);
        try
        {
            return (ClipConfigJson.Load(folder), null);
        }
        catch (ClipException)
        {
            return (null, family);
        }
    }

    /// <summary>Switches of open_clip's own blocks.</summary>
    private static IEnumerable<(string Tower, string Key, string[] Off)> Blocks(string tower) =>
    [
        (tower, "block_type", ["\"default\""]), (tower, "qk_norm", ["false"]), (tower, "scaled_cosine_attn", ["false"]),
        (tower, "scale_heads", ["false"]), (tower, "scale_attn_inner", ["false"]), (tower, "scale_attn", ["false"]),
        (tower, "scale_fc", ["false"]),
    ];

    private static string Compact(JsonElement value) => string.Concat(value.GetRawText().Where(c => !char.IsWhiteSpace(c)));
}
