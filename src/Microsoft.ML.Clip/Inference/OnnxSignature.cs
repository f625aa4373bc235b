using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip;

/// <summary>
/// Finds a tower's inputs and outputs by looking at the session, since exporters name and type them differently:
/// <c>pixel_values</c> or <c>image</c>, <c>input_ids</c> int64 or <c>text</c> int32, with or without an <c>attention_mask</c>.
/// </summary>
internal static class OnnxSignature
{
    public static string? Pixels(OnnxSession session) =>
        session.Inputs.Where(i => IsFloat(i.Value) && i.Value.Dimensions.Length == 4).Select(i => i.Key).FirstOrDefault();

    public static string? TokenIds(OnnxSession session) => Integers(session).FirstOrDefault(name => !IsMask(name));

    public static string? Mask(OnnxSession session) => Integers(session).FirstOrDefault(IsMask);

    public static bool IsFloat(NodeMetadata tensor) => tensor.ElementDataType is TensorElementType.Float or TensorElementType.Float16;

    /// <summary>Throws where the session wants an input that a tower does not know how to fill.</summary>
    public static void RefuseOthers(OnnxSession session, params string?[] known)
    {
        if (session.Inputs.Keys.FirstOrDefault(name => !known.Contains(name)) is { } other)
            throw new InvalidDataException($"'{session.File.Path}' wants an input '{other}', which no CLIP tower has.");
    }

    private static IEnumerable<string> Integers(OnnxSession session) => session.Inputs
        .Where(i => i.Value.ElementDataType is TensorElementType.Int64 or TensorElementType.Int32 && i.Value.Dimensions.Length == 2)
        .Select(i => i.Key);

    private static bool IsMask(string name) => name.Contains("mask", StringComparison.OrdinalIgnoreCase);
}
