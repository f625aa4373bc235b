using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.DataViews;

/// <summary>Finds and checks the column that a step reads, in a schema or in the shape of one.</summary>
internal static class InputColumns
{
    private const string ImageTypes = "an image (MLImage), text (a file's path) or a vector of bytes (a file's content)";
    private const string TextTypes = "text";
    private const string FeatureTypes = "a vector of floats of known size";

    public static DataViewSchema.Column Image(DataViewSchema inputSchema, string name) => Find(inputSchema, name, IsImage, ImageTypes);

    public static DataViewSchema.Column Text(DataViewSchema inputSchema, string name) => Find(inputSchema, name, IsText, TextTypes);

    public static void CheckImage(SchemaShape inputSchema, string name) => Check(inputSchema, name, IsImage, ImageTypes);

    public static void CheckText(SchemaShape inputSchema, string name) => Check(inputSchema, name, IsText, TextTypes);

    public static DataViewSchema.Column Features(DataViewSchema inputSchema, string name)
    {
        var column = Find(inputSchema, name, IsFeature, FeatureTypes);
        return column.Type is VectorDataViewType { IsKnownSize: true }
            ? column
            : throw new ArgumentException(
                $"Column '{name}' is of type {column.Type}; it must be {FeatureTypes}.", nameof(inputSchema));
    }

    public static void CheckFeatures(SchemaShape inputSchema, string name) => Check(inputSchema, name, IsFeature, FeatureTypes);

    private static bool IsFeature(DataViewType item, bool isVector) =>
        isVector && item.RawType == typeof(float) && item is not KeyDataViewType;

    private static bool IsImage(DataViewType item, bool isVector) => isVector
        ? item.RawType == typeof(byte) && item is not KeyDataViewType
        : item is TextDataViewType || item.RawType == typeof(MLImage);

    private static bool IsText(DataViewType item, bool isVector) => item is TextDataViewType && !isVector;

    private static DataViewSchema.Column Find(DataViewSchema inputSchema, string name, Func<DataViewType, bool, bool> fits, string wanted)
    {
        if (inputSchema.GetColumnOrNull(name) is not { } column) throw NotThere(name, inputSchema.Select(c => c.Name), nameof(inputSchema));
        var item = column.Type is VectorDataViewType vector ? vector.ItemType : column.Type;
        return fits(item, column.Type is VectorDataViewType)
            ? column
            : throw new ArgumentException($"Column '{name}' is of type {column.Type}; it must be {wanted}.", nameof(inputSchema));
    }

    private static void Check(SchemaShape inputSchema, string name, Func<DataViewType, bool, bool> fits, string wanted)
    {
        var column = inputSchema.FirstOrDefault(c => c.Name == name);
        if (column.Name is null) throw NotThere(name, inputSchema.Select(c => c.Name), nameof(inputSchema));
        var isVector = column.Kind != SchemaShape.Column.VectorKind.Scalar;
        if (column.IsKey || !fits(column.ItemType, isVector))
        {
            var type = $"{(isVector ? "Vector of " : "")}{(column.IsKey ? "Key of " : "")}{column.ItemType}";
            throw new ArgumentException($"Column '{name}' is of type {type}; it must be {wanted}.", nameof(inputSchema));
        }
    }

    private static ArgumentException NotThere(string name, IEnumerable<string> others, string parameter) =>
        new($"There is no input column '{name}'; the columns are {string.Join(", ", others)}.", parameter);
}
