using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip.Inference;

/// <summary>What a graph says of one of its inputs or outputs.</summary>
/// <param name="ElementType">The type of its numbers.</param>
/// <param name="Dimensions">Its shape; a dimension that the graph leaves open is -1.</param>
internal sealed record OnnxTensor(TensorElementType ElementType, int[] Dimensions)
{
    public bool IsFloat => ElementType is TensorElementType.Float or TensorElementType.Float16;

    public bool IsInteger => ElementType is TensorElementType.Int64 or TensorElementType.Int32;
}
