using Microsoft.ML.Clip;
using Npgsql;
using NpgsqlTypes;
using Pgvector;

namespace Clip.Cli.Searching.Databases;

/// <summary>Writes pictures, those that are there over: by COPY, or where a server has none by one INSERT.</summary>
internal static class PostgresBatch
{
    private const string Columns = "id, path, size, modified, caption, content_hash, embedding";

    /// <summary>Within the connection's transaction.</summary>
    public static async Task UpsertAsync(
        NpgsqlConnection connection, string table, IReadOnlyList<(ClipIndexEntry Entry, float[] Embedding)> pictures,
        CancellationToken cancellation)
    {
        var update = string.Join(", ", Columns.Split(", ").Skip(1).Select(column => $"{column} = excluded.{column}"));
        var insert = $"insert into {table} ({Columns}) select {Columns} from {{0}} on conflict (id) do update set {update}";
        if (await HasCopyAsync(connection, cancellation).ConfigureAwait(false))
        {
            await CopyAsync(connection, table, pictures, cancellation).ConfigureAwait(false);
            await using var command = new NpgsqlCommand(string.Format(null, insert, "clip_batch"), connection);
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            return;
        }

        const string types = "$1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::vector[]";
        const string rows = $"unnest({types}) as t({Columns})";
        await using var unnested = new NpgsqlCommand(string.Format(null, insert, rows), connection);
        Add(NpgsqlDbType.Text, picture => picture.Entry.Id);
        Add(NpgsqlDbType.Text, picture => picture.Entry.Path);
        Add(NpgsqlDbType.Bigint, picture => picture.Entry.Size);
        Add(NpgsqlDbType.TimestampTz, picture => picture.Entry.Modified?.UtcDateTime);
        Add(NpgsqlDbType.Text, picture => picture.Entry.Caption);
        Add(NpgsqlDbType.Text, picture => picture.Entry.ContentHash);
        unnested.Parameters.Add(new NpgsqlParameter { Value = pictures.Select(picture => new Vector(picture.Embedding)).ToArray() });
        await unnested.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);

        void Add<T>(NpgsqlDbType type, Func<(ClipIndexEntry Entry, float[] Embedding), T> value) => unnested.Parameters.Add(
            new NpgsqlParameter { NpgsqlDbType = type | NpgsqlDbType.Array, Value = pictures.Select(value).ToArray() });
    }

    private static async Task CopyAsync(
        NpgsqlConnection connection, string table, IReadOnlyList<(ClipIndexEntry Entry, float[] Embedding)> pictures,
        CancellationToken cancellation)
    {
        await using (var command = new NpgsqlCommand(
            $"create temp table if not exists clip_batch (like {table}) on commit delete rows", connection))
        {
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }

        var copy = await connection.BeginBinaryImportAsync($"copy clip_batch ({Columns}) from stdin (format binary)", cancellation)
            .ConfigureAwait(false);
        await using (copy.ConfigureAwait(false))
        {
            foreach (var (entry, embedding) in pictures)
            {
                await copy.StartRowAsync(cancellation).ConfigureAwait(false);
                await copy.WriteAsync(entry.Id, NpgsqlDbType.Text, cancellation).ConfigureAwait(false);
                await WriteAsync(entry.Path, NpgsqlDbType.Text).ConfigureAwait(false);
                await WriteAsync(entry.Size, NpgsqlDbType.Bigint).ConfigureAwait(false);
                await WriteAsync(entry.Modified?.UtcDateTime, NpgsqlDbType.TimestampTz).ConfigureAwait(false);
                await WriteAsync(entry.Caption, NpgsqlDbType.Text).ConfigureAwait(false);
                await WriteAsync(entry.ContentHash, NpgsqlDbType.Text).ConfigureAwait(false);
                await copy.WriteAsync(new Vector(embedding), cancellation).ConfigureAwait(false);
            }

            await copy.CompleteAsync(cancellation).ConfigureAwait(false);
        }

        Task WriteAsync(object? value, NpgsqlDbType type) =>
            value is null ? copy.WriteNullAsync(cancellation) : copy.WriteAsync(value, type, cancellation);
    }

    /// <summary>PGlite, PostgreSQL within a process, takes no COPY over a socket.</summary>
    private static async Task<bool> HasCopyAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select version()", connection);
        var version = (string)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
        return !version.Contains("PGlite", StringComparison.Ordinal);
    }
}
