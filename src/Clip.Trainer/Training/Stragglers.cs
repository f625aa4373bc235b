using System.Globalization;

namespace Clip.Trainer.Training;

/// <summary>Finds a rank that holds up the others: with each step all wait for the slowest.</summary>
/// <param name="hosts">The ranks' machines.</param>
internal sealed class Stragglers(IReadOnlyList<string> hosts)
{
    /// <summary>Steps before anything is told; the first ones fill caches.</summary>
    private const int Patience = 20;

    private const double Slow = 1.5;

    /// <summary>Seconds of a step that are worth a word.</summary>
    private const double Noticeable = 0.05;

    private readonly double[] _busy = new double[hosts.Count], _waited = new double[hosts.Count];
    private int _steps, _told = -1;

    /// <summary>The slowest rank of late, and how many times as long as the others in the mean it takes.</summary>
    public (int Rank, double Ratio) Slowest
    {
        get
        {
            var rank = Array.IndexOf(_busy, _busy.Max());
            var others = (_busy.Sum() - _busy[rank]) / Math.Max(1, _busy.Length - 1);
            return (rank, others > 0 ? _busy[rank] / others : 1);
        }
    }

    /// <summary>Takes in a step.</summary>
    /// <param name="busy">Each rank's seconds without those it waited for others.</param>
    /// <param name="dataWait">How many of them each waited for data.</param>
    /// <returns>What to tell of a rank that is slow; null where there is none, or it was told.</returns>
    public string? Add(IReadOnlyList<double> busy, IReadOnlyList<double> dataWait)
    {
        var keep = _steps++ < 2 ? 0 : 0.9;
        for (var i = 0; i < _busy.Length; i++)
        {
            _busy[i] = (keep * _busy[i]) + ((1 - keep) * busy[i]);
            _waited[i] = (keep * _waited[i]) + ((1 - keep) * dataWait[i]);
        }

        var (rank, ratio) = Slowest;
        if (_steps < Patience || ratio < Slow || _busy[rank] * (1 - (1 / ratio)) < Noticeable || rank == _told) return null;
        _told = rank;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Rank {rank} ({hosts[rank]}) holds up the others: its steps take {ratio:F1} times theirs, "
            + $"{100 * _waited[rank] / _busy[rank]:F0} % of it waiting for data.");
    }
}
