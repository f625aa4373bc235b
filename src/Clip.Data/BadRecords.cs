using System.Collections.Concurrent;

namespace Clip.Data;

/// <summary>Records that could not be used: each is told once, and too many end the run.</summary>
/// <param name="total">Records there are.</param>
/// <param name="mostPercent">How many of them may be bad, in per cent.</param>
/// <param name="report">Told a record's key and what is wrong with it; from any thread.</param>
internal sealed class BadRecords(int total, double mostPercent, Action<string, string>? report)
{
    private readonly ConcurrentDictionary<string, string> _reasons = new();
    private string? _latest;

    public IReadOnlyDictionary<string, string> Reasons => _reasons;

    public void Add(string key, string reason)
    {
        if (!_reasons.TryAdd(key, reason)) return;
        _latest = key;
        report?.Invoke(key, reason);
    }

    /// <exception cref="ClipException">More are bad than may be.</exception>
    public void ThrowIfTooMany()
    {
        if (_latest is not { } key || _reasons.Count * 100.0 <= mostPercent * total) return;
        throw new ClipException(
            FormattableString.Invariant($"{_reasons.Count} of {total} records are bad, more than the {mostPercent} percent ")
            + $"that `MaxBadPercent` allows, the latest {key} ({_reasons[key]}); "
            + "repair the data, or raise `MaxBadPercent` to go on without them.");
    }
}
