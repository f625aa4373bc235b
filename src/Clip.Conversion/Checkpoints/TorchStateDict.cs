namespace Clip.Conversion.Checkpoints;

/// <summary>Finds the named tensors in what a PyTorch file's pickle holds.</summary>
internal static class TorchStateDict
{
    // Deeper than any model; a pickle may hold itself.
    private const int MaxDepth = 64;

    // Modules that share modules that share modules would be walked through without end.
    private const int MaxModules = 100_000;

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
            var modules = 0;
            Collect(module, "", tensors, MaxDepth, path, ref modules);
        }

        return tensors.Count > 0
            ? tensors
            : throw new ClipException($"{path} has no state_dict with tensors; save one with torch.save(model.state_dict(), path).");
    }

    private static void Collect(
        PickleObject module, string prefix, Dictionary<string, TorchTensor> tensors, int depth, string path, ref int modules)
    {
        if (++modules > MaxModules) throw new ClipException($"{path} has more than {MaxModules} modules; save its state_dict instead.");
        if (depth == 0) throw new ClipException($"{path} nests modules deeper than {MaxDepth}; save its state_dict instead.");
        foreach (var (key, value) in module.Attributes)
        {
            if (key is not string name) continue;
            if (value is TorchTensor tensor) tensors[prefix + name] = tensor;
            else if (value is PickleObject child) Collect(child, $"{prefix}{name}.", tensors, depth - 1, path, ref modules);
        }
    }
}
