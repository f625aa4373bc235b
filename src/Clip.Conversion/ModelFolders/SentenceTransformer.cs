using System.Text.Json;
using System.Text.Json.Nodes;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;

namespace Clip.Conversion.ModelFolders;

/// <summary>
/// What sentence-transformers keeps beside a text tower of how it is used: <c>modules.json</c>, a config in each module's folder, and
/// <c>sentence_bert_config.json</c>. Of the ways that there are, mean pooling and a linear layer convert; all others are refused.
/// </summary>
internal static class SentenceTransformer
{
    /// <summary>The folder of the linear layer.</summary>
    public const string DenseFolder = "2_Dense";

    /// <summary>The key in a converted folder's <c>config.json</c> that keeps the most tokens of a text.</summary>
    public const string MaxLength = "max_seq_length";

    private static readonly string[] Folders = ["", "1_Pooling", DenseFolder];

    /// <summary>Adds the most tokens of a text to a config, where they are told beside it.</summary>
    /// <param name="config">The text tower's <c>config.json</c>.</param>
    /// <param name="folder">Its folder.</param>
    /// <returns>The config as it is to be read and kept.</returns>
    /// <exception cref="ClipException">The modules do what is not supported, or a file is malformed.</exception>
    public static string Complete(string config, string folder)
    {
        CheckModules(folder);
        if (Read(Path.Combine(folder, "sentence_bert_config.json")) is not { } settings) return config;
        if (settings.Flag("do_lower_case"))
            throw new ClipException($"{folder}: do_lower_case of sentence_bert_config.json is not supported; false is.");
        if (settings.Value(MaxLength) is not { ValueKind: JsonValueKind.Number } length) return config;
        var root = JsonNode.Parse(config)!.AsObject();
        root[MaxLength] = length.GetInt32();
        return root.ToJsonString();
    }

    private static void CheckModules(string folder)
    {
        var path = Path.Combine(folder, "modules.json");
        if (Read(path) is not { ValueKind: JsonValueKind.Array } modules) return;
        foreach (var (module, i) in modules.EnumerateArray().Select((module, i) => (module, i)))
        {
            var (type, place) = (module.Text("type", "").Split('.')[^1], module.Text("path", ""));
            // Features are put to length 1 by whoever uses them.
            var isKnown = type == "Normalize" || (i < Folders.Length && place == Folders[i]
                && type == (i == 0 ? "Transformer" : i == 1 ? "Pooling" : "Dense"));
            if (!isKnown)
                throw new ClipException(
                    $"{path}: the module {type} in '{place}' is not supported; "
                    + "Transformer, Pooling in 1_Pooling and Dense in 2_Dense are.");
        }

        if (Read(Path.Combine(folder, Folders[1], "config.json")) is { } pooling)
        {
            var asked = pooling.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.True)
                .Select(p => p.Name).Where(name => name.StartsWith("pooling_mode_", StringComparison.Ordinal));
            if (asked.ToArray() is not ["pooling_mode_mean_tokens"] and var modes)
                throw new ClipException(
                    $"{folder}: the pooling {string.Join(", ", modes)} is not supported; pooling_mode_mean_tokens alone is.");
        }

        if (Read(Path.Combine(folder, DenseFolder, "config.json")) is { } dense
            && dense.Text("activation_function", "Identity").Split('.')[^1] is not "Identity" and var activation)
            throw new ClipException($"{folder}: the activation {activation} of {DenseFolder} is not supported; Identity is.");
    }

    private static JsonElement? Read(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            using var document = JsonDocument.Parse(WeightFile.ReadSettings(path));
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new ClipException($"{path} is not JSON ({e.Message.TrimEnd('.')}); get it again.", e);
        }
    }
}
