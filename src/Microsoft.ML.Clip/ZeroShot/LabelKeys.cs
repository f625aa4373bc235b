using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.ZeroShot;

/// <summary>
/// Columns of true labels. Evaluators compare a label's key with the predicted one, or with the score's slot, by number alone: where the
/// names behind the numbers are in another order, they give wrong numbers without a word.
/// </summary>
internal static class LabelKeys
{
    private const string Wanted = "a key over texts, as Conversion.MapValueToKey makes, whose key values are the labels";

    /// <summary>The column that evaluators take for the true label by default.</summary>
    private const string DefaultName = "Label";

    /// <summary>The names of a column's keys, in their order.</summary>
    /// <exception cref="ArgumentException">There is no such column, or it is no key with names.</exception>
    public static IReadOnlyList<string> Require(DataViewSchema schema, string name)
    {
        if (schema.GetColumnOrNull(name) is not { } column)
        {
            throw new ArgumentException(
                $"There is no label column '{name}'; the columns are {string.Join(", ", schema.Select(c => c.Name))}.", nameof(schema));
        }

        return Names(column)
            ?? throw new ArgumentException($"Column '{name}' is of type {column.Type}; it must be {Wanted}.", nameof(schema));
    }

    public static void Check(SchemaShape schema, string name)
    {
        var column = schema.FirstOrDefault(c => c.Name == name);
        if (column.Name is null)
            throw new ArgumentException($"There is no label column '{name}'.", nameof(schema));
        if (!column.IsKey || column.Annotations.All(a => a.Name != "KeyValues"))
            throw new ArgumentException($"Column '{name}' is no key with names; it must be {Wanted}.", nameof(schema));
    }

    /// <summary>What is wrong with the label keys among some columns, a sentence each.</summary>
    public static IEnumerable<string> Problems(DataViewSchema schema, IReadOnlyList<string> labels)
    {
        var places = labels.Select((label, i) => (label, i)).ToDictionary(l => l.label, l => l.i);
        foreach (var column in schema)
        {
            if (column.IsHidden || Names(column) is not { } names) continue;
            var known = names.Select((name, key) => (name, key)).Where(n => places.ContainsKey(n.name)).ToList();
            if (known.FirstOrDefault(n => places[n.name] != n.key) is { name: { } name } moved)
            {
                yield return $"The key column '{column.Name}' has the labels in another order: '{name}' is its key {moved.key + 1}, and "
                    + $"{places[name] + 1} of the classifier; evaluated by it, the numbers are wrong. Set LabelColumnName, or give "
                    + "MapValueToKey the labels as keyData.";
            }
            else if (known.Count == 0 && names.Count > 0 && column.Name == DefaultName)
            {
                yield return $"The key column '{column.Name}' has none of the classifier's labels (its first is '{names[0]}', the "
                    + $"classifier's '{labels[0]}'); evaluated by it, the numbers mean nothing.";
            }
        }
    }

    private static List<string>? Names(DataViewSchema.Column column)
    {
        if (column.Type is not KeyDataViewType || column.Annotations.Schema.GetColumnOrNull("KeyValues") is not { } values) return null;
        if (values.Type is not VectorDataViewType { ItemType: TextDataViewType }) return null;
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetKeyValues(ref names);
        return [.. names.DenseValues().Select(n => n.ToString())];
    }
}
