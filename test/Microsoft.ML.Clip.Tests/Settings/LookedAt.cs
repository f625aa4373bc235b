using System.Collections;
using System.Collections.Concurrent;

namespace Microsoft.ML.Clip.Tests.Settings;

/// <summary>Pictures, or texts, that remember which of them were looked at, and may do something then.</summary>
internal sealed class LookedAt<T>(T[] items, Action<int>? onLook = null) : IReadOnlyList<T>
{
    private readonly ConcurrentDictionary<int, bool> _indices = new();

    public ICollection<int> Indices => _indices.Keys;

    public int Count => items.Length;

    public T this[int index]
    {
        get
        {
            _indices[index] = true;
            onLook?.Invoke(index);
            return items[index];
        }
    }

    public IEnumerator<T> GetEnumerator() => throw new NotSupportedException("It is read by its indices.");

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
