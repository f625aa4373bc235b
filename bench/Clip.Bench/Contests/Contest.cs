using System.Diagnostics;

namespace Clip.Bench;

/// <summary>One way of doing the work.</summary>
/// <param name="Name">What to call it in the table.</param>
/// <param name="Items">How many images or texts a run embeds.</param>
/// <param name="Run">Does it once and gives the time that it took.</param>
internal sealed record Entrant(string Name, int Items, Func<TimeSpan> Run)
{
    /// <summary>An entrant that is timed from outside.</summary>
    public static Entrant Of(string name, int items, Action run) => new(name, items, () =>
    {
        var watch = Stopwatch.StartNew();
        run();
        return watch.Elapsed;
    });
}

/// <summary>An entrant's speed in each round.</summary>
/// <param name="Name">The entrant's.</param>
/// <param name="Speeds">Items a second, one value a round.</param>
/// <param name="BytesPerItem">Managed memory taken for an item in this process; null where that tells nothing.</param>
internal sealed record Result(string Name, double[] Speeds, double? BytesPerItem)
{
    public double Median => MedianOf(Speeds);

    /// <summary>How much faster this is than another: the median over the rounds, whose noise both had.</summary>
    public double Over(Result other) => MedianOf([.. Speeds.Zip(other.Speeds, (own, others) => own / others)]);

    private static double MedianOf(double[] values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>Runs entrants in turn, round after round, so that a slow minute of the machine is slow for all of them.</summary>
internal static class Contest
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static List<Result> Run(IReadOnlyList<Entrant> entrants, int rounds)
    {
        foreach (var entrant in entrants) entrant.Run();

        var results = entrants.Select(e => new Result(e.Name, new double[rounds], null)).ToList();
        for (var round = 0; round < rounds; round++)
        {
            for (var turn = 0; turn < entrants.Count; turn++)
            {
                // Back and forth: nobody always follows the same one, whose threads may still spin.
                var i = round % 2 == 0 ? turn : entrants.Count - 1 - turn;
                GC.Collect();
                Thread.Sleep(Pause);
                var before = GC.GetTotalAllocatedBytes(precise: true);
                results[i].Speeds[round] = entrants[i].Items / entrants[i].Run().TotalSeconds;
                var bytes = GC.GetTotalAllocatedBytes(precise: true) - before;
                results[i] = results[i] with { BytesPerItem = (double)bytes / entrants[i].Items };
            }

            Console.Error.WriteLine($"round {round + 1} of {rounds}");
        }

        return results;
    }
}
