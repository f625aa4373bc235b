using System.Runtime.InteropServices;

namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Several blocks of values as if they lay in one, which they are copied to only when somebody looks at it as a whole. The query, key and
/// value projections of a Hugging Face checkpoint, a quarter of a Transformer, are stacked so and taken apart again without a copy.
/// </summary>
internal sealed class StackedFloats : RemadeFloats
{
    private readonly ReadOnlyMemory<float>[] _pieces;
    private readonly int _length;

    /// <summary>Stacks blocks; all together have no more values than an array holds.</summary>
    public StackedFloats(ReadOnlyMemory<float>[] pieces)
        : base(pieces.Sum(p => p.Length)) => (_pieces, _length) = (pieces, pieces.Sum(p => p.Length));

    /// <summary>Cuts a tensor into three of a third of the rows each: what was stacked, or slices.</summary>
    public static WeightTensor[] Thirds(WeightTensor stacked)
    {
        long[] shape = [stacked.Shape[0] / 3, .. stacked.Shape.Skip(1)];
        var n = stacked.Data.Length / 3;
        var pieces = MemoryMarshal.TryGetMemoryManager<float, StackedFloats>(stacked.Data, out var manager, out var start, out var length)
            && start == 0 && length == manager._length && manager._pieces.Length == 3 && manager._pieces.All(p => p.Length == n)
            ? manager._pieces
            : [stacked.Data[..n], stacked.Data[n..(2 * n)], stacked.Data[(2 * n)..]];
        return
        [
            .. pieces.Select((piece, third) => new WeightTensor(shape, piece)
            {
                Origin = stacked.Origin is null ? null : new Derivation.Rows(stacked, third * shape[0], shape[0]),
            }),
        ];
    }

    /// <inheritdoc/>
    protected override float[] Make()
    {
        var whole = GC.AllocateUninitializedArray<float>(_length);
        var at = 0;
        foreach (var piece in _pieces)
        {
            piece.Span.CopyTo(whole.AsSpan(at));
            at += piece.Length;
        }

        return whole;
    }
}
