using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Clip.Conversion.Checkpoints;

/// <summary>Float32 values inside a memory-mapped file, as managed memory that refuses to be read once the mapping is closed.</summary>
internal sealed unsafe class MappedFloats(SafeMemoryMappedViewHandle view, byte* start, int length) : MemoryManager<float>
{
    /// <inheritdoc/>
    public override Span<float> GetSpan()
    {
        ObjectDisposedException.ThrowIf(view.IsClosed, typeof(SafetensorsReader));
        return new Span<float>(start, length);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(view.IsClosed, typeof(SafetensorsReader));
        return new MemoryHandle((float*)start + elementIndex, pinnable: this);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
        // Mapped memory does not move.
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // The reader owns the mapping.
    }
}
