using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.DataViews;

/// <summary>The columns we add: vectors with slot names, keys with key values.</summary>
internal static class VectorColumns
{
    /// <summary>An embedding. Its slots are named by number, since trainers' tools (permutation importance) want names.</summary>
    public static DataViewSchema.DetachedColumn Embedding(string name, int dimension) =>
        Vector(name, [.. Enumerable.Range(0, dimension).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))]);

    /// <summary>A vector of <see cref="float"/> with a named slot for each of <paramref name="slots"/>.</summary>
    public static DataViewSchema.DetachedColumn Vector(string name, IReadOnlyList<string> slots) =>
        new(name, new VectorDataViewType(NumberDataViewType.Single, slots.Count), Annotations("SlotNames", slots));

    /// <summary>A key over <paramref name="values"/>: 1 is the first, 0 is missing.</summary>
    public static DataViewSchema.DetachedColumn Key(string name, IReadOnlyList<string> values) =>
        new(name, new KeyDataViewType(typeof(uint), values.Count), Annotations("KeyValues", values));

    /// <summary>A getter that copies what <paramref name="values"/> points at.</summary>
    public static ValueGetter<VBuffer<float>> VectorGetter(int length, Func<ReadOnlyMemory<float>> values) => (ref VBuffer<float> value) =>
    {
        var editor = VBufferEditor.Create(ref value, length);
        values().Span.CopyTo(editor.Values);
        value = editor.Commit();
    };

    private static DataViewSchema.Annotations Annotations(string kind, IReadOnlyList<string> texts)
    {
        var values = texts.Select(t => t.AsMemory()).ToArray();
        var buffer = new VBuffer<ReadOnlyMemory<char>>(values.Length, values);
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add(kind, new VectorDataViewType(TextDataViewType.Instance, values.Length),
            (ref VBuffer<ReadOnlyMemory<char>> value) => buffer.CopyTo(ref value));
        return builder.ToAnnotations();
    }
}
