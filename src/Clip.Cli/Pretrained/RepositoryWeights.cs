using System.Text.Json;
using Clip.Conversion;
using Clip.Conversion.ModelFolders;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Hub;
using Microsoft.ML.Clip.ModelFolders;

namespace Clip.Cli.Pretrained;

/// <summary>The weights of a repository without ONNX files, with the config that belongs to them: safetensors before pickles.</summary>
internal static class RepositoryWeights
{
    private const string HuggingFace = "config.json", OpenClip = "open_clip_config.json";

    private static readonly (string File, string Config)[] Candidates =
    [
        ("model.safetensors", HuggingFace), ("model.safetensors.index.json", HuggingFace), ("open_clip_model.safetensors", OpenClip),
        ("pytorch_model.bin", HuggingFace), ("pytorch_model.bin.index.json", HuggingFace), ("open_clip_pytorch_model.bin", OpenClip),
        ("pytorch_model.bin", OpenClip),
    ];

    /// <summary>Downloads the config first: what cannot be converted is refused before the weights come.</summary>
    public static async Task<(string Checkpoint, string Config)> DownloadAsync(HubRepository repository, CancellationToken cancellation)
    {
        var byPath = repository.Files.ToDictionary(file => file.Path, StringComparer.Ordinal);
        var around = ModelFiles.Around(byPath, new ClipLayout(byPath.ContainsKey, new ClipModelOptions())).Select(path => byPath[path]);
        await repository.DownloadAsync([.. around], cancellation).ConfigureAwait(false);

        // timm's repositories have a config.json of another library, about an image tower alone.
        var isHuggingFace = byPath.ContainsKey(HuggingFace) && Has(Path.Combine(repository.Folder, HuggingFace), "model_type");
        var (file, config) = Candidates.FirstOrDefault(candidate => byPath.ContainsKey(candidate.File)
            && byPath.ContainsKey(candidate.Config) && (candidate.Config == OpenClip || isHuggingFace));
        if (file is null)
        {
            throw new ClipException(
                $"{repository.Name} has neither ONNX files nor weights with a config that clip convert knows "
                + $"({string.Join(", ", Candidates.Select(c => $"{c.File} with {c.Config}"))}); take another model, or convert it with "
                + "clip convert --config.");
        }

        config = Path.Combine(repository.Folder, config);
        if (Zoo(config) is { } zoo) zoo.Model(weights: null);
        else ModelConfigFile.Read(config);
        var paths = await repository.DownloadAsync([byPath[file]], cancellation).ConfigureAwait(false);
        if (file.EndsWith(".index.json", StringComparison.Ordinal))
        {
            var shards = Shards(paths[0]).Select(name => byPath.GetValueOrDefault(name) ?? throw new ClipException(
                $"{repository.Name} lacks '{name}', which its {file} names; tell its owner, or give another --revision."));
            await repository.DownloadAsync([.. shards], cancellation).ConfigureAwait(false);
        }

        return (paths[0], config);
    }

    /// <summary>Whether a model of open_clip's takes the tokenizer that open_clip takes where a config names none.</summary>
    public static bool TakesOpenAIsTokenizer(string config) =>
        Path.GetFileName(config) == OpenClip && (Zoo(config) is { } zoo ? !zoo.NamesTokenizer : !ModelConfigFile.Read(config).IsSiglip);

    private static ZooFiles? Zoo(string config) => ZooFiles.Find(config, new CompanionFiles(Path.GetDirectoryName(config)));

    private static bool Has(string path, string key)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(key, out _);
    }

    private static string[] Shards(string index)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(index));
            return [.. json.RootElement.GetProperty("weight_map").EnumerateObject().Select(entry => entry.Value.GetString()!).Distinct()];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ClipException($"{index} is no index of shards: {e.Message} Give another --revision.", e);
        }
    }
}
