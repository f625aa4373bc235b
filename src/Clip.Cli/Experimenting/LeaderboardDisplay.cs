using System.Globalization;
using Microsoft.ML.Clip.Experiments;
using Spectre.Console;

namespace Clip.Cli.Experimenting;

/// <summary>
/// The candidates so far, the best first: a table that is drawn anew where there is a terminal that can, else a line for each trial.
/// On standard error: standard output is for the result.
/// </summary>
internal sealed class LeaderboardDisplay(ClipExperimentMetric metric, int most = 10) : IProgress<ClipTrial>
{
    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly Dictionary<(string, string, string), ClipTrial> _best = [];
    private readonly Lock _gate = new();
    private int _tried;

    /// <summary>A terminal that cannot move its cursor would have every table below the last, and the summary at a line's end.</summary>
    private bool IsRedrawn => !Console.IsErrorRedirected && _console.Profile.Capabilities.Ansi;

    /// <summary>Takes in a candidate that has been tried, or tried on more folds.</summary>
    public void Report(ClipTrial value)
    {
        lock (_gate)
        {
            _best[(value.Candidate, value.Settings, value.Features)] = value;
            _tried++;
        }

        if (!IsRedrawn) Console.Error.WriteLine(Line(value));
    }

    /// <summary>Shows the leaderboard while something runs.</summary>
    public T Show<T>(Func<T> work)
    {
        if (!IsRedrawn) return work();
        return _console.Live(Table()).AutoClear(true).Start(context =>
        {
            using var over = new ManualResetEvent(initialState: false);
            var timer = new Timer(_ => context.UpdateTarget(Table()), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(250));
            try
            {
                return work();
            }
            finally
            {
                // One that is being drawn would come after the table was cleared.
                if (timer.Dispose(over)) over.WaitOne();
            }
        });
    }

    /// <summary>A trial in one line.</summary>
    public static string Line(ClipTrial trial) => string.Create(
        CultureInfo.InvariantCulture,
        $"accuracy {100 * trial.Accuracy:F1} % ± {100 * trial.AccuracyError:F1}  macro recall {100 * trial.MacroRecall:F1} %  "
        + $"{trial.Candidate} {trial.Settings}  {trial.Features}  {trial.Folds} folds  {trial.Seconds:F1} s");

    private double Score(ClipTrial trial) => metric == ClipExperimentMetric.Accuracy ? trial.Accuracy : trial.MacroRecall;

    private Table Table()
    {
        List<ClipTrial> trials;
        int tried;
        lock (_gate)
        {
            trials =
                [.. _best.Values.OrderByDescending(trial => trial.Folds).ThenByDescending(Score).Take(most)];
            tried = _tried;
        }

        var table = new Table { Title = new TableTitle($"{tried} trials; Ctrl-C takes the best so far"), Border = TableBorder.Rounded };
        foreach (var column in new[] { "#", "accuracy", "macro recall", "candidate", "features", "folds", "seconds" })
            table.AddColumn(column);
        for (var i = 0; i < trials.Count; i++)
        {
            var trial = trials[i];
            table.AddRow(
                new Text($"{i + 1}"),
                new Text(string.Create(CultureInfo.InvariantCulture, $"{100 * trial.Accuracy:F1} % ± {100 * trial.AccuracyError:F1}")),
                new Text(string.Create(CultureInfo.InvariantCulture, $"{100 * trial.MacroRecall:F1} %")),
                new Text($"{trial.Candidate} {trial.Settings}"), new Text(trial.Features), new Text($"{trial.Folds}"),
                new Text(trial.Seconds.ToString("F1", CultureInfo.InvariantCulture)));
        }

        return table;
    }
}
