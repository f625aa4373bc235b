using System.Buffers;

namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Values that are made when somebody looks at them and kept only as long as somebody does: a large model's take up memory one after
/// another, not all at once.
/// </summary>
/// <param name="length">How many there will be.</param>
internal abstract class RemadeFloats(int length) : MemoryManager<float>
{
    private readonly WeakReference<float[]?> _made = new(null);

    /// <inheritdoc/>
    public override Memory<float> Memory => CreateMemory(length);

    /// <inheritdoc/>
    public override Span<float> GetSpan()
    {
        if (_made.TryGetTarget(out var values)) return values;
        values = Make();
        // Nobody else is to keep a copy that can be made again.
        _made.SetTarget(values);
        return values;
    }

    /// <summary>Makes the values, the same each time.</summary>
    protected abstract float[] Make();

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
