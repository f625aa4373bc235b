namespace Clip.Trainer.Checkpoints;

/// <summary>Finds the named tensors in what a PyTorch file's pickle holds.</summary>
internal static class TorchStateDict
{
    // Deeper than any model; a pickle may hold itself.
    private const int MaxDepth = 64;

    public static Dictionary<string, TorchTensor> Find(object? root, string path)
    {
        var tensors = new Dictionary<string, TorchTensor>();
        if (root is Dictionary<object, object?> checkpoint && checkpoint.TryGetValue("state_dict", out var inner)) root = inner;
        if (root is Dictionary<object, object?> stateDict)
        {
            foreach (var (key, value) in stateDict)
            {
                if (key is string name && value is TorchTensor tensor) tensors[name] = tensor;
            }
        }
        else if (root is PickleObject module)
        {
            Collect(module, "", tensors, MaxDepth, path);
        }

        return tensors.Count > 0
            ? tensors
            : throw new ClipException($"{path} has no state_dict with tensors; save one with torch.save(model.state_dict(), path).");
    }

    private static void Collect(PickleObject module, string prefix, Dictionary<string, TorchTensor> tensors, int depth, string path)
    {
        if (depth == 0) throw new ClipException($"{path} nests modules deeper than {MaxDepth}; save its state_dict instead.");
        foreach (var (key, value) in module.Attributes)
        {
            if (key is not string name) continue;
            if (value is TorchTensor tensor) tensors[prefix + name] = tensor;
            else if (value is PickleObject child) Collect(child, $"{prefix}{name}.", tensors, depth - 1, path);
        }
    }
}
