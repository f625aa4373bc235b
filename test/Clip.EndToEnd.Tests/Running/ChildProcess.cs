using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Clip.EndToEnd.Tests;

/// <summary>A process of a test: its output is gathered line by line, and it never outlives the test.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    private static readonly string DotnetHost = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private readonly Process _process;
    private readonly StringBuilder _output = new(), _error = new();
    private readonly Lock _gate = new();
    private readonly List<(Func<string, bool> Matches, TaskCompletionSource<string> Seen)> _awaited = [];

    private ChildProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Receive(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Receive(_error, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Starts <c>dotnet</c> with these arguments.</summary>
    public static ChildProcess Dotnet(
        string folder, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        Start(DotnetHost, folder, arguments, environment);

    /// <summary>
    /// Starts <c>dotnet</c> so that it heeds SIGINT and SIGHUP, which it would ignore where the tests themselves run in the background of a
    /// shell or under nohup.
    /// </summary>
    public static ChildProcess InterruptibleDotnet(string folder, IEnumerable<string> arguments) =>
        OperatingSystem.IsLinux()
            ? Start("env", folder, ["--default-signal=INT,HUP,TERM", DotnetHost, .. arguments])
            : Dotnet(folder, arguments);

    /// <summary>Starts <c>dotnet</c> so that no file can grow beyond a size: writing more fails as on a full disk.</summary>
    public static ChildProcess DotnetWithFilesUpTo(
        int kibibytes, string folder, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        // The signal that would end the process is ignored, so that the write itself fails.
        // The runtime's own large mappings stay below by doing without.
        Start(
            "bash", folder,
            ["-c", $"trap '' XFSZ; ulimit -f {kibibytes}; DOTNET_EnableWriteXorExecute=0 exec \"$0\" \"$@\"", DotnetHost, .. arguments],
            environment);

    /// <summary>Starts a program in a folder, with variables beside those of the tests.</summary>
    public static ChildProcess Start(
        string program, string folder, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };

        // Sums on one thread have one order, so results are the same bit for bit, and the tests' processes don't fight for cores.
        start.Environment["OMP_NUM_THREADS"] = "1";
        // Embeddings that commands keep are not the user's.
        start.Environment["HF_ASSETS_CACHE"] = ProcessFolder.Path;
        // A build server that stays would hold our end of its output open for ever.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return new ChildProcess(start);
    }

    /// <summary>Waits for a line of output; fails where the process ends without it.</summary>
    public async Task<string> SeeAsync(Func<string, bool> matches)
    {
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_output.ToString().Split('\n').FirstOrDefault(matches) is { } already) return already;
            _awaited.Add((matches, seen));
        }

        var ended = FinishAsync();
        if (await Task.WhenAny(seen.Task, ended) != seen.Task && !seen.Task.IsCompleted) Assert.Fail($"The line never came: {await ended}");
        return await seen.Task;
    }

    /// <summary>What Ctrl-C in a terminal sends.</summary>
    public void Interrupt() => Signal("INT");

    /// <summary>Sends a signal.</summary>
    /// <param name="name">Without the SIG.</param>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Ends the process on the spot (SIGKILL), as a power cut would.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Waits for the end, no longer than five minutes.</summary>
    public async Task<Outcome> FinishAsync()
    {
        using var late = new CancellationTokenSource(Timeout);
        try
        {
            await _process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail(
                $"'{_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)}' "
                + $"ran for {Timeout}; so far:\n{Written(-1)}");
        }

        return Written(_process.ExitCode);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private Outcome Written(int exitCode)
    {
        lock (_gate) return new Outcome(exitCode, _output.ToString(), _error.ToString());
    }

    private void Receive(StringBuilder text, string? line)
    {
        if (line is null) return;
        lock (_gate)
        {
            text.Append(line).Append('\n');
            foreach (var (matches, seen) in _awaited)
            {
                if (matches(line)) seen.TrySetResult(line);
            }
        }
    }
}
