using System.Runtime.CompilerServices;
using Clip.Data;

namespace Clip.Trainer.Tests.Training;

/// <summary>
/// Batches of four pairs for the model of <see cref="TrainingStepTests"/>, made on the reader's own thread: 0.png to 3.png in each.
/// </summary>
/// <param name="stepsPerEpoch">Steps in an epoch.</param>
internal sealed class DrawnPairs(int stepsPerEpoch) : IPairSource
{
    private const int Size = 4, Numbers = 3 * 16 * 16;

    /// <summary>Called before a batch is made, with its step, counted from 0.</summary>
    public Action<long> BeforeBatch { get; init; } = _ => { };

    /// <summary>The step, counted from 0, whose third picture is no number; none by default.</summary>
    public long? Broken { get; init; }

    public long Count => Size * stepsPerEpoch;

    public long StepsPerEpoch => stepsPerEpoch;

    public string Fingerprint => "drawn";

    IReadOnlyDictionary<string, string> IPairSource.Broken => new Dictionary<string, string>();

    public async IAsyncEnumerable<PairBatch> ReadAsync(
        long from, long to, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await Task.CompletedTask;
        for (var step = from; step < to; step++)
        {
            BeforeBatch(step);
            yield return Batch(step);
        }
    }

    public IEnumerable<PairBatch> InOrder() => [Batch(0)];

    private PairBatch Batch(long step)
    {
        var random = new Random((int)(step % stepsPerEpoch));
        float[] pixels = [.. Enumerable.Range(0, Size * Numbers).Select(_ => (2 * random.NextSingle()) - 1)];
        if (step == Broken) pixels[(2 * Numbers) + 5] = float.NaN;
        long[] ids = [.. Enumerable.Range(0, Size).SelectMany(i => new long[] { 30, 1 + ((step + i) % 8), 9 + i, 31 })];
        return new PairBatch(step, Size, pixels, ids, 4) { Keys = [.. Enumerable.Range(0, Size).Select(i => $"{i}.png")] };
    }
}
