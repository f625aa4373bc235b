using System.Text.Json;
using System.Text.Json.Nodes;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Zoo;
using Clip.Conversion.Zoo.Reading;
using Clip.Conversion.Zoo.Towers;

namespace Clip.Conversion.ModelFolders;

/// <summary>A config of one of the zoo's families, and where it came from.</summary>
/// <param name="Json">The whole of it: Hugging Face's, open_clip's, or its <c>open_clip_config.json</c>.</param>
/// <param name="Source">The file, or the model's name.</param>
internal sealed record ZooFiles(string Json, string Source)
{
    /// <summary>The config's file; null for a model's name.</summary>
    public string? File { get; private init; }

    /// <summary>Whether the config names a tokenizer that is not CLIP's.</summary>
    public bool NamesTokenizer
    {
        get
        {
            using var document = JsonDocument.Parse(Json);
            var root = document.RootElement.Section("model_cfg") ?? document.RootElement;
            return root.Section("text_cfg") is { } text && (text.Value("hf_tokenizer_name") ?? text.Value("hf_model_name")) is not null;
        }
    }

    /// <summary>Finds a config of one of the zoo's families.</summary>
    /// <param name="chosen">A config to use in place of what lies beside; null for none.</param>
    /// <param name="around">What lies beside a checkpoint.</param>
    /// <returns>Null where the config is of another model, and where there is none.</returns>
    /// <exception cref="ClipException">A file is not JSON.</exception>
    public static ZooFiles? Find(string? chosen, CompanionFiles around)
    {
        if (chosen is null) return around.ConfigFiles.Select(Read).FirstOrDefault(found => found is not null);
        if (System.IO.File.Exists(chosen)) return Read(chosen);
        if (Directory.Exists(chosen)) return new CompanionFiles(chosen).ConfigFiles.Select(Read).FirstOrDefault(found => found is not null);
        return ZooCatalog.Find(chosen) is { } entry && Asks(entry.Json, chosen) ? new ZooFiles(entry.Json, chosen) : null;
    }

    /// <summary>Reads the model.</summary>
    /// <inheritdoc cref="ZooConfig.Read"/>
    public ZooModel Model(IReadOnlyDictionary<string, WeightTensor>? weights)
    {
        using var document = JsonDocument.Parse(Json);
        return ZooConfig.Read(document.RootElement, weights, Source);
    }

    /// <summary>A checkpoint's weights, and what a family keeps in files of its own beside them.</summary>
    public static IReadOnlyDictionary<string, WeightTensor> Weights(CheckpointFile checkpoint, CompanionFiles around)
    {
        const string folder = SentenceTransformer.DenseFolder;
        if (around.Folder is null || CheckpointFile.InFolder(Path.Combine(around.Folder, folder)) is not { } dense)
            return checkpoint.Weights;
        // The checkpoint is mapped; this is small.
        return checkpoint.Weights
            .Concat(CheckpointFile.LoadAsNamed(dense).Select(w => KeyValuePair.Create($"{folder}.{w.Key}", w.Value)))
            .ToDictionary();
    }

    /// <summary>
    /// The <c>config.json</c> of a converted folder: this one, with the context's length said where open_clip leaves it to its defaults.
    /// </summary>
    public string ForFolder(ZooModel model)
    {
        var root = JsonNode.Parse(Json)!.AsObject();
        if ((root["model_cfg"] ?? root)["text_cfg"] is JsonObject text && model.Text is { } tower)
            text["context_length"] ??= tower.ContextLength;
        return root.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    /// <summary>Whether another config says the same of a model.</summary>
    public bool IsSame(ZooFiles other, ZooModel model)
    {
        using var ours = JsonDocument.Parse(ForFolder(model));
        using var theirs = JsonDocument.Parse(other.ForFolder(model));
        return JsonElement.DeepEquals(Model(ours.RootElement), Model(theirs.RootElement));

        static JsonElement Model(JsonElement root) => root.Section("model_cfg") ?? root;
    }

    private static ZooFiles? Read(string path)
    {
        var text = System.Text.Encoding.UTF8.GetString(WeightFile.ReadSettings(path));
        if (Path.GetFileName(path) == CompanionFiles.Run) text = OfRun(text, path);
        if (!Asks(text, path)) return null;
        using (var document = JsonDocument.Parse(text))
        {
            if (HuggingFaceModels.IsSentenceTransformer(document.RootElement))
                text = SentenceTransformer.Complete(text, Path.GetDirectoryName(Path.GetFullPath(path))!);
        }

        return new ZooFiles(text, path) { File = path };
    }

    /// <summary>The config in the record of a run.</summary>
    private static string OfRun(string text, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Section("Config")?.GetRawText() ?? "{}";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ClipException($"{path} is not a run's record: {e.Message}", e);
        }
    }

    private static bool Asks(string text, string source)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return ZooConfig.Asks(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new ClipException($"{source} is not a model's config: {e.Message}", e);
        }
    }
}
