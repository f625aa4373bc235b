using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Clip;
using Spectre.Console;

namespace Clip.Cli.Pretrained;

/// <summary>
/// Says that something is downloaded, with a bar where there is a terminal and a line where there is none; says nothing of what is cached.
/// On standard error: standard output is for the command's result.
/// </summary>
internal sealed class DownloadDisplay(string name) : IProgress<ClipHubProgress>
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);

    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private ClipHubProgress _last;

    public void Report(ClipHubProgress value)
    {
        lock (_gate) _last = value;
        if (value.FileBytes < value.FileSize || value.FileSize == 0) _started.TrySetResult();
    }

    /// <summary>Shows a download while it runs, from its first byte.</summary>
    public async Task<T> ShowAsync<T>(Func<Task<T>> download)
    {
        var running = download();
        await Task.WhenAny(running, _started.Task).ConfigureAwait(false);
        if (!_started.Task.IsCompleted) return await running.ConfigureAwait(false);
        var clock = Stopwatch.StartNew();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (Console.IsErrorRedirected) await Console.Error.WriteLineAsync($"Downloading {name}").ConfigureAwait(false);
        else await BarAsync(console, running).ConfigureAwait(false);
        var result = await running.ConfigureAwait(false);
        await Console.Error.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"Downloaded {name}: {Last().TotalBytes / 1e6:F1} MB in {clock.Elapsed.TotalSeconds:F1} s")).ConfigureAwait(false);
        return result;
    }

    private Task BarAsync(IAnsiConsole console, Task running) => console.Progress()
        .AutoClear(true)
        .Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(),
            new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
        .StartAsync(async context =>
        {
            var bar = context.AddTask(Markup.Escape(name));
            while (!running.IsCompleted)
            {
                var last = Last();
                bar.MaxValue = Math.Max(1, last.TotalSize);
                bar.Value = last.TotalBytes;
                await Task.WhenAny(running, Task.Delay(Refresh)).ConfigureAwait(false);
            }
        });

    private ClipHubProgress Last()
    {
        lock (_gate) return _last;
    }
}
