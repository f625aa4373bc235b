using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Inference;

/// <summary>
/// A graph's inputs and outputs, and which of them a tower's are. Exporters name and type them differently: <c>pixel_values</c> or
/// <c>image</c>, <c>input_ids</c> int64 or <c>text</c> int32, with or without an <c>attention_mask</c>.
/// </summary>
/// <param name="Path">The file, for messages.</param>
/// <param name="Inputs">The inputs by name.</param>
/// <param name="Outputs">The outputs by name.</param>
internal sealed record OnnxSignature(
    string Path, IReadOnlyDictionary<string, OnnxTensor> Inputs, IReadOnlyDictionary<string, OnnxTensor> Outputs)
{
    /// <summary>The input of [batch, 3, height, width].</summary>
    public string? Pixels => Inputs.Where(i => i.Value.IsFloat && i.Value.Dimensions.Length == 4).Select(i => i.Key).FirstOrDefault();

    /// <summary>The input of [batch, length] that takes token ids.</summary>
    public string? TokenIds => Integers.FirstOrDefault(name => !IsMask(name) && !IsType(name) && !IsPlace(name));

    /// <summary>The input of [batch, length] that tells tokens from padding.</summary>
    public string? Mask => Integers.FirstOrDefault(IsMask);

    /// <summary>The input of [batch, length] that tells BERT's first text from its second.</summary>
    public string? TokenTypes => Integers.FirstOrDefault(IsType);

    private IEnumerable<string> Integers =>
        Inputs.Where(i => i.Value.IsInteger && i.Value.Dimensions.Length == 2).Select(i => i.Key);

    public static OnnxSignature Of(string path, InferenceSession session) =>
        new(path, Tensors(session.InputMetadata), Tensors(session.OutputMetadata));

    /// <summary>Throws where the graph wants an input that a tower does not know how to fill.</summary>
    public void RefuseOthers(params string?[] known)
    {
        if (Inputs.Keys.FirstOrDefault(name => !known.Contains(name)) is { } other)
            throw new InvalidDataException($"'{Path}' wants an input '{other}', which no CLIP tower has.");
    }

    private static Dictionary<string, OnnxTensor> Tensors(IReadOnlyDictionary<string, NodeMetadata> metadata) => metadata
        .ToDictionary(m => m.Key, m => m.Value.IsTensor ? new OnnxTensor(m.Value.ElementDataType, m.Value.Dimensions) : new(default, []));

    private static bool IsType(string name) => name.Contains("token_type", StringComparison.OrdinalIgnoreCase);

    private static bool IsPlace(string name) => name.Contains("position", StringComparison.OrdinalIgnoreCase);

    private static bool IsMask(string name) => name.Contains("mask", StringComparison.OrdinalIgnoreCase);
}
