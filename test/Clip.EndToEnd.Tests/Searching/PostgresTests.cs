using System.Globalization;
using System.Text.Json;

namespace Clip.EndToEnd.Tests.Searching;

/// <summary>An index in PostgreSQL, over the wire.</summary>
[Collection(SharedModel.Name)]
public sealed class PostgresTests(TrainedModel trained, RunningPostgres running) : IDisposable, IClassFixture<RunningPostgres>
{
    private readonly TempFolder _folder = new();
    private readonly string _table = $"t{Guid.NewGuid():N}";

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task TheDatabaseFindsWhatTheFileFinds()
    {
        var server = await running.ServerAsync();
        var photos = Pictures(12);
        Assert.EndsWith("12 pictures (12 new)", Told(await IndexAsync(server, photos, "--approximate")), StringComparison.Ordinal);
        Assert.EndsWith(": 12 pictures", Told(await IndexAsync(server, photos)), StringComparison.Ordinal);
        (await ClipProcess.RunAsync("index", photos, "--model", trained.Folder, "--output", _folder["photos.index"])).Succeeded();

        string[][] queries =
        [
            ["red", "square"], ["blue", "--filter", "path=*0.png", "size<1MB", "date>=2020"], ["x", "--filter", "size>1MB"],
        ];
        foreach (var query in queries)
        {
            var inFile = await SearchAsync([_folder["photos.index"], .. query, "--top", "5"]);
            Assert.Equal(inFile, await SearchAsync([.. query, "--top", "5", .. Store(server)]));
            Assert.Equal(inFile, await SearchAsync([.. query, "--top", "5", "--approximate", .. Store(server)]));
        }

        var plan = await server.QueryAsync(
            "set enable_seqscan = off; explain select id "
            + $"from {_table} order by embedding <#> (select embedding from {_table} limit 1) limit 3");
        Assert.Contains(plan, line => $"{line}".Contains($"{_table}_hnsw", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task WhatChangesIsWrittenOver_AndWhatGoesIsRemoved()
    {
        var server = await running.ServerAsync();
        var photos = Pictures(6);
        await IndexAsync(server, photos);
        var files = Directory.GetFiles(photos).Order(StringComparer.Ordinal).ToArray();
        File.Delete(files[0]);
        File.SetLastWriteTimeUtc(files[1], new DateTime(2021, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        File.Copy(files[2], Path.Combine(photos, "new.png"));
        Assert.EndsWith("6 pictures (1 new, 1 changed, 1 gone)", Told(await IndexAsync(server, photos)), StringComparison.Ordinal);
        var ids = (await server.QueryAsync($"select id from {_table} order by id collate \"C\"")).Cast<string>();
        Assert.Equal(Directory.GetFiles(photos).Order(StringComparer.Ordinal), ids);
        var modified = await server.QueryAsync($"select modified from {_table} where id = '{files[1]}'");
        Assert.Equal([new DateTime(2021, 2, 3, 4, 5, 6, DateTimeKind.Utc)], modified.Cast<DateTime>());
    }

    [SkippableFact]
    public async Task AnEarlierTableIsBroughtUpToDate_AndALaterOneRefused()
    {
        var server = await running.ServerAsync();
        var photos = Pictures(3);
        await IndexAsync(server, photos);
        // As version 1 was.
        await server.QueryAsync(
            $"alter table {_table} drop column content_hash; update clip_indexes set version = 1 where name = '{_table}'");
        Assert.EndsWith(": 3 pictures", Told(await IndexAsync(server, photos)), StringComparison.Ordinal);
        Assert.Equal([2], (await server.QueryAsync($"select version from clip_indexes where name = '{_table}'")).Cast<int>());

        await server.QueryAsync($"update clip_indexes set version = 99 where name = '{_table}'");
        Refused(await IndexAsync(server, photos), "is of version 99, and this command knows version 2");
        await server.QueryAsync($"update clip_indexes set version = 2, model_fingerprint = 'other' where name = '{_table}'");
        Refused(await IndexAsync(server, photos), "were embedded by the model");
        Refused(await ClipProcess.RunAsync(["search", "red", .. Store(server)]), "were embedded by the model");
    }

    /// <summary>What was written before stays, what was not is written then, and nothing is there twice.</summary>
    [SkippableFact]
    public async Task AServerThatGoesInBetweenLosesAndDoublesNothing()
    {
        using var server = await PostgresServer.StartAsync(_folder["data"], mustBeOwn: true);
        const int pictures = 4800; // enough for one to look in between where both are slow to look
        var photos = Pictures(pictures);
        using (var run = ClipProcess.Start(_folder.Path, ["index", photos, "--model", trained.Folder, .. Store(server)]))
        {
            var written = 0L;
            for (var i = 0; i < 3000 && written < 64; i++)
            {
                await Task.Delay(10);
                try
                {
                    written = (long)(await server.QueryAsync($"select count(*) from {_table}"))[0];
                }
                catch (Npgsql.PostgresException)
                {
                    // The table is not there yet.
                }
            }

            Assert.InRange(written, 64, pictures - 1);
            await server.StopAsync();
            Refused(await run.FinishAsync(), "the same command goes on from there");
        }

        await server.StartAsync();
        var kept = (int)(long)(await server.QueryAsync($"select count(*) from {_table}"))[0];
        Assert.InRange(kept, 64, pictures - 1);
        Assert.EndsWith(
            string.Create(CultureInfo.InvariantCulture, $"{pictures} pictures ({pictures - kept} new)"),
            Told(await IndexAsync(server, photos)), StringComparison.Ordinal);
        Assert.Equal([(long)pictures], (await server.QueryAsync($"select count(distinct id) from {_table}")).Cast<long>());
    }

    [Fact]
    public async Task MistakesAreToldInASentence()
    {
        var photos = Pictures(1);
        string[] index = ["index", photos, "--model", trained.Folder];
        Refused(await ClipProcess.RunAsync(index), "Give --output with the index's file, or --store");
        Refused(await ClipProcess.RunAsync([.. index, "--store", "Hots=x"]), "--store takes a connection string");
        const string away = "Host=127.0.0.1;Port=1;Username=u;Password=secret";
        Refused(await ClipProcess.RunAsync([.. index, "--store", away]), "could not be opened");
        Refused(await ClipProcess.RunAsync([.. index, "--store", "Host=x", "--table", "a; drop"]), "is no table's name");
    }

    private static void Refused(Outcome run, string sentence)
    {
        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.StartsWith("clip: ", run.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Contains(sentence, run.ErrorLines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("secret", run.ToString(), StringComparison.Ordinal);
    }

    private static string Told(Outcome run) => Assert.Single(run.Succeeded().OutputLines);

    private string[] Store(PostgresServer server) => ["--store", server.Connection, "--table", _table];

    private Task<Outcome> IndexAsync(PostgresServer server, string photos, params string[] more) =>
        ClipProcess.RunAsync(["index", photos, "--model", trained.Folder, .. Store(server), .. more]);

    private static async Task<(string Id, double Score)[]> SearchAsync(string[] query)
    {
        using var document = JsonDocument.Parse((await ClipProcess.RunAsync(["search", .. query, "--json"])).Succeeded().Output);
        return
        [
            .. document.RootElement.GetProperty("results").EnumerateArray()
                .Select(picture => (picture.GetProperty("id").GetString()!, Math.Round(picture.GetProperty("score").GetDouble(), 4))),
        ];
    }

    private string Pictures(int count)
    {
        var folder = Directory.CreateDirectory(_folder["photos"]).FullName;
        var drawn = Directory.GetFiles(Path.GetDirectoryName(trained.Picture("red", "square"))!).Order(StringComparer.Ordinal).ToArray();
        for (var i = 0; i < count; i++)
            File.Copy(drawn[i % drawn.Length], Path.Combine(folder, $"{i:D4}-{Path.GetFileName(drawn[i % drawn.Length])}"));
        return folder;
    }
}
