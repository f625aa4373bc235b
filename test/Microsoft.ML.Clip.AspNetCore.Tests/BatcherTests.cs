using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Clip.AspNetCore.Batching;

namespace Microsoft.ML.Clip.AspNetCore.Tests;

public sealed class BatcherTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly List<int[]> _runs = [];
    private readonly SemaphoreSlim _gate = new(0);

    public void Dispose()
    {
        _services.Dispose();
        _gate.Dispose();
    }

    [Fact]
    public async Task WhatWaitsTogetherRunsTogether()
    {
        await using var batcher = Gated(maxBatch: 8);
        var first = AskAsync(batcher, 1);
        await StartedAsync(1);
        var others = Enumerable.Range(2, 8).Select(i => AskAsync(batcher, i)).ToArray();
        _gate.Release(2);

        Assert.Equal([1f], await first);
        Assert.Equal([2f, 3, 4, 5, 6, 7, 8, 9], (await Task.WhenAll(others)).Select(e => e.Single()));
        Assert.Equal([[1], [2, 3, 4, 5, 6, 7, 8, 9]], _runs);
    }

    [Fact]
    public async Task ALargeRequestGivesWayToOthersAfterEachRun()
    {
        await using var batcher = Gated(maxBatch: 2);
        var large = AskAsync(batcher, 1, 2, 3, 4, 5, 6);
        await StartedAsync(1);
        var small = AskAsync(batcher, 7);
        _gate.Release(2);
        await StartedAsync(3);
        _gate.Release(10);

        Assert.Equal([1f, 2, 3, 4, 5, 6], await large);
        Assert.Equal([7f], await small);
        Assert.Contains(7, _runs[2]);
    }

    [Fact]
    public async Task AFullQueueRefusesAndThenTakesAgain()
    {
        await using var batcher = Gated(maxBatch: 1, limit: 3);
        var waiting = Enumerable.Range(1, 3).Select(i => AskAsync(batcher, i)).ToArray();
        Assert.Null(batcher.TryReserve(1));
        _gate.Release(3);
        await Task.WhenAll(waiting);
        using var places = batcher.TryReserve(3);
        Assert.NotNull(places);
    }

    [Fact]
    public async Task ARequestLargerThanTheQueueIsTakenWhenNothingElseWaits()
    {
        await using var batcher = Gated(maxBatch: 2, limit: 2);
        using (var places = batcher.TryReserve(5)) Assert.NotNull(places);
        using var one = batcher.TryReserve(1);
        Assert.Null(batcher.TryReserve(5));
    }

    [Fact]
    public async Task WhoIsCanceledLeavesTheQueueAndItsPlaces()
    {
        await using var batcher = Gated(maxBatch: 1, limit: 2);
        var running = AskAsync(batcher, 1);
        await StartedAsync(1);
        using var canceled = new CancellationTokenSource();
        var leaving = AskAsync(batcher, [2], canceled.Token);
        await canceled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        var taken = AskAsync(batcher, 3);
        _gate.Release(3);
        await running;
        await taken;
        Assert.Equal([[1], [3]], _runs);
    }

    /// <summary>Else so many that left would look like a full batch, and nobody would be waited for any more.</summary>
    [Fact]
    public async Task WhoIsCanceledIsNotCountedAmongThoseThatWait()
    {
        await using var batcher = Gated(maxBatch: 2, delay: TimeSpan.FromSeconds(1));
        var running = AskAsync(batcher, 1);
        await StartedAsync(1);
        using var canceled = new CancellationTokenSource();
        var leaving = AskAsync(batcher, [2], canceled.Token);
        await canceled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        _gate.Release(10);
        await running;

        using var places = batcher.TryReserve(1);
        var third = AskAsync(batcher, 3);
        await Task.Delay(100);
        Assert.Equal([4f], (await places!.RunAsync([4], default)).SelectMany(row => row));
        await third;
        Assert.Equal([3, 4], _runs[^1].Order());
    }

    [Fact]
    public async Task PlacesAreGivenBackOnce()
    {
        await using var batcher = Gated(maxBatch: 1, limit: 2);
        var places = batcher.TryReserve(2)!;
        places.Dispose();
        places.Dispose();
        using var again = batcher.TryReserve(2);
        Assert.NotNull(again);
        Assert.Null(batcher.TryReserve(1));
    }

    [Fact]
    public async Task AFailedRunFailsThoseInItAndNoOther()
    {
        await using var batcher = new Batcher<int>(
            inputs => inputs.Contains(13) ? throw new InvalidDataException("thirteen") : Echo(inputs), 1, TimeSpan.Zero, 10, Metrics());
        var bad = AskAsync(batcher, 13);
        Assert.Equal([2f], await AskAsync(batcher, 2));
        Assert.Equal("thirteen", (await Assert.ThrowsAsync<InvalidDataException>(() => bad)).Message);
    }

    [Fact]
    public async Task WhatIsLeftOfARequestThatFailedIsNotRun()
    {
        await using var batcher = new Batcher<int>(
            inputs =>
            {
                _runs.Add([.. inputs]);
                return inputs.Contains(13) ? throw new InvalidDataException("thirteen") : Echo(inputs);
            }, 2, TimeSpan.Zero, 10, Metrics());

        await Assert.ThrowsAsync<InvalidDataException>(() => AskAsync(batcher, 13, 1, 2, 3, 4, 5));

        Assert.Equal([6f], await AskAsync(batcher, 6));
        Assert.Equal([[13, 1], [6]], _runs);
    }

    [Fact]
    public async Task StoppingAnswersWhatIsThereAndTakesNothingMore()
    {
        var batcher = Gated(maxBatch: 1);
        var waiting = Enumerable.Range(1, 4).Select(i => AskAsync(batcher, i)).ToArray();
        var stopped = batcher.DisposeAsync();
        Assert.Null(batcher.TryReserve(1));
        _gate.Release(4);
        await stopped;
        Assert.All(waiting, answer => Assert.True(answer.IsCompletedSuccessfully || answer.Wait(TimeSpan.FromSeconds(5))));
    }

    /// <summary>Only while there are others is it worth waiting.</summary>
    [Fact]
    public async Task OneClientAloneNeverWaits()
    {
        await using var batcher = new Batcher<int>(Echo, 32, TimeSpan.FromMinutes(10), 10, Metrics());
        for (var i = 0; i < 3; i++)
            Assert.Equal([i], await AskAsync(batcher, i).WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private BatchMetrics Metrics() => new(_services.GetRequiredService<IMeterFactory>().Create("test"), "test");

    /// <summary>A batcher each of whose runs waits for the gate.</summary>
    private Batcher<int> Gated(int maxBatch, int limit = 100, TimeSpan delay = default) => new(
        inputs =>
        {
            lock (_runs) _runs.Add([.. inputs]);
            _gate.Wait();
            return Echo(inputs);
        },
        maxBatch, delay, limit, Metrics());

    private async Task StartedAsync(int runs)
    {
        for (var tries = 0; tries < 3000; tries++)
        {
            lock (_runs)
            {
                if (_runs.Count >= runs) return;
            }

            await Task.Delay(10);
        }

        Assert.Fail($"Run {runs} has not started.");
    }

    private static float[][] Echo(IReadOnlyList<int> inputs) => [.. inputs.Select(input => new[] { (float)input })];

    private static Task<List<float>> AskAsync(Batcher<int> batcher, params int[] inputs) => AskAsync(batcher, inputs, default);

    private static async Task<List<float>> AskAsync(Batcher<int> batcher, int[] inputs, CancellationToken cancellation)
    {
        using var places = batcher.TryReserve(inputs.Length);
        Assert.NotNull(places);
        return [.. (await places.RunAsync(inputs, cancellation)).SelectMany(row => row)];
    }
}
