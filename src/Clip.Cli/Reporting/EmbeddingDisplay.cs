using System.Diagnostics;
using Clip.Evaluation.Embedding;
using Spectre.Console;

namespace Clip.Cli.Reporting;

/// <summary>
/// Shows how far embedding is: a bar where there is a terminal, else a line every few seconds. On standard error: standard output is for
/// results. What takes no time shows nothing.
/// </summary>
internal sealed class EmbeddingDisplay : IProgress<EmbeddingProgress>, IDisposable
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();
    private readonly Lock _gate = new();
    private Task _live = Task.CompletedTask;
    private EmbeddingProgress _last;

    public void Report(EmbeddingProgress value)
    {
        lock (_gate) _last = value;

        if (value.Done >= value.Total)
        {
            // The bar is gone before results are printed.
            _live.GetAwaiter().GetResult();
            return;
        }

        if (!Console.IsErrorRedirected)
        {
            if (_live.IsCompleted && !_ended.Task.IsCompleted) _live = BarAsync();
            return;
        }

        if (_sinceLine.Elapsed < LineEvery) return;
        _sinceLine.Restart();
        Console.Error.WriteLine($"Embedding {value.What}: {value.Done} of {value.Total}");
    }

    /// <summary>Takes the bar away.</summary>
    public void Dispose()
    {
        _ended.TrySetResult();
        _live.GetAwaiter().GetResult();
    }

    private Task BarAsync() =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }).Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(),
                new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask? bar = null;
                var what = "";
                while (!_ended.Task.IsCompleted)
                {
                    var last = Last();
                    if (bar is null || what != last.What)
                    {
                        bar?.StopTask();
                        bar = context.AddTask(Markup.Escape(what = last.What), maxValue: Math.Max(1, last.Total));
                    }

                    bar.Value = last.Done;
                    if (last.Done >= last.Total) return;
                    await Task.WhenAny(_ended.Task, Task.Delay(100)).ConfigureAwait(false);
                }
            });

    private EmbeddingProgress Last()
    {
        lock (_gate) return _last;
    }
}
