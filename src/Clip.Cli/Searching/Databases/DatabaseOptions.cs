using System.CommandLine;

namespace Clip.Cli.Searching.Databases;

/// <summary>A database in place of an index file.</summary>
internal sealed class DatabaseOptions
{
    private readonly Option<string?> _store = new("--store")
    {
        Description = "A PostgreSQL with pgvector in place of a file: a connection string such as \"Host=localhost;Database=photos\".",
    };

    private readonly Option<string> _table = new("--table")
    {
        Description = "The table of the database.",
        DefaultValueFactory = _ => PostgresStore.DefaultTable,
    };

    public IEnumerable<Option> All => [_store, _table];

    /// <summary>The connection string; null where there is none.</summary>
    public string? Parse(ParseResult parsed) => parsed.GetValue(_store);

    /// <summary>Connects.</summary>
    /// <exception cref="Conversion.ClipException">The server cannot be reached.</exception>
    public Task<PostgresStore> OpenAsync(ParseResult parsed, CancellationToken cancellation) =>
        PostgresStore.OpenAsync(parsed.GetValue(_store)!, parsed.GetValue(_table)!, cancellation);
}
