using Clip.Conversion.Architectures;
using Clip.Conversion.Configs;

namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Whatever people keep CLIP's weights in, opened: safetensors; PyTorch's <c>.pt</c> and <c>.bin</c> (zip archives and older), also with
/// the weights under <c>state_dict</c> or another name; OpenAI's TorchScript archives; any of these cut into shards with an
/// <c>index.json</c>. The content decides what a file is, not its name; no code in a file is ever run.
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

    private readonly List<SafetensorsReader> _mapped = [];

    private CheckpointFile(string path, bool map, bool isRenamed = true, bool isOpenClips = false, string? known = null)
    {
        Path = path;
        Files = ShardIndex.IsIndex(path) ? ShardIndex.Files(path) : [path];
        try
        {
            var read = new StoredTensors();
            foreach (var file in Files) Format = Read(file, map, read);
            if (isRenamed) UnsupportedModels.Refuse(read.Weights.Keys, path, known);
            var prefix = WeightNames.Prefix(read.Weights.Keys, path, out var leftOut);
            // A run of this program that keeps an average exports that.
            if (read.IsRun && leftOut == "ema") (prefix, leftOut) = ("ema.", "model");
            IsRun = read.IsRun;
            LeftOut = leftOut ?? read.LeftOut;
            var weights = Unwrap(read, prefix);
            IsOpenAIs = !read.NamesGelu && (read.IsScript || OpenAIConstants.All(weights.ContainsKey));
            foreach (var constant in OpenAIConstants.Append("attn_mask")) weights.Remove(constant);
            foreach (var positions in weights.Keys.Where(name => name.EndsWith(".position_ids", StringComparison.Ordinal)).ToArray())
                weights.Remove(positions);
            if (isRenamed) UnsupportedModels.Refuse(weights.Keys, path, known);
            RefuseIntegers(weights.Keys, read);
            ElementCounts = weights.GroupBy(w => read.Types[w.Key].Name())
                .ToDictionary(type => type.Key, type => type.Sum(w => (long)w.Value.Data.Length));
            HasHuggingFaceNames = NameMap.IsHuggingFace(weights.Keys);
            Weights = isOpenClips ? CustomText.Rename(weights) : !isRenamed ? weights : HasHuggingFaceNames ? NameMap.ToOpenAI(weights)
                : SiglipNames.IsTimms(weights.Keys) ? SiglipNames.FromOpenClip(CustomText.Rename(weights))
                : LongClip.Join(CustomText.Rename(weights));
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
    /// Another state of the model that the file holds and that is not taken, such as its average (<c>ema</c>); null where there is none.
    /// </summary>
    public string? LeftOut { get; }

    /// <summary>Whether it is a checkpoint of this program's own training.</summary>
    internal bool IsRun { get; }

    /// <summary>
    /// The weights by OpenAI's names, as float32: Hugging Face's names are translated, what stands before every name (<c>module.</c> of
    /// distributed training, say) is cut off, and constants that are no parameters are left out.
    /// </summary>
    public IReadOnlyDictionary<string, WeightTensor> Weights { get; }

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="path">A file, or a folder with one of the usual names in it, such as <c>model.safetensors</c>.</param>
    /// <exception cref="ClipException">
    /// There is no such file, it is damaged or of another kind, it names code to run, or holds a model that is not supported.
    /// </exception>
    public static CheckpointFile Open(string path) => new(Find(path), map: true);

    /// <summary>Opens a checkpoint of a model that is known.</summary>
    /// <param name="config">The model's; of open_clip's own kinds the weights have those names here, too.</param>
    /// <param name="path">As of <see cref="Open"/>.</param>
    /// <param name="otherwise">What to do where the file holds a model of another kind.</param>
    /// <inheritdoc cref="Open"/>
    internal static CheckpointFile OpenFor(ClipConfig config, string path, string otherwise) => config.HasOpenClipTowers
        ? new CheckpointFile(Find(path), map: true, isRenamed: false, isOpenClips: true)
        : new CheckpointFile(Find(path), map: true, known: otherwise);

    /// <summary>Reads a checkpoint's <see cref="Weights"/> into memory of their own.</summary>
    /// <inheritdoc cref="Open"/>
    public static Dictionary<string, WeightTensor> Load(string path)
    {
        using var file = new CheckpointFile(Find(path), map: false);
        return file.Weights.ToDictionary();
    }

    /// <summary>
    /// Opens a checkpoint whose model is known by its config: the weights keep the names they have in the file, but for what stands before
    /// all of them.
    /// </summary>
    /// <inheritdoc cref="Open"/>
    internal static CheckpointFile OpenAsNamed(string path) => new(Find(path), map: true, isRenamed: false);

    /// <summary>The same, read into memory of their own.</summary>
    /// <inheritdoc cref="Open"/>
    internal static Dictionary<string, WeightTensor> LoadAsNamed(string path)
    {
        using var file = new CheckpointFile(Find(path), map: false, isRenamed: false);
        return file.Weights.ToDictionary();
    }

    /// <summary>
    /// The weights' file in a folder by its usual name, or null; one that is but a pointer or a web page only where there is no other.
    /// </summary>
    internal static string? InFolder(string folder) =>
        UsualNames.Select(name => System.IO.Path.Combine(folder, name)).Where(File.Exists)
            .OrderBy(file => WeightFile.IsReal(file) ? 0 : 1).FirstOrDefault();

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
            read.IsRun |= reader.Metadata.ContainsKey("step") && reader.Metadata.ContainsKey("options");
            foreach (var name in reader.Names) read.Add(name, map ? reader.Read(name) : reader.Copy(name), reader.TypeOf(name), file);
            return "safetensors";
        }

        var torch = TorchReader.Load(file);
        foreach (var (name, weight) in torch.Weights) read.Add(name, weight, torch.Types[name], file);
        read.IsScript |= torch.IsScript;
        read.NamesGelu |= torch.NamesGelu;
        read.LeftOut ??= torch.LeftOut;
        return torch.IsScript ? "TorchScript archive" : "PyTorch pickle";
    }

    /// <summary>Cuts off what stands before the model's names, and drops what has other names.</summary>
    private static Dictionary<string, WeightTensor> Unwrap(StoredTensors read, string prefix)
    {
        if (prefix.Length == 0) return read.Weights;
        var inner = read.Weights.Where(w => w.Key.StartsWith(prefix, StringComparison.Ordinal)).ToArray();
        foreach (var (name, _) in inner) read.Types[name[prefix.Length..]] = read.Types[name];
        return inner.ToDictionary(w => w.Key[prefix.Length..], w => w.Value);
    }

    /// <summary>Whole numbers are a quantised model's, whose scales lie elsewhere; only counts are stored so.</summary>
    private void RefuseIntegers(IEnumerable<string> names, StoredTensors read)
    {
        var integers = names.FirstOrDefault(name =>
            read.Types[name] is not (ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16)
            && !name.EndsWith(".num_batches_tracked", StringComparison.Ordinal));
        if (integers is not null)
            throw new ClipException(
                $"{Path}: the weight '{integers}' is stored as {read.Types[integers].Name()}, as quantised models have it; "
                + "give the checkpoint in float32, float16 or bfloat16.");
    }

    /// <summary>A safetensors file has the brace of its header at byte 8; PyTorch's start with <c>PK</c> or a pickle's protocol.</summary>
    private static bool IsSafetensors(string file)
    {
        using var stream = WeightFile.Open(file);
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

        public bool IsRun { get; set; }

        public string? LeftOut { get; set; }

        public void Add(string name, WeightTensor weight, ElementType type, string file)
        {
            if (!Weights.TryAdd(name, weight))
                throw new ClipException($"{file}: tensor '{name}' is in another shard too; get the checkpoint again.");
            Types[name] = type;
        }
    }
}
