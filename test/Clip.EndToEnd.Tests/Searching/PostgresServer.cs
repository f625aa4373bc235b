using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Clip.EndToEnd.Tests.Searching;

/// <summary>One server for those tests that do not end it, started by the first that takes it; each has a table of its own.</summary>
public sealed class RunningPostgres : IDisposable
{
    private readonly TempFolder _folder = new();
    private PostgresServer? _server;

    /// <summary>The server; where there is none, the test is skipped.</summary>
    internal async Task<PostgresServer> ServerAsync() => _server ??= await PostgresServer.StartAsync(_folder["data"]);

    public void Dispose()
    {
        _server?.Dispose();
        _folder.Dispose();
    }
}

/// <summary>
/// A PostgreSQL with pgvector: the one that <c>CLIP_TEST_POSTGRES</c> connects to, else PGlite on Node, where
/// <c>CLIP_TEST_NODE_MODULES</c> names a <c>node_modules</c> folder into which <c>npm install @electric-sql/pglite-socket</c> has put it;
/// else the test is skipped.
/// </summary>
internal sealed class PostgresServer : IDisposable
{
    private const string Package = "@electric-sql/pglite-socket";
    private readonly string _folder;
    private readonly string? _modules;
    private readonly int _port;
    private ChildProcess? _process;

    private PostgresServer(string folder, string? modules, int port, string connection) =>
        (_folder, _modules, _port, Connection) = (folder, modules, port, connection);

    /// <summary>What <c>--store</c> takes.</summary>
    public string Connection { get; }

    /// <summary>Starts one that keeps its data in a folder, or takes the one that is there.</summary>
    /// <param name="folder">The data of a server of our own.</param>
    /// <param name="mustBeOwn">Whether it will be ended in between.</param>
    public static async Task<PostgresServer> StartAsync(string folder, bool mustBeOwn = false)
    {
        if (!mustBeOwn && Environment.GetEnvironmentVariable("CLIP_TEST_POSTGRES") is { Length: > 0 } given)
            return new PostgresServer(folder, null, 0, given);
        var modules = Environment.GetEnvironmentVariable("CLIP_TEST_NODE_MODULES");
        Skip.If(modules is null, "CLIP_TEST_NODE_MODULES names no node_modules folder.");
        Skip.IfNot(Directory.Exists(Path.Combine(modules!, Package)), $"{modules} has no {Package}.");
        var port = FreePort();
        var connection = $"Host=127.0.0.1;Port={port};Username=postgres;Password=postgres;Database=postgres;SSL Mode=Disable";
        var server = new PostgresServer(folder, modules, port, connection);
        await server.StartAsync();
        return server;
    }

    public async Task StartAsync()
    {
        Directory.CreateDirectory(_folder);
        var script = Path.Combine(_modules!, Package, "dist", "scripts", "server.js");
        // Several connections, of which each waits for the others' ends.
        _process = ChildProcess.Start("node", Path.GetDirectoryName(_modules!)!,
            [script, $"--db={_folder}", $"--port={_port}", "--extensions=@electric-sql/pglite-pgvector:vector", "--max-connections=4"]);
        await _process.SeeAsync(line => line.Contains("listening", StringComparison.Ordinal));
    }

    /// <summary>Ends it as an operator would, with connections open.</summary>
    public async Task StopAsync()
    {
        _process!.Signal("TERM");
        await _process.FinishAsync();
        _process.Dispose();
    }

    /// <summary>The first column of what a query gives.</summary>
    public async Task<List<object>> QueryAsync(string text)
    {
        await using var connection = new NpgsqlConnection($"{Connection};Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(text, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<object>();
        while (await reader.ReadAsync()) values.Add(reader.GetValue(0));
        return values;
    }

    public void Dispose() => _process?.Dispose();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
