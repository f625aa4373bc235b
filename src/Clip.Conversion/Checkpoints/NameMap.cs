using Clip.Conversion.Architectures;

namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Translates between the parameter names of OpenAI's CLIP (also open_clip's) and those of Hugging Face's <c>CLIPModel</c>. The
/// values are the same but for two things: OpenAI stacks the query, key and value projections in <c>in_proj</c>, and stores the
/// two projections into the shared space transposed. Vision Transformers only, for Hugging Face has no CLIP with a ResNet. A
/// <c>SiglipModel</c>'s parameters have the same names, and some more, for which the names on this side are made in OpenAI's way.
/// </summary>
public static class NameMap
{
    /// <summary>Whether the names are Hugging Face's.</summary>
    public static bool IsHuggingFace(IEnumerable<string> names) => names.Any(n =>
        n.StartsWith("text_model.", StringComparison.Ordinal) || n.StartsWith("vision_model.", StringComparison.Ordinal));

    /// <summary>
    /// Renames OpenAI's parameters to Hugging Face's. The query, key and value projections are views of the ones they are cut from.
    /// </summary>
    /// <exception cref="ClipException">A parameter is not one of a CLIP model with a Vision Transformer.</exception>
    public static Dictionary<string, WeightTensor> ToHuggingFace(IReadOnlyDictionary<string, WeightTensor> openAI)
    {
        ArgumentNullException.ThrowIfNull(openAI);
        var result = new Dictionary<string, WeightTensor>();
        var isSiglip = openAI.ContainsKey(ClipNames.Image.Probe);
        foreach (var (name, tensor) in openAI)
        {
            var stored = NameTable.HuggingFace.OfOurs(name) ?? throw Unknown(name);
            if (stored.IsStacked)
            {
                foreach (var (piece, part) in StackedPieces.Cut(stored, tensor)) result[piece] = part;
            }
            else
            {
                result[stored.Pieces[0].Name] = stored.IsTransposed ? Transpose(name, tensor)
                    : isSiglip && SiglipNames.IsScalar(name) ? tensor with { Shape = [1] }
                    : tensor;
            }
        }

        return result;
    }

    /// <summary>Renames Hugging Face's parameters to OpenAI's, without the constant <c>position_ids</c> of older files.</summary>
    /// <exception cref="ClipException">A parameter is not one of <c>CLIPModel</c>, or a query, key or value lacks the others.</exception>
    public static Dictionary<string, WeightTensor> ToOpenAI(IReadOnlyDictionary<string, WeightTensor> huggingFace)
    {
        ArgumentNullException.ThrowIfNull(huggingFace);
        var result = new Dictionary<string, WeightTensor>();
        foreach (var (name, tensor) in huggingFace)
        {
            if (name.EndsWith(".position_ids", StringComparison.Ordinal)) continue;
            var stored = NameTable.HuggingFace.OfTheirs(name) ?? throw Unknown(name);
            if (!stored.IsStacked) result[stored.Ours] = stored.IsTransposed ? Transpose(name, tensor) : tensor;
            else if (!result.ContainsKey(stored.Ours)) result[stored.Ours] = StackedPieces.Join(stored, huggingFace);
        }

        return result;
    }

    private static ClipException Unknown(string name) =>
        new($"The parameter '{name}' is none of a CLIP model with a Vision Transformer; give a checkpoint of such a model.");

    private static WeightTensor Transpose(string name, WeightTensor tensor)
    {
        if (tensor.Shape.Count != 2)
            throw new ClipException($"The parameter '{name}' has {tensor.Shape.Count} dimensions instead of 2; get the checkpoint again.");
        int rows = (int)tensor.Shape[0], columns = (int)tensor.Shape[1];
        var source = tensor.Data.Span;
        var transposed = new float[source.Length];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++) transposed[c * rows + r] = source[r * columns + c];
        }

        return new WeightTensor([columns, rows], transposed);
    }
}
