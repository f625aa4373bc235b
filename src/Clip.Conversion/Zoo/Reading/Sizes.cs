using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Zoo.Reading;

/// <summary>
/// A tower's sizes: a dimension of a tensor where there is a checkpoint, else what the config says, else what the name stands for.
/// </summary>
/// <param name="weights">A checkpoint's tensors; null without one.</param>
/// <param name="source">Where the config came from, for messages.</param>
internal sealed class Sizes(IReadOnlyDictionary<string, WeightTensor>? weights, string source)
{
    public string Source => source;

    /// <summary>A tensor's dimension.</summary>
    public int Of(string tensor, int axis, int otherwise)
    {
        if (weights is null || !weights.TryGetValue(tensor, out var weight)) return otherwise;
        if (axis < weight.Shape.Count && weight.Shape[axis] is > 0 and <= int.MaxValue) return (int)weight.Shape[axis];
        throw new ClipException(
            $"{source}: the tensor '{tensor}' has shape [{string.Join(", ", weight.Shape)}], unlike in a model of this kind.");
    }

    /// <summary>Whether a tensor is there.</summary>
    public bool Has(string tensor, bool otherwise) => weights?.ContainsKey(tensor) ?? otherwise;

    /// <summary>How many numbered parts there are; a checkpoint must have as many as the config says.</summary>
    /// <exception cref="ClipException">It has others.</exception>
    public int Count(string prefix, int expected)
    {
        if (weights is null) return expected;
        var count = 0;
        foreach (var name in weights.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            var number = name.AsSpan(prefix.Length);
            var dot = number.IndexOf('.');
            if (dot is > 0 and < 6 && int.TryParse(number[..dot], out var index)) count = Math.Max(count, index + 1);
        }

        return count == expected ? count : throw new ClipException(
            $"{source} says that there are {expected} of '{prefix}…', but the checkpoint has {count}; give the config it was made with.");
    }
}
