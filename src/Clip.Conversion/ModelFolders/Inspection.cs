using System.Globalization;
using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx;

namespace Clip.Conversion.ModelFolders;

/// <summary>Tells what a file or folder holds and what it lacks to be used, as pairs of a heading and a text.</summary>
internal static class Inspection
{
    private const string Missing = "missing";

    private static readonly (string Stem, string Part)[] Towers =
        [("vision_model", "image tower"), ("text_model", "text tower"), ("model", "whole model")];

    /// <summary>Looks at a checkpoint file, an ONNX file, a model folder or a folder with a checkpoint.</summary>
    /// <exception cref="ClipException">It is none of these, or damaged.</exception>
    public static IReadOnlyList<(string Heading, string Text)> Of(string path)
    {
        if (File.Exists(path)) return path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) ? [.. Graph(path)] : [.. Checkpoint(path)];
        if (!Directory.Exists(path)) throw new ClipException($"There is no '{path}'; give a checkpoint, a model folder or an ONNX file.");
        if (GraphsIn(path).Any()) return [.. Folder(path)];
        if (CheckpointFile.InFolder(path) is not null) return [.. Checkpoint(path)];
        if (new CompanionFiles(path).IsRun) return [.. Run(path)];
        throw new ClipException($"{path} has neither weights nor ONNX graphs; give a checkpoint, a model folder or an ONNX file.");
    }

    private static IEnumerable<(string Heading, string Text)> Graph(string path)
    {
        var graph = OnnxSummary.Read(path);
        var kind = (graph.TakesImages, graph.TakesTexts) switch
        {
            (true, true) => "a whole CLIP model",
            (true, false) => "an image tower",
            (false, true) => "a text tower",
            _ => "no CLIP tower: it takes neither images nor token ids",
        };
        yield return ("kind", $"ONNX graph '{graph.GraphName}', {kind}");
        yield return ("written by", $"{(graph.Producer.Length > 0 ? graph.Producer : "unknown")}, opset {graph.Opset}");
        foreach (var input in graph.Inputs) yield return ("input", Describe(input));
        foreach (var output in graph.Outputs) yield return ("output", Describe(output));
        yield return (
            "nodes",
            string.Join(", ", graph.Operators.OrderByDescending(o =>
                o.Value).ThenBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Value} {o.Key}")));
        yield return (
            "values",
            ModelDescription.Counts(graph.Weights.Select(w => KeyValuePair.Create(OnnxSummary.TypeName(w.Key), w.Value))));
        yield return ("size", ModelDescription.Bytes(SizeOf(path, graph)));
        foreach (var file in Absent(path, graph)) yield return (Missing, $"its weights in {file}: copy that file beside it");

        static string Describe(OnnxValue value) => $"{value.Name} {OnnxSummary.TypeName(value.Type)} [{string.Join(", ", value.Dims)}]";
    }

    /// <summary>What <c>clip train</c> keeps beside the model folder that it writes at its end.</summary>
    private static IEnumerable<(string Heading, string Text)> Run(string path)
    {
        var around = new CompanionFiles(path);
        var config = ModelConfigFile.Read(around.Config!);
        yield return ("kind", "run of clip train, not a model folder");
        yield return ("architecture", ModelDescription.Architecture(config));
        yield return ("sizes", ModelDescription.Sizes(config));
        foreach (var line in Preprocessing(around, config)) yield return line;
        var checkpoints = Path.Combine(path, "checkpoints");
        string[] files = Directory.Exists(checkpoints)
            ? [.. Directory.GetFiles(checkpoints, "*.safetensors").Order(StringComparer.Ordinal)]
            : [];
        if (files.Length > 0) yield return ("checkpoints", string.Join(", ", files.Select(Path.GetFileName)));
        var model = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (model.EndsWith(".run", StringComparison.Ordinal) && Directory.Exists(model[..^".run".Length]))
            yield return ("model folder", model[..^".run".Length]);
        else if (files.Length > 0) yield return ("to use it", $"clip train with `Resume`, or clip convert {files[^1]}");
    }

    private static IEnumerable<(string Heading, string Text)> Checkpoint(string path)
    {
        var around = CompanionFiles.Of(path);
        if (ZooFiles.Find(null, around) is { } zoo)
        {
            foreach (var line in ZooInspection.Checkpoint(zoo, path, around)) yield return line;
            yield break;
        }

        using var checkpoint = CheckpointFile.Open(path);
        var names = checkpoint.HasHuggingFaceNames ? "Hugging Face's names" : "OpenAI's names";
        yield return ("kind", $"checkpoint, {checkpoint.Format}, {names}{(checkpoint.IsOpenAIs ? ", as OpenAI released" : "")}");
        var missing = new List<string>();
        foreach (var line in Architecture(checkpoint, around.Config, missing)) yield return line;
        yield return ("parameters", Parameters(checkpoint));
        yield return ("stored as", ModelDescription.Counts(checkpoint.ElementCounts));
        yield return ("size", Sizes(checkpoint));
        foreach (var line in Tokenizer(around, checkpoint.Weights.ContainsKey(ClipNames.Image.Probe), missing)) yield return line;
        foreach (var line in Preprocessing(around, null)) yield return line;
        foreach (var text in missing) yield return (Missing, text);
        yield return ("to use it", "clip convert");
    }

    private static IEnumerable<(string Heading, string Text)> Folder(string path)
    {
        var around = new CompanionFiles(path);
        var missing = new List<string>();
        if (ZooFiles.Find(null, around) is { } zoo && CheckpointFile.InFolder(path) is { } file && WeightFile.IsReal(file))
        {
            yield return ("kind", "model folder");
            foreach (var line in ZooInspection.Model(zoo, path, around, missing)) yield return line;
            foreach (var line in Preprocessing(around, null)) yield return line;
            foreach (var line in Graphs(path, missing)) yield return line;
            foreach (var text in missing) yield return (Missing, text);
            yield break;
        }

        var folderConfig = around.Config is { } configFile ? ModelConfigFile.Read(configFile) : null;
        var isSiglip = folderConfig is { IsSiglip: true };
        yield return ("kind", "model folder");
        var weights = CheckpointFile.InFolder(path);
        if (weights is not null && !WeightFile.IsReal(weights))
        {
            missing.Add($"{Path.GetFileName(weights)}, the weights: the file that lies there is a Git LFS pointer, a web page or empty; "
                + "get the file itself");
            weights = null;
        }

        if (weights is not null)
        {
            using var checkpoint = CheckpointFile.Open(weights);
            foreach (var line in Architecture(checkpoint, around.Config, missing)) yield return line;
            yield return ("parameters", Parameters(checkpoint));
            yield return (
                "weights",
                $"{Path.GetFileName(checkpoint.Path)}, {ModelDescription.Counts(checkpoint.ElementCounts)}, {Sizes(checkpoint)}");
        }
        else if (around.Config is { } config)
        {
            var sizes = ModelConfigFile.Read(config);
            yield return ("architecture", ModelDescription.Architecture(sizes));
            yield return ("sizes", ModelDescription.Sizes(sizes));
        }

        foreach (var line in Tokenizer(around, isSiglip, missing)) yield return line;
        foreach (var line in Preprocessing(around, folderConfig)) yield return line;
        foreach (var line in Graphs(path, missing)) yield return line;
        var parts = GraphsIn(path).Select(g => g.Part).ToHashSet();
        if (folderConfig is { TextSide: not TextSide.Tower })
        {
            yield return (
                "used by",
                $"{(folderConfig.TextSide == TextSide.Captioner ? "clip caption and " : "")}clip evaluate, from its weights");
        }

        foreach (var (stem, part) in Towers.SkipLast(1).Where(tower => folderConfig is null || Has(folderConfig, tower.Stem)))
        {
            if (!parts.Contains(part) && !parts.Contains(Towers[^1].Part))
                missing.Add($"onnx/{stem}.onnx, the {part}: clip convert writes it");
        }

        foreach (var text in missing) yield return (Missing, text);
    }

    private static IEnumerable<(string Heading, string Text)> Architecture(
        CheckpointFile checkpoint, string? configFile, List<string> missing)
    {
        ClipConfig config;
        if (configFile is not null)
        {
            config = ModelConfigFile.Read(configFile);
            yield return ("architecture", ModelDescription.Architecture(config));
            yield return ("sizes", $"{ModelDescription.Sizes(config)} ({Path.GetFileName(configFile)})");
            yield break;
        }

        // What the weights do not tell is said to be missing, so any value of it serves to find the rest.
        var isSiglip = checkpoint.Weights.ContainsKey(ClipNames.Image.Probe);
        var known = ArchitectureInference.KnowHeads(checkpoint.Weights, isOpenAIs: !checkpoint.IsRun);
        var (vision, text) = (HeadsOrNull(known.Vision, "vision"), HeadsOrNull(known.Text, "text"));
        var hints = new ArchitectureHints(isSiglip ? Activation.GeluTanh : Activation.QuickGelu, vision, text);
        config = ArchitectureInference.Infer(checkpoint.Weights, hints, checkpoint.Path);
        if (!checkpoint.IsOpenAIs && !isSiglip) missing.Add("the activation: `Activation=QuickGelu`, `Activation=Gelu` or `Config`");
        yield return ("architecture", ModelDescription.Architecture(config));
        yield return ("sizes", $"{ModelDescription.Sizes(config)} (from the weights; as far as they tell)");

        int? HeadsOrNull(bool isKnown, string tower)
        {
            if (isKnown) return null;
            missing.Add($"the {tower} tower's heads: `{ArchitectureInference.Setting(tower)}` or `Config`");
            return 1;
        }
    }

    private static IEnumerable<(string Heading, string Text)> Graphs(string path, List<string> missing)
    {
        foreach (var (file, part, precision) in GraphsIn(path))
        {
            var graph = OnnxSummary.Read(file);
            yield return (precision, $"{part}, {Path.GetRelativePath(path, file)}, {ModelDescription.Bytes(SizeOf(file, graph))}");
            missing.AddRange(Absent(file, graph).Select(absent => $"{absent}, the weights of {Path.GetFileName(file)}"));
        }
    }

    private static bool Has(ClipConfig config, string stem) => ClipOnnxExporter.StemsOf(config).Contains(stem);

    /// <summary>How pictures are prepared, and which file says so; of a checkpoint with none nothing.</summary>
    private static IEnumerable<(string Heading, string Text)> Preprocessing(CompanionFiles around, ClipConfig? config)
    {
        if (around.Preprocessing() is var (found, file))
            yield return ("preprocessing", $"{ModelPreprocessing.Describe(found)} ({Path.GetFileName(file)})");
        else if (config is { Towers: not ModelTowers.Text })
            yield return ("preprocessing", $"{ModelPreprocessing.Describe(ModelPreprocessing.Usual(config))} (no file says; as is usual)");
    }

    private static string Parameters(CheckpointFile checkpoint) =>
        checkpoint.Weights.Where(w => !ClipNames.IsStatistic(w.Key)).Sum(w => (long)w.Value.Data.Length)
            .ToString("N0", CultureInfo.InvariantCulture);

    private static string Sizes(CheckpointFile checkpoint) =>
        ModelDescription.Bytes(checkpoint.Files.Sum(f => new FileInfo(f).Length))
        + (checkpoint.Files.Count > 1 ? $" in {checkpoint.Files.Count} files" : "");

    private static IEnumerable<(string Heading, string Text)> Tokenizer(CompanionFiles around, bool isSiglip, List<string> missing)
    {
        if (isSiglip && CopiedTokenizer.Find(around.TokenizerFolder) is { } files)
            yield return ("tokenizer", files.CountEntries() is { } entries ? $"{entries} entries" : "a SentencePiece model");
        else if (!isSiglip && around.AnyTokenizer is { } path) yield return ("tokenizer", TokenizerSource.Open(path).Description);
        else missing.Add("a tokenizer, so only the image side can be used: convert the checkpoint with its `Tokenizer`");
    }

    private static IEnumerable<(string File, string Part, string Precision)> GraphsIn(string folder) =>
        from place in new[] { Path.Combine(folder, "onnx"), folder }
        where Directory.Exists(place)
        from tower in Towers
        from file in Directory.GetFiles(place, $"{tower.Stem}*.onnx").Order(StringComparer.Ordinal)
        let suffix = Path.GetFileNameWithoutExtension(file)[tower.Stem.Length..]
        where suffix.Length == 0 || suffix[0] == '_'
        select (file, tower.Part, suffix.Length == 0 ? "fp32" : suffix[1..]);

    private static long SizeOf(string file, OnnxSummary graph) =>
        new FileInfo(file).Length + graph.ExternalFiles.Select(f => new FileInfo(Beside(file, f))).Where(f => f.Exists).Sum(f => f.Length);

    private static IEnumerable<string> Absent(string file, OnnxSummary graph) =>
        graph.ExternalFiles.Where(f => !File.Exists(Beside(file, f)));

    private static string Beside(string file, string name) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, name);
}
