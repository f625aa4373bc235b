using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip.Inference;

/// <summary>
/// A tensor of a session over our own floats: in place for float graphs, through a converted copy for half-precision ones.
/// </summary>
internal sealed class FloatTensor : IDisposable
{
    private readonly Memory<float> _values;
    private readonly Float16[]? _halves;

    private FloatTensor(Memory<float> values, long[] shape, TensorElementType type)
    {
        _values = values;
        _halves = type == TensorElementType.Float16 ? new Float16[values.Length] : null;
        Value = _halves is null
            ? OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, values, shape)
            : OrtValue.CreateTensorValueFromMemory(_halves, shape);
    }

    public OrtValue Value { get; }

    public static FloatTensor Input(Memory<float> values, long[] shape, TensorElementType type)
    {
        var tensor = new FloatTensor(values, shape, type);
        if (tensor._halves is { } halves) TensorPrimitives.ConvertToHalf(values.Span, MemoryMarshal.Cast<Float16, Half>(halves.AsSpan()));
        return tensor;
    }

    /// <summary>Filled by a run; call <see cref="Complete"/> after it.</summary>
    public static FloatTensor Output(Memory<float> values, long[] shape, TensorElementType type) => new(values, shape, type);

    public void Complete()
    {
        if (_halves is not null) TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<Float16, Half>(_halves), _values.Span);
    }

    public void Dispose() => Value.Dispose();
}
