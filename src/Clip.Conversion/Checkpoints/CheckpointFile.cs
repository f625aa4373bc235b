using Clip.Conversion.Architectures;

namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Whatever people keep CLIP's weights in, opened: safetensors; PyTorch's <c>.pt</c> and <c>.bin</c> (zip archives and older), also with
/// the weights under <c>state_dict</c>; OpenAI's TorchScript archives; any of these cut into shards with an <c>index.json</c>. The content
/// decides what a file is, not its name; no code in a file is ever run.
/// </summary>
/// <remarks>Float32 safetensors are mapped into memory, not copied: their weights are good until this is disposed.</remarks>
public sealed class CheckpointFile : IDisposable
{
    /// <summary>What a model folder or a repository calls its weights, best first.</summary>
    private static readonly string[] UsualNames =
    [
        "model.safetensors", "model.safetensors.index.json", "open_clip_model.safetensors",
        "pytorch_model.bin", "pytorch_model.bin.index.json", "open_clip_pytorch_model.bin",
    ];

    /// <summary>Constants that OpenAI's archives carry beside the parameters.</summary>
    private static readonly string[] OpenAIConstants = ["input_resolution", "context_length", "vocab_size"];

    /// <summary>What wraps a model gives its name to every parameter: distributed training, torch.compile, a trainer.</summary>
    private static readonly string[] Wrappers = ["module", "_orig_mod", "model"];

    private readonly List<SafetensorsReader> _mapped = [];

    private CheckpointFile(string path, bool map)
    {
        Path = path;
        Files = ShardIndex.IsIndex(path) ? ShardIndex.Files(path) : [path];
        try
        {
            var read = new StoredTensors();
            foreach (var file in Files) Format = Read(file, map, read);
            var weights = Unwrap(read);
            IsOpenAIs = !read.NamesGelu && (read.IsScript || OpenAIConstants.All(weights.ContainsKey));
            foreach (var constant in OpenAIConstants.Append("attn_mask")) weights.Remove(constant);
            foreach (var positions in weights.Keys.Where(name => name.EndsWith(".position_ids", StringComparison.Ordinal)).ToArray())
                weights.Remove(positions);
            UnsupportedModels.Refuse(weights.Keys, path);
            ElementCounts = weights.GroupBy(w => read.Types[w.Key].Name())
                .ToDictionary(type => type.Key, type => type.Sum(w => (long)w.Value.Data.Length));
            HasHuggingFaceNames = NameMap.IsHuggingFace(weights.Keys);
            Weights = HasHuggingFaceNames ? NameMap.ToOpenAI(weights)
                : SiglipNames.IsTimms(weights.Keys) ? SiglipNames.FromOpenClip(CustomText.Rename(weights))
                : CustomText.Rename(weights);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The file, or of several the index.</summary>
    public string Path { get; }

    /// <summary>The files with the weights: one, or the shards.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>What kind of file it is, for people.</summary>
    public string Format { get; } = "";

    /// <summary>Whether the names in the file are Hugging Face's; those of <see cref="Weights"/> are OpenAI's all the same.</summary>
    public bool HasHuggingFaceNames { get; }

    /// <summary>
    /// Whether the weights come as OpenAI's releases do, a TorchScript archive or the state_dict of one, and so were trained with
    /// quick-GELU. False says nothing.
    /// </summary>
    public bool IsOpenAIs { get; }

    /// <summary>How many values the file stores in each type, by PyTorch's name of it.</summary>
    public IReadOnlyDictionary<string, long> ElementCounts { get; }

    /// <summary>
    /// The weights by OpenAI's names, as float32: Hugging Face's names are translated, a <c>module.</c> before every name (distributed
    /// training) is cut off, and constants that are no parameters are left out.
    /// </summary>
    public IReadOnlyDictionary<string, WeightTensor> Weights { get; }

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="path">A file, or a folder with one of the usual names in it, such as <c>model.safetensors</c>.</param>
    /// <exception cref="ClipException">
    /// There is no such file, it is damaged or of another kind, it names code to run, or holds a model that is not supported.
    /// </exception>
    public static CheckpointFile Open(string path) => new(Find(path), map: true);

    /// <summary>Reads a checkpoint's <see cref="Weights"/> into memory of their own.</summary>
    /// <inheritdoc cref="Open"/>
    public static Dictionary<string, WeightTensor> Load(string path)
    {
        using var file = new CheckpointFile(Find(path), map: false);
        return file.Weights.ToDictionary();
    }

    /// <summary>The weights' file in a folder by its usual name, or null.</summary>
    internal static string? InFolder(string folder) =>
        UsualNames.Select(name => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Whether a file has one of the names that a model's folder gives it, so that the files beside belong to it.</summary>
    internal static bool IsUsualName(string path) => UsualNames.Contains(System.IO.Path.GetFileName(path));

    /// <summary>Closes the mappings.</summary>
    public void Dispose() => _mapped.ForEach(reader => reader.Dispose());

    private static string Find(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (Directory.Exists(path))
            return InFolder(path) ?? throw new ClipException(
                $"{path} has no weights; give a folder with one of {string.Join(", ", UsualNames)}.");
        return File.Exists(path) ? path : throw new ClipException($"There is no file {path}; give the path of a checkpoint.");
    }

    /// <summary>Adds a file's tensors to those read already, and tells its format.</summary>
    private string Read(string file, bool map, StoredTensors read)
    {
        if (IsSafetensors(file))
        {
            var reader = SafetensorsReader.Open(file);
            _mapped.Add(reader);
            foreach (var name in reader.Names) read.Add(name, map ? reader.Read(name) : reader.Copy(name), reader.TypeOf(name), file);
            return "safetensors";
        }

        var torch = TorchReader.Load(file);
        foreach (var (name, weight) in torch.Weights) read.Add(name, weight, torch.Types[name], file);
        read.IsScript |= torch.IsScript;
        read.NamesGelu |= torch.NamesGelu;
        return torch.IsScript ? "TorchScript archive" : "PyTorch pickle";
    }

    /// <summary>Also drops what lies outside of the wrapper, such as an optimizer's state beside a <c>model.</c>.</summary>
    private static Dictionary<string, WeightTensor> Unwrap(StoredTensors read)
    {
        // What every model has: CLIP's the temperature, those that predict captions or words an image tower alone.
        string[] signs = [ClipNames.LogitScale, ClipNames.Image.Patches.Weight];
        if (signs.Any(read.Weights.ContainsKey)) return read.Weights;
        var prefix = signs.SelectMany(sign => read.Weights.Keys
                .Where(name => name.EndsWith($".{sign}", StringComparison.Ordinal))
                .Select(name => name[..^sign.Length]))
            .FirstOrDefault(prefix => prefix[..^1].Split('.').All(Wrappers.Contains));
        if (prefix is null) return read.Weights;

        var inner = read.Weights.Where(w => w.Key.StartsWith(prefix, StringComparison.Ordinal)).ToArray();
        foreach (var (name, _) in inner) read.Types[name[prefix.Length..]] = read.Types[name];
        return inner.ToDictionary(w => w.Key[prefix.Length..], w => w.Value);
    }

    /// <summary>A safetensors file has the brace of its header at byte 8; PyTorch's start with <c>PK</c> or a pickle's protocol.</summary>
    private static bool IsSafetensors(string file)
    {
        using var stream = File.OpenRead(file);
        Span<byte> start = stackalloc byte[9];
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start[8] == '{';
    }

    /// <summary>What was read, by the names in the files.</summary>
    private sealed class StoredTensors
    {
        public Dictionary<string, WeightTensor> Weights { get; } = [];

        public Dictionary<string, ElementType> Types { get; } = [];

        public bool IsScript { get; set; }

        public bool NamesGelu { get; set; }

        public void Add(string name, WeightTensor weight, ElementType type, string file)
        {
            if (!Weights.TryAdd(name, weight))
                throw new ClipException($"{file}: tensor '{name}' is in another shard too; get the checkpoint again.");
            Types[name] = type;
        }
    }
}
