using Microsoft.Extensions.VectorData;

namespace Microsoft.ML.Clip.VectorData;

/// <summary>A property of records, of a class's or of a dictionary's.</summary>
/// <param name="Name">What code calls it.</param>
/// <param name="StorageName">What the store calls it.</param>
/// <param name="Type">Its type.</param>
/// <param name="Get">Reads it off a record.</param>
/// <param name="Set">Writes it into a record.</param>
internal sealed record RecordProperty(
    string Name, string StorageName, Type Type, Func<object, object?> Get, Action<object, object?> Set);

/// <summary>What records are made of: a key, one vector, and data.</summary>
internal sealed record RecordShape(
    RecordProperty Key, RecordProperty Vector, IReadOnlyList<RecordProperty> Data, Func<object> Create)
{
    private static readonly Type[] KeyTypes = [typeof(string), typeof(int), typeof(long), typeof(ulong), typeof(Guid)];

    /// <summary>Of a class with attributes, or as a definition says.</summary>
    /// <exception cref="ArgumentException">The key, or the one vector, is missing or of a type that is not supported.</exception>
    /// <exception cref="NotSupportedException">Another distance than the cosine is asked for.</exception>
    public static RecordShape Of(Type record, VectorStoreCollectionDefinition? definition, int dimension)
    {
        var isDynamic = record == typeof(Dictionary<string, object?>);
        if (isDynamic && definition is null)
            throw new ArgumentException("A collection of dictionaries needs a VectorStoreCollectionDefinition.", nameof(definition));
        var told = definition?.Properties ?? [.. Attributed(record)];
        var properties = told.Select(property => (Told: property, Own: Property(record, isDynamic, property))).ToArray();
        var keys = properties.Where(p => p.Told is VectorStoreKeyProperty).ToArray();
        var vectors = properties.Where(p => p.Told is VectorStoreVectorProperty).ToArray();
        if (keys is not [var key] || !KeyTypes.Contains(key.Own.Type))
            throw new ArgumentException($"'{record.Name}' needs one key, of type string, int, long, ulong or Guid.");
        if (vectors is not [var vector] || !RecordVectors.IsSupported(vector.Own.Type))
        {
            throw new ArgumentException(
                $"'{record.Name}' needs one vector, of type ReadOnlyMemory<float>, float[], Embedding<float>, string or DataContent.");
        }

        Check((VectorStoreVectorProperty)vector.Told, dimension);
        return new RecordShape(
            key.Own, vector.Own, [.. properties.Where(p => p.Told is VectorStoreDataProperty).Select(p => p.Own)],
            isDynamic ? () => new Dictionary<string, object?>() : () => Activator.CreateInstance(record)!);
    }

    private static void Check(VectorStoreVectorProperty vector, int dimension)
    {
        if (vector.Dimensions != dimension)
        {
            throw new ArgumentException(
                $"The vector '{vector.Name}' has {vector.Dimensions} dimensions, and the model's embeddings have {dimension}; "
                + $"say {dimension}.");
        }

        if (vector.DistanceFunction is not (null or DistanceFunction.CosineSimilarity or DistanceFunction.DotProductSimilarity))
        {
            throw new NotSupportedException(
                $"The distance '{vector.DistanceFunction}' of the vector '{vector.Name}' is not CLIP's; say CosineSimilarity, or nothing.");
        }
    }

    private static RecordProperty Property(Type record, bool isDynamic, VectorStoreProperty told)
    {
        var name = told.StorageName ?? told.Name;
        if (isDynamic)
        {
            var type = told.Type ?? throw new ArgumentException($"The definition of '{told.Name}' does not say its type.");
            return new(
                told.Name, name, type, values => ((Dictionary<string, object?>)values).GetValueOrDefault(told.Name),
                (values, value) => ((Dictionary<string, object?>)values)[told.Name] = value);
        }

        var property = record.GetProperty(told.Name) ?? throw new ArgumentException($"'{record.Name}' has no property '{told.Name}'.");
        return new(told.Name, name, property.PropertyType, property.GetValue, property.SetValue);
    }

    private static IEnumerable<VectorStoreProperty> Attributed(Type record)
    {
        foreach (var property in record.GetProperties())
        {
            foreach (var attribute in property.GetCustomAttributes(inherit: true))
            {
                VectorStoreProperty? told = attribute switch
                {
                    VectorStoreKeyAttribute key => new VectorStoreKeyProperty(property.Name, property.PropertyType)
                    {
                        StorageName = key.StorageName,
                    },
                    VectorStoreDataAttribute data => new VectorStoreDataProperty(property.Name, property.PropertyType)
                    {
                        StorageName = data.StorageName,
                    },
                    VectorStoreVectorAttribute vector => new VectorStoreVectorProperty(
                        property.Name, property.PropertyType, vector.Dimensions)
                    {
                        StorageName = vector.StorageName,
                        DistanceFunction = vector.DistanceFunction,
                    },
                    _ => null,
                };
                if (told is not null) yield return told;
            }
        }
    }
}
