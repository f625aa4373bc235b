using System.Text;
using System.Text.Json;
using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Configs;

/// <summary>Reads <see cref="ClipConfig"/> from Hugging Face's <c>config.json</c> or open_clip's configs; writes the former.</summary>
public static class ClipConfigJson
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The models that come with the program, by open_clip's names.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Resources().Select(name => name.Split("Configs.Models.")[1][..^".json".Length]).Order(StringComparer.Ordinal)];

    /// <summary>Reads a config file, the <c>config.json</c> of a folder, or the config of a model that comes with the program.</summary>
    /// <param name="nameOrPath">A path, or one of <see cref="Names"/>.</param>
    /// <exception cref="ClipException">There is no such file or name, or the file is not a CLIP config.</exception>
    public static ClipConfig Load(string nameOrPath)
    {
        // A folder of a config's name that holds no config is somebody's output, not what is meant.
        var inFolder = Path.Combine(nameOrPath, "config.json");
        var path = File.Exists(inFolder) ? inFolder : nameOrPath;
        if (File.Exists(path)) return Parse(Encoding.UTF8.GetString(WeightFile.ReadSettings(path)), path);
        var resource = Resources().FirstOrDefault(r => r.EndsWith($".Configs.Models.{nameOrPath}.json", StringComparison.OrdinalIgnoreCase))
            ?? throw new ClipException(
                $"There is no model config '{nameOrPath}'; give the path of a config.json or one of {string.Join(", ", Names)}.");

        using var reader = new StreamReader(typeof(ClipConfigJson).Assembly.GetManifestResourceStream(resource)!);
        return Parse(reader.ReadToEnd(), nameOrPath);
    }

    /// <summary>
    /// What a model folder's texts go through. Nothing else of its <c>config.json</c> is read, for a folder of ONNX files may be of a
    /// family whose weights could not be converted.
    /// </summary>
    internal static TextSide TextSideOf(string folder)
    {
        var path = Path.Combine(folder, "config.json");
        if (!File.Exists(path)) return TextSide.Tower;
        try
        {
            using var document = JsonDocument.Parse(WeightFile.ReadSettings(path));
            return HuggingFaceConfig.TextSideOf(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ClipException($"{path} is not a model's config: {e.Message}", e);
        }
    }

    /// <summary>Reads a config from its text.</summary>
    /// <param name="json">Hugging Face's <c>config.json</c> of a CLIP model, or an open_clip model config.</param>
    /// <param name="source">Where the text came from, for messages.</param>
    /// <exception cref="ClipException">The text is not JSON, or not a CLIP config.</exception>
    public static ClipConfig Parse(string json, string source)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            using var empty = JsonDocument.Parse("{}");
            var root = document.RootElement;
            var type = root.Text("model_type", "");
            var config = type switch
            {
                SiglipConfigJson.ModelType => SiglipConfigJson.FromHuggingFace(root, source),
                "siglip_vision_model" => SiglipConfigJson.ReadTower(root, ModelTowers.Image, source),
                "siglip_text_model" => SiglipConfigJson.ReadTower(root, ModelTowers.Text, source),
                "clip_vision_model" => HuggingFaceConfig.ReadTower(root, ModelTowers.Image, source),
                "clip_text_model" => HuggingFaceConfig.ReadTower(root, ModelTowers.Text, source),
                _ when root.Section("vision_cfg") is { } vision && root.Section("text_cfg") is { } text =>
                    OpenClipConfig.Read(root, vision, text, source),
                // Early configs repeat the sections by other names, which count where they are.
                _ when type == "clip" || root.Section("vision_config") is not null || root.Section("text_config") is not null =>
                    HuggingFaceConfig.Read(root, Part("vision_config"), Part("text_config"), source),
                _ => null,
            };
            if (config is not null) return config.Validate(source);

            // Without a section of its own a tower has transformers' defaults.
            JsonElement Part(string section) => root.Section($"{section}_dict") ?? root.Section(section) ?? empty.RootElement;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new ClipException($"{source} is not a CLIP config: {e.Message}", e);
        }

        throw new ClipException(
            $"{source} is not a CLIP config: it has neither vision_config and text_config (Hugging Face) "
            + "nor vision_cfg and text_cfg (open_clip).");
    }

    /// <summary>
    /// Hugging Face's <c>config.json</c> for a model of these sizes. Hugging Face knows no CLIP with a ResNet: for one,
    /// <c>vision_config</c> has two keys of our own, <c>resnet_layers</c>, the bottlenecks of the four stages, and <c>resnet_width</c>,
    /// the channels behind the stem; <c>hidden_size</c> and <c>num_attention_heads</c> are then those of the attention pooling. Nor does
    /// it know open_clip's <c>pool_type</c>, <c>no_causal_mask</c> and <c>proj_bias</c> of the text tower, which keep these names, nor a
    /// CLIP with <c>logit_bias_init_value</c> (SigLIP's loss) and <c>projection_heads</c> (ConVIRT).
    /// A model with SigLIP's image tower gets the config of a <c>SiglipModel</c>. What open_clip alone has (a ConvNeXt, LayerScale, another
    /// pooling of the image tower) is written as open_clip's config.
    /// </summary>
    public static string ToHuggingFace(ClipConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.IsOpenClips) return OpenClipConfigWriter.Write(config).ToJsonString(Indented);
        return (config.IsSiglip ? SiglipConfigJson.ToHuggingFace(config) : HuggingFaceConfig.Write(config)).ToJsonString(Indented);
    }

    private static IEnumerable<string> Resources() =>
        typeof(ClipConfigJson).Assembly.GetManifestResourceNames().Where(r => r.Contains(".Configs.Models.", StringComparison.Ordinal));
}
