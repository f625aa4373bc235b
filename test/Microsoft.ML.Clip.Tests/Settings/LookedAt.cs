using System.Collections;
using System.Collections.Concurrent;

namespace Microsoft.ML.Clip.Tests.Settings;

/// <summary>Pictures that remember which of them were looked at, and may do something then.</summary>
internal sealed class LookedAt(byte[][] pictures, Action<int>? onLook = null) : IReadOnlyList<ReadOnlyMemory<byte>>
{
    private readonly ConcurrentDictionary<int, bool> _indices = new();

    public ICollection<int> Indices => _indices.Keys;

    public int Count => pictures.Length;

    public ReadOnlyMemory<byte> this[int index]
    {
        get
        {
            _indices[index] = true;
            onLook?.Invoke(index);
            return pictures[index];
        }
    }

    public IEnumerator<ReadOnlyMemory<byte>> GetEnumerator() => throw new NotSupportedException("It is read by its indices.");

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
