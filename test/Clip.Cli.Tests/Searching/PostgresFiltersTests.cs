using Clip.Cli.Searching;
using Clip.Cli.Searching.Databases;
using Npgsql;

namespace Clip.Cli.Tests.Searching;

/// <summary>What a database is asked, without one.</summary>
public sealed class PostgresFiltersTests
{
    [Fact]
    public void ConditionsAreParametersBehindThoseOfTheQuery()
    {
        using var command = new NpgsqlCommand();
        command.Parameters.Add(new NpgsqlParameter { Value = "the query" });
        SearchFilter[] filters =
            [.. new[] { "path=a.b", "path!=*.png", "size=2KB", "size<7", "date>=2024-05-31" }.Select(SearchFilter.Parse)];

        var where = PostgresFilters.Where(filters, command.Parameters);

        Assert.Equal(
            " where coalesce(path, id) ~* $2 and coalesce(path, id) !~* $3 and size >= $4 and size < $5 and size < $6 and modified >= $7",
            where);
        Assert.Equal(
            [
                "the query", @"a\.b", @"^.*\.png$", 2_000L, 2_001L, 7L,
                new DateTime(2024, 5, 31, 0, 0, 0, DateTimeKind.Local).ToUniversalTime(),
            ],
            command.Parameters.Select(parameter => parameter.Value));
    }

    [Fact]
    public void WithoutConditionsNothingIsAsked()
    {
        using var command = new NpgsqlCommand();

        Assert.Equal("", PostgresFilters.Where([], command.Parameters));
        Assert.Empty(command.Parameters);
    }

    [Theory]
    [InlineData("clip_images", true)]
    [InlineData("_2", true)]
    [InlineData("a2345678901234567890123456789012345678901234567890", true)]
    [InlineData("a23456789012345678901234567890123456789012345678901", false)]
    [InlineData("Photos", false)]
    [InlineData("2photos", false)]
    [InlineData("my photos", false)]
    [InlineData("photos;drop", false)]
    [InlineData("", false)]
    public void ATablesNameNeedsNoQuotes(string table, bool isOne)
    {
        var error = Record.Exception(() => PostgresSchema.CheckName(table));

        Assert.Equal(isOne, error is null);
        if (!isOne) Assert.StartsWith($"--table '{table}' is no table's name", error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatGoesWrongOnTheWayIsToldWithWhatIsKept()
    {
        var lost = new NpgsqlException("Exception while reading from stream", new IOException("Connection reset."));

        var error = await Assert.ThrowsAsync<ClipException>(() => PostgresErrors.ToldAsync<bool>("written", () => throw lost));

        Assert.Equal(
            "The database could not be written: Connection reset; what was written is kept, and the same command goes on from there.",
            error.Message);
    }

    /// <summary>The server's own words are enough, and where it lacks pgvector the remedy is told.</summary>
    [Theory]
    [InlineData("42P01", "The database could not be read: no such table.")]
    [InlineData("58P01", "The database has no pgvector (no such table); install it on the server.")]
    public async Task WhatTheServerRefusesIsToldInItsWords(string state, string sentence)
    {
        var refused = new PostgresException("no such table", "ERROR", "ERROR", state);

        var error = await Assert.ThrowsAsync<ClipException>(() => PostgresErrors.ToldAsync<bool>("read", () => throw refused));

        Assert.Equal(sentence, error.Message);
    }
}
