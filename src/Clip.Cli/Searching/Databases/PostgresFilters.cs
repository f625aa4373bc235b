using Npgsql;

namespace Clip.Cli.Searching.Databases;

/// <summary>Conditions as SQL, their values as parameters.</summary>
internal static class PostgresFilters
{
    /// <summary>The WHERE, with a blank before it; empty without conditions.</summary>
    public static string Where(IReadOnlyList<SearchFilter> filters, NpgsqlParameterCollection parameters)
    {
        string[] conditions = [.. filters.SelectMany(filter => Conditions(filter, parameters))];
        return conditions.Length == 0 ? "" : $" where {string.Join(" and ", conditions)}";
    }

    private static IEnumerable<string> Conditions(SearchFilter filter, NpgsqlParameterCollection parameters)
    {
        switch (filter)
        {
            case PathFilter path:
                yield return $"coalesce(path, id) {(path.IsNot ? "!~*" : "~*")} {Add(path.Pattern)}";
                break;
            case RangeFilter range:
                var column = range.Field == RangeField.Size ? "size" : "modified";
                if (range.From is { } from) yield return $"{column} >= {Add(Value(range.Field, from))}";
                if (range.To is { } to) yield return $"{column} < {Add(Value(range.Field, to))}";
                break;
            default:
                throw new NotSupportedException($"A condition of kind {filter.GetType().Name} has no SQL.");
        }

        string Add(object value)
        {
            parameters.Add(new NpgsqlParameter { Value = value });
            return $"${parameters.Count}";
        }
    }

    private static object Value(RangeField field, long value) => field == RangeField.Size ? value : new DateTime(value, DateTimeKind.Utc);
}
