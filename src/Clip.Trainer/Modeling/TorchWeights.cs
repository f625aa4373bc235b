using System.Runtime.InteropServices;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Initialization;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>Carries weights between torch and the files, by name.</summary>
internal static class TorchWeights
{
    /// <summary>Copies of a module's parameters and buffers, float32.</summary>
    public static Dictionary<string, WeightTensor> Of(nn.Module module) =>
        module.state_dict().ToDictionary(p => p.Key, p => Copy(p.Value));

    /// <summary>A copy of a tensor's values.</summary>
    public static WeightTensor Copy(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var floats = tensor.detach().@float().cpu().contiguous();
        return new WeightTensor(tensor.shape, MemoryMarshal.Cast<byte, float>(floats.bytes).ToArray());
    }

    /// <summary>Overwrites a tensor's values.</summary>
    /// <param name="target">Keeps its type and device.</param>
    /// <param name="source">As many values of the same shape.</param>
    /// <param name="name">For the message.</param>
    /// <exception cref="ClipException">The shapes differ.</exception>
    public static void CopyInto(Tensor target, WeightTensor source, string name)
    {
        // Some files store a scalar with one dimension.
        var isScalar = target.shape.Length == 0 && source.Data.Length == 1;
        if (!isScalar && !target.shape.SequenceEqual(source.Shape))
            throw new ClipException(
                $"The weight '{name}' has shape [{string.Join(", ", source.Shape)}] where the model needs "
                + $"[{string.Join(", ", target.shape)}]; use weights of this architecture.");
        using var unused = no_grad();
        using var values = tensor(source.Data.ToArray(), target.shape);
        target.copy_(values);
    }

    /// <summary>Overwrites all of a module's parameters and buffers.</summary>
    /// <exception cref="ClipException">A weight is missing, has another shape, or has no place in the module.</exception>
    public static void Load(nn.Module module, IReadOnlyDictionary<string, WeightTensor> weights, string source)
    {
        var state = module.state_dict();
        foreach (var (name, target) in state)
        {
            if (!weights.TryGetValue(name, out var value))
                throw new ClipException($"{source} has no weight '{name}'; use weights of this architecture.");
            CopyInto(target, value, name);
        }

        if (weights.Keys.FirstOrDefault(name => !state.ContainsKey(name)) is { } stray)
            throw new ClipException(
                $"{source} holds a weight '{stray}' that the model has no place for; use weights of this architecture.");
    }
}
