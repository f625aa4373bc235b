using Microsoft.ML.Clip.Imaging;
using Microsoft.ML.Clip.ModelFolders;

namespace Microsoft.ML.Clip.Hub;

/// <summary>Which of a repository's files a model folder needs: one precision's towers, one tokenizer, the configuration.</summary>
internal static class ModelFiles
{
    /// <summary>What tokenizers of every kind may have beside their vocabulary.</summary>
    private static readonly string[] TokenizerSettings = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"];

    /// <summary>A vocabulary in one of the forms in which it comes; the first that is there counts.</summary>
    private static readonly string[][] Vocabularies =
    [
        ["tokenizer.json"], ["vocab.json", "merges.txt"], ["spiece.model"], ["tokenizer.model"], ["sentencepiece.bpe.model"], ["vocab.txt"],
    ];

    /// <summary>The files of the ONNX model, or null where the repository has none.</summary>
    /// <exception cref="ClipHubException">It has one, but not as it was asked for.</exception>
    public static IReadOnlyList<HubFile>? Onnx(string repository, IReadOnlyList<HubFile> files, ClipModelOptions options)
    {
        var byPath = files.ToDictionary(file => file.Path, StringComparer.Ordinal);
        var any = new ClipLayout(byPath.ContainsKey, options with { Precision = ClipPrecision.Auto });
        if (any.IsEmpty) return null;
        var layout = new ClipLayout(byPath.ContainsKey, options);
        var isLacking = (any.VisionFile is not null && (layout.VisionFile ?? layout.CombinedFile) is null)
            || (any.TextFile is not null && (layout.TextFile ?? layout.CombinedFile) is null) || layout.IsEmpty;
        if (isLacking)
        {
            throw new ClipHubException(
                ClipHubError.FileNotFound,
                $"{repository} has no {options.Precision.ToString().ToLowerInvariant()} ONNX files; it has {Names(files)}.");
        }

        string?[] towers = [layout.VisionFile, layout.TextFile, layout.CombinedFile];
        var chosen = new List<string>();
        foreach (var tower in towers.OfType<string>())
        {
            if (!byPath.ContainsKey(tower))
                throw new ClipHubException(ClipHubError.FileNotFound, $"{repository} has no file '{tower}'; it has {Names(files)}.");
            chosen.Add(tower);
            // Weights above 2 GB lie beside: model.onnx_data, model.onnx_data_1, model.onnx.data.
            chosen.AddRange(byPath.Keys.Where(path => path.StartsWith($"{tower}_data", StringComparison.Ordinal)
                || path == $"{tower}.data"));
        }

        return [.. chosen.Concat(Around(byPath, layout)).Distinct().Select(path => byPath[path])];
    }

    /// <summary>The configuration and the tokenizer, for any kind of model.</summary>
    public static IEnumerable<string> Around(IReadOnlyDictionary<string, HubFile> byPath, ClipLayout layout)
    {
        IEnumerable<string> wanted = [.. ClipLayout.ConfigNames, .. PreprocessingFile.Names];
        var folders = layout.TokenizerFolder is { } folder ? new[] { folder } : ["", "textual/"];
        foreach (var place in folders)
        {
            var vocabulary = Vocabularies.FirstOrDefault(names => names.All(name => byPath.ContainsKey(place + name)));
            wanted = [.. wanted, .. TokenizerSettings.Concat(vocabulary ?? []).Select(name => place + name)];
        }

        return wanted.Where(byPath.ContainsKey).Distinct();
    }

    private static string Names(IReadOnlyList<HubFile> files) =>
        string.Join(", ", files.Select(file => file.Path).Where(path => path.EndsWith(".onnx", StringComparison.Ordinal)).Take(20));
}
