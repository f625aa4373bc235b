using Microsoft.ML.Clip;
using Npgsql;
using Pgvector;

namespace Clip.Cli.Searching.Databases;

/// <summary>
/// A table of PostgreSQL with pgvector. Each batch is a transaction of its own, so that whatever ends in between, the next run finds the
/// batches that were done and goes on.
/// </summary>
internal sealed class PostgresStore : IPictureStore
{
    /// <summary>The table where no other is named.</summary>
    public const string DefaultTable = "clip_images";

    private const string Columns = "id, path, size, modified, caption, content_hash";

    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection _connection;
    private readonly string _table;

    private PostgresStore(NpgsqlDataSource source, NpgsqlConnection connection, string table, StoredModel? model) =>
        (_source, _connection, _table, Model) = (source, connection, table, model);

    /// <summary>The table and where it lies, without the password.</summary>
    public string Name => $"{_table} at {_connection.Host}/{_connection.Database}";

    /// <summary>The model whose embeddings the table has; null before there is one.</summary>
    public StoredModel? Model { get; private set; }

    /// <summary>Connects.</summary>
    /// <param name="connection">Npgsql's connection string.</param>
    /// <param name="table">The table.</param>
    /// <exception cref="ClipException">The server cannot be reached, or the table's name is none.</exception>
    public static async Task<PostgresStore> OpenAsync(string connection, string table, CancellationToken cancellation)
    {
        PostgresSchema.CheckName(table);
        NpgsqlDataSource source;
        try
        {
            // One connection is all that is used; a pool would ask some servers for more than they have.
            var builder = new NpgsqlDataSourceBuilder(connection);
            builder.ConnectionStringBuilder.Pooling = false;
            builder.UseVector();
            source = builder.Build();
        }
        catch (ArgumentException e)
        {
            throw new ClipException(
                $"--store takes a connection string such as \"Host=localhost;Username=me;Database=photos\": {e.Message}", e);
        }

        try
        {
            var opened = await PostgresErrors.ToldAsync("opened", () => source.OpenConnectionAsync(cancellation).AsTask())
                .ConfigureAwait(false);
            var model = await PostgresErrors.ToldAsync("read", () => PostgresSchema.ReadAsync(opened, table, cancellation))
                .ConfigureAwait(false);
            return new PostgresStore(source, opened, table, model);
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes the table what this version needs, and the model's.</summary>
    /// <exception cref="ClipException">The table is of another model, or of a later version.</exception>
    public async Task PrepareAsync(StoredModel model, CancellationToken cancellation)
    {
        Require(model.Fingerprint);
        Model = await PostgresErrors.ToldAsync("prepared", () => PostgresSchema.PrepareAsync(_connection, _table, model, cancellation))
            .ConfigureAwait(false);
        Require(model.Fingerprint);
    }

    /// <exception cref="ClipException">The table is of another model.</exception>
    public void Require(string fingerprint)
    {
        if (Model is null || Model.Fingerprint == fingerprint) return;
        throw new ClipException(
            $"The pictures of {Name} were embedded by the model '{Model.Name}' of fingerprint {Model.Fingerprint}, and this one has "
            + $"{fingerprint}: their embeddings have nothing in common; use that model, or another --table.");
    }

    /// <summary>Makes the graph (HNSW) for approximate search, where it is not there.</summary>
    public Task BuildApproximateAsync(IndexingDisplay display, CancellationToken cancellation) => PostgresErrors.ToldAsync(
        "indexed", async () =>
    {
        await using var command = Command(
            $"create index if not exists {_table}_hnsw on {_table} using hnsw (embedding vector_ip_ops)");
        command.CommandTimeout = 0;
        return await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    });

    public Task<IReadOnlyDictionary<string, ClipIndexEntry>> EntriesAsync(CancellationToken cancellation) =>
        PostgresErrors.ToldAsync("read", async () =>
        {
            var entries = new Dictionary<string, ClipIndexEntry>(StringComparer.Ordinal);
            await using var command = Command($"select {Columns} from {_table}");
            await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            {
                var entry = Entry(reader);
                entries.Add(entry.Id, entry);
            }

            return (IReadOnlyDictionary<string, ClipIndexEntry>)entries;
        });

    public Task<float[]?> EmbeddingAsync(string id, CancellationToken cancellation) => PostgresErrors.ToldAsync("read", async () =>
    {
        await using var command = Command($"select embedding from {_table} where id = $1", id);
        return (await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) as Vector)?.ToArray();
    });

    public Task UpsertAsync(IReadOnlyList<(ClipIndexEntry Entry, float[] Embedding)> pictures, CancellationToken cancellation) =>
        PostgresErrors.ToldAsync("written", async () =>
        {
            await using var transaction = await _connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
            await PostgresBatch.UpsertAsync(_connection, _table, pictures, cancellation).ConfigureAwait(false);
            await transaction.CommitAsync(cancellation).ConfigureAwait(false);
            return true;
        });

    public Task RemoveAsync(IReadOnlyCollection<string> ids, CancellationToken cancellation) =>
        PostgresErrors.ToldAsync("written", async () =>
        {
            await using var command = Command($"delete from {_table} where id = any($1)", (object)ids.ToArray());
            return await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        });

    /// <summary>Every batch is seen as soon as it is written.</summary>
    public Task CommitAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>The closest pictures: exactly, or by the graph where that is asked for.</summary>
    public Task<IReadOnlyList<ClipSearchResult>> SearchAsync(
        float[] query, int top, IReadOnlyList<SearchFilter> filters, bool approximate, CancellationToken cancellation) =>
        PostgresErrors.ToldAsync("searched", async () =>
        {
            if (Model is null) throw new ClipException($"{Name} has no pictures; put them there with clip index --store.");
            await using var transaction = await _connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
            foreach (var setting in Settings(top, filters.Count > 0, approximate))
            {
                await using var set = Command($"set local {setting}");
                await set.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            }

            await using var command = Command("", new Vector(query), top);
            var where = PostgresFilters.Where(filters, command.Parameters);
            // A second order would keep the graph from being used.
            var ties = approximate ? "" : ", id";
            command.CommandText =
                $"select {Columns}, -(embedding <#> $1) from {_table}{where} order by embedding <#> $1{ties} limit $2";
            var found = new List<ClipSearchResult>();
            await using (var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                    found.Add(new ClipSearchResult(Entry(reader), (float)reader.GetDouble(6)));
            }

            await transaction.CommitAsync(cancellation).ConfigureAwait(false);
            return (IReadOnlyList<ClipSearchResult>)found;
        });

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync().ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
    }

    private static IEnumerable<string> Settings(int top, bool isFiltered, bool approximate)
    {
        if (!approximate)
        {
            yield return "enable_indexscan = off";
            yield break;
        }

        yield return "enable_seqscan = off";
        yield return $"hnsw.ef_search = {Math.Clamp(4 * (long)top, 100, 1000)}";
        // Else a filter would be applied to the nearest alone, and leave too few of them.
        if (isFiltered) yield return "hnsw.iterative_scan = strict_order";
    }

    private static ClipIndexEntry Entry(NpgsqlDataReader reader) => new(reader.GetString(0))
    {
        Path = Text(reader, 1),
        Size = reader.IsDBNull(2) ? null : reader.GetInt64(2),
        Modified = reader.IsDBNull(3) ? null : reader.GetFieldValue<DateTimeOffset>(3),
        Caption = Text(reader, 4),
        ContentHash = Text(reader, 5),
    };

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private NpgsqlCommand Command(string text, params object[] values)
    {
        var command = new NpgsqlCommand(text, _connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }
}
