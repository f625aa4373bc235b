using Clip.Conversion.Initialization;

namespace Clip.Evaluation.Metrics;

/// <summary>Bounds that a metric is within in 95 of 100 draws.</summary>
/// <param name="Low">The 2.5th percentile.</param>
/// <param name="High">The 97.5th percentile.</param>
internal readonly record struct Interval(double Low, double High);

/// <summary>Whether one model is better than another on the same pictures.</summary>
/// <param name="Difference">The second's metric less the first's.</param>
/// <param name="Interval">Of the difference, on the same draws for both.</param>
/// <param name="PValue">
/// How often, from 0 to 1, draws would tell otherwise than the sign of the difference: twice the share on the other side of 0, and at
/// least 1 over the number of draws.
/// </param>
internal sealed record PairedDifference(double Difference, Interval Interval, double PValue)
{
    /// <summary>Whether 0 is outside the interval.</summary>
    public bool IsReal => Interval.Low > 0 || Interval.High < 0;
}

/// <summary>
/// The bootstrap (Efron 1979): a metric on draws, with replacement, of as many pictures as there are. The draws follow from the seed
/// alone. Bounds are percentiles.
/// </summary>
/// <param name="draws">How many.</param>
/// <param name="seed">Decides them.</param>
internal sealed class Bootstrap(int draws = Bootstrap.DefaultDraws, long seed = 0)
{
    public const int DefaultDraws = 1000;

    /// <summary>The interval of a metric.</summary>
    public Interval Of(Statistic statistic) => Percentiles(Drawn(statistic.Count, times => statistic.Of(times)));

    /// <summary>The difference of two models' metrics on the same pictures.</summary>
    /// <exception cref="ArgumentException">They are not of as many pictures.</exception>
    public PairedDifference Compare(Statistic first, Statistic second)
    {
        if (first.Count != second.Count)
            throw new ArgumentException($"{first.Count} outcomes and {second.Count} are not of the same pictures.", nameof(second));
        var differences = Drawn(first.Count, times => second.Of(times) - first.Of(times));
        var (below, above) = (differences.Count(d => d <= 0), differences.Count(d => d >= 0));
        var p = Math.Clamp(2.0 * Math.Min(below, above) / draws, 1.0 / draws, 1);
        return new PairedDifference(second.Value - first.Value, Percentiles(differences), p);
    }

    private double[] Drawn(int count, Func<int[], double> measure)
    {
        var values = new double[draws];
        Parallel.For(0, draws, draw =>
        {
            var random = new SampleRandom(seed, draw);
            var times = new int[count];
            for (var i = 0; i < count; i++) times[random.Next(count)]++;
            values[draw] = measure(times);
        });
        return values;
    }

    /// <summary>With linear interpolation, as numpy's.</summary>
    private static Interval Percentiles(double[] values)
    {
        Array.Sort(values);
        return new Interval(At(0.025), At(0.975));

        double At(double share)
        {
            var place = share * (values.Length - 1);
            var (below, part) = ((int)place, place - (int)place);
            return below + 1 < values.Length ? values[below] + part * (values[below + 1] - values[below]) : values[below];
        }
    }
}
