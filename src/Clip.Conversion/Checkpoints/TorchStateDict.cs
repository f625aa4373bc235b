namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Names the tensors in what a PyTorch file's pickle holds by their path from its root: <c>state_dict.visual.proj</c>,
/// <c>optimizer.state.exp_avg</c>. Which of them are the model's, <see cref="WeightNames"/> tells.
/// </summary>
internal static class TorchStateDict
{
    // Deeper than any model; a pickle may hold itself.
    private const int MaxDepth = 64;

    // Modules that share modules that share modules would be walked through without end.
    private const int MaxModules = 100_000;

    /// <summary>What PyTorch's modules keep their tensors and parts in, which their names do not show.</summary>
    private static readonly string[] ModuleParts = ["_parameters", "_buffers", "_modules"];

    public static Dictionary<string, TorchTensor> Find(object? root, string path)
    {
        var tensors = new Dictionary<string, TorchTensor>();
        var nodes = 0;
        Collect(root, "", MaxDepth);
        return tensors.Count > 0
            ? tensors
            : throw new ClipException($"{path} has no state_dict with tensors; save one with torch.save(model.state_dict(), path).");

        void Collect(object? node, string prefix, int depth)
        {
            if (++nodes > MaxModules) throw new ClipException($"{path} has more than {MaxModules} modules; save its state_dict instead.");
            if (depth == 0) throw new ClipException($"{path} nests modules deeper than {MaxDepth}; save its state_dict instead.");
            foreach (var (key, value) in Children(node))
            {
                if (value is TorchTensor tensor) tensors.TryAdd(prefix + key, tensor);
                else if (value is Dictionary<object, object?> or PickleObject)
                    Collect(value, ModuleParts.Contains(key) ? prefix : $"{prefix}{key}.", depth - 1);
            }
        }
    }

    private static IEnumerable<(string Key, object? Value)> Children(object? node)
    {
        var pairs = node switch
        {
            Dictionary<object, object?> dictionary => dictionary,
            PickleObject instance => instance.Attributes.Concat(instance.Items),
            _ => [],
        };
        return from pair in pairs where pair.Key is string select ((string)pair.Key, pair.Value);
    }
}
