namespace Clip.Trainer.Checkpoints;

/// <summary>Opens whatever people keep CLIP's weights in.</summary>
public static class CheckpointFile
{
    /// <summary>What a model folder or a repository calls its weights, best first.</summary>
    private static readonly string[] UsualNames =
        ["model.safetensors", "open_clip_model.safetensors", "pytorch_model.bin", "open_clip_pytorch_model.bin"];

    /// <summary>Constants that OpenAI's archives and older checkpoints carry beside the parameters.</summary>
    private static readonly string[] Constants = ["input_resolution", "context_length", "vocab_size", "attn_mask"];

    /// <summary>
    /// Reads a model's weights by OpenAI's names, as float32: safetensors; PyTorch's <c>.pt</c> and <c>.bin</c> (zip archives and
    /// older), also with the weights under <c>state_dict</c>; OpenAI's TorchScript archives. Hugging Face's names are translated, a
    /// <c>module.</c> before every name (distributed training) is cut off, and constants that are no parameters are left out. The
    /// content decides what a file is, not its name; no code in a file is ever run.
    /// </summary>
    /// <param name="path">A file, or a folder with one of the usual names in it, such as <c>model.safetensors</c>.</param>
    /// <exception cref="ClipException">There is no such file, it is damaged or of another kind, or it names code to run.</exception>
    public static Dictionary<string, WeightTensor> Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var file = path;
        if (Directory.Exists(path))
        {
            file = UsualNames.Select(name => Path.Combine(path, name)).FirstOrDefault(File.Exists)
                ?? throw new ClipException($"{path} has no weights; give a folder with one of {string.Join(", ", UsualNames)}.");
        }
        else if (!File.Exists(path))
        {
            throw new ClipException($"There is no file {path}; give the path of a checkpoint.");
        }

        var weights = IsSafetensors(file) ? SafetensorsReader.Load(file) : TorchReader.Load(file);
        const string wrapper = "module.";
        if (weights.Count > 0 && weights.Keys.All(name => name.StartsWith(wrapper, StringComparison.Ordinal)))
            weights = weights.ToDictionary(w => w.Key[wrapper.Length..], w => w.Value);
        foreach (var constant in Constants) weights.Remove(constant);
        return NameMap.IsHuggingFace(weights.Keys) ? NameMap.ToOpenAI(weights) : weights;
    }

    /// <summary>A safetensors file has the brace of its header at byte 8; PyTorch's start with <c>PK</c> or a pickle's protocol.</summary>
    private static bool IsSafetensors(string file)
    {
        using var stream = File.OpenRead(file);
        Span<byte> start = stackalloc byte[9];
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start[8] == '{';
    }
}
