using System.Buffers;
using System.Runtime.InteropServices;

namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Several blocks of values as if they lay in one, which they are copied to only when somebody looks at it as a whole. The query, key and
/// value projections of a Hugging Face checkpoint, a quarter of a Transformer, are stacked so and taken apart again without a copy.
/// </summary>
internal sealed class StackedFloats : MemoryManager<float>
{
    private readonly ReadOnlyMemory<float>[] _pieces;
    private readonly int _length;
    private readonly WeakReference<float[]?> _whole = new(null);

    /// <summary>Stacks blocks; all together have no more values than an array holds.</summary>
    public StackedFloats(ReadOnlyMemory<float>[] pieces) => (_pieces, _length) = (pieces, pieces.Sum(p => p.Length));

    /// <inheritdoc/>
    public override Memory<float> Memory => CreateMemory(_length);

    /// <summary>Cuts a tensor into three of a third of the rows each: what was stacked, or slices.</summary>
    public static WeightTensor[] Thirds(WeightTensor stacked)
    {
        long[] shape = [stacked.Shape[0] / 3, .. stacked.Shape.Skip(1)];
        var n = stacked.Data.Length / 3;
        var pieces = MemoryMarshal.TryGetMemoryManager<float, StackedFloats>(stacked.Data, out var manager, out var start, out var length)
            && start == 0 && length == manager._length && manager._pieces.Length == 3 && manager._pieces.All(p => p.Length == n)
            ? manager._pieces
            : [stacked.Data[..n], stacked.Data[n..(2 * n)], stacked.Data[(2 * n)..]];
        return [.. pieces.Select(piece => new WeightTensor(shape, piece))];
    }

    /// <inheritdoc/>
    public override Span<float> GetSpan()
    {
        if (_whole.TryGetTarget(out var whole)) return whole;
        whole = GC.AllocateUninitializedArray<float>(_length);
        var at = 0;
        foreach (var piece in _pieces)
        {
            piece.Span.CopyTo(whole.AsSpan(at));
            at += piece.Length;
        }

        // Nobody else is to keep a copy that can be made again.
        _whole.SetTarget(whole);
        return whole;
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) =>
        throw new NotSupportedException("The values are only read through their span.");

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
