using System.Text.RegularExpressions;
using Npgsql;

namespace Clip.Cli.Searching.Databases;

/// <summary>The model that a table's embeddings are of.</summary>
internal sealed record StoredModel(string Fingerprint, string Name, int Dimension);

/// <summary>
/// The tables, and how those of earlier versions become those of now. What a table is of stands in <c>clip_indexes</c>, a row for each.
/// </summary>
internal static partial class PostgresSchema
{
    /// <summary>What makes version 1 of nothing, version 2 of that, and so on; {0} is the table, {1} the embeddings' length.</summary>
    private static readonly string[] Steps =
    [
        """
        create table {0} (
            id text primary key, path text, size bigint, modified timestamptz, caption text, embedding vector({1}) not null)
        """,
        // Pictures in archives are told apart by their bytes.
        "alter table {0} add column content_hash text",
    ];

    /// <exception cref="ClipException">It is no name of a table.</exception>
    public static void CheckName(string table)
    {
        if (!Name().IsMatch(table))
            throw new ClipException($"--table '{table}' is no table's name; use small letters, digits and underscores, at most 50.");
    }

    /// <summary>The model of a table; null where there is none yet.</summary>
    public static async Task<StoredModel?> ReadAsync(NpgsqlConnection connection, string table, CancellationToken cancellation) =>
        (await RowAsync(connection, table, cancellation).ConfigureAwait(false))?.Model;

    /// <summary>Brings the tables to this version, all of it or nothing; several may try at a time.</summary>
    public static async Task<StoredModel> PrepareAsync(
        NpgsqlConnection connection, string table, StoredModel model, CancellationToken cancellation)
    {
        await using (var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false))
        {
            await RunAsync("select pg_advisory_xact_lock(hashtext('clip_indexes'))").ConfigureAwait(false);
            await RunAsync("create extension if not exists vector").ConfigureAwait(false);
            await RunAsync("""
                create table if not exists clip_indexes (
                    name text primary key, version int not null, model_fingerprint text not null, model_name text not null,
                    dimension int not null)
                """).ConfigureAwait(false);
            var row = await RowAsync(connection, table, cancellation).ConfigureAwait(false);
            if (row is null)
            {
                await RunAsync(
                    "insert into clip_indexes values ($1, 0, $2, $3, $4)", table, model.Fingerprint, model.Name, model.Dimension)
                    .ConfigureAwait(false);
            }

            var known = row?.Model ?? model;
            for (var version = row?.Version ?? 0; version < Steps.Length; version++)
                await RunAsync(string.Format(null, Steps[version], table, known.Dimension)).ConfigureAwait(false);
            await RunAsync("update clip_indexes set version = $2 where name = $1", table, Steps.Length).ConfigureAwait(false);
            await transaction.CommitAsync(cancellation).ConfigureAwait(false);
            model = known;
        }

        // The type of vectors may have come into being just now.
        await connection.ReloadTypesAsync(cancellation).ConfigureAwait(false);
        return model;

        async Task RunAsync(string text, params object[] values)
        {
            await using var command = new NpgsqlCommand(text, connection);
            foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <exception cref="ClipException">The table is of a later version.</exception>
    private static async Task<(int Version, StoredModel Model)?> RowAsync(
        NpgsqlConnection connection, string table, CancellationToken cancellation)
    {
        await using (var exists = new NpgsqlCommand("select to_regclass('clip_indexes') is not null", connection))
        {
            if (await exists.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is not true) return null;
        }

        await using var command = new NpgsqlCommand(
            "select version, model_fingerprint, model_name, dimension from clip_indexes where name = $1", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = table });
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        if (!await reader.ReadAsync(cancellation).ConfigureAwait(false)) return null;
        var version = reader.GetInt32(0);
        if (version > Steps.Length)
        {
            throw new ClipException(
                $"The table {table} is of version {version}, and this command knows version {Steps.Length}; update the command.");
        }

        return (version, new StoredModel(reader.GetString(1), reader.GetString(2), reader.GetInt32(3)));
    }

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,49}$")]
    private static partial Regex Name();
}
