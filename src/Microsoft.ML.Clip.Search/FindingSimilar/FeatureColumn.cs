using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.FindingSimilar;

/// <summary>Finds and checks the column of features to search by.</summary>
internal static class FeatureColumn
{
    public static DataViewSchema.Column Of(DataViewSchema schema, string name, int dimension)
    {
        if (schema.GetColumnOrNull(name) is not { } column) throw NotThere(name, schema.Select(c => c.Name), nameof(schema));
        return column.Type is VectorDataViewType { ItemType: NumberDataViewType { RawType: var raw } } vector && raw == typeof(float)
            && vector.Size == dimension
            ? column
            : throw new ArgumentException(
                $"Column '{name}' is of type {column.Type}; it must be a vector of {dimension} floats, as the index's model makes them.",
                nameof(schema));
    }

    public static void Check(SchemaShape schema, string name)
    {
        var column = schema.FirstOrDefault(c => c.Name == name);
        if (column.Name is null) throw NotThere(name, schema.Select(c => c.Name), nameof(schema));
        if (column.Kind != SchemaShape.Column.VectorKind.Vector || column.IsKey || column.ItemType != NumberDataViewType.Single)
            throw new ArgumentException($"Column '{name}' is no vector of floats; give the features of the index's model.", nameof(schema));
    }

    private static ArgumentException NotThere(string name, IEnumerable<string> others, string parameter) =>
        new($"There is no input column '{name}'; the columns are {string.Join(", ", others)}.", parameter);
}
