using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Clip.Cli.Searching;

/// <summary>
/// How far an indexing is: a bar where there is a terminal, a line every few seconds where there is none. On standard error: standard
/// output is for the command's result.
/// </summary>
internal sealed class IndexingDisplay
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5), Refresh = TimeSpan.FromMilliseconds(100);

    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly HashSet<(string, string)> _told = [];
    private readonly Stopwatch _clock = new(), _sinceLine = new();
    private int _done, _total;

    /// <summary>Shows so many pictures to come, until disposed.</summary>
    public IDisposable Start(int total)
    {
        (_done, _total) = (0, total);
        _clock.Restart();
        _sinceLine.Restart();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var bar = total == 0 || Console.IsErrorRedirected ? Task.CompletedTask : BarAsync(ended.Task);
        return new Shown(() =>
        {
            ended.SetResult();
            bar.GetAwaiter().GetResult();
        });
    }

    public void Advance(int pictures)
    {
        Interlocked.Add(ref _done, pictures);
        if (!Console.IsErrorRedirected || (_done < _total && _sinceLine.Elapsed < LineEvery)) return;
        _sinceLine.Restart();
        Console.Error.WriteLine(Line());
    }

    /// <summary>Tells what cannot be indexed, once.</summary>
    public void Skipped(string name, string reason)
    {
        if (!_told.Add((name, reason))) return;
        var line = $"Skipped {name}: {reason}";
        // In a file or a pipe a line is a line; the console would fold it at 80 columns, and paths would come apart.
        if (Console.IsErrorRedirected) Console.Error.WriteLine(line);
        else _console.WriteLine(line);
    }

    private string Line() => string.Create(
        CultureInfo.InvariantCulture, $"{_done}/{_total} pictures  {_done / Math.Max(_clock.Elapsed.TotalSeconds, 1e-3):F1} pictures/s");

    private Task BarAsync(Task ended) => _console.Progress()
        .AutoClear(true)
        .Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(),
            new RemainingTimeColumn())
        .StartAsync(async context =>
        {
            var bar = context.AddTask("indexing", maxValue: _total);
            while (!ended.IsCompleted)
            {
                bar.Description = Line();
                bar.Value = Volatile.Read(ref _done);
                await Task.WhenAny(ended, Task.Delay(Refresh)).ConfigureAwait(false);
            }
        });

    private sealed class Shown(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
