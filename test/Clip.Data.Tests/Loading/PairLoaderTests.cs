using System.Diagnostics;

namespace Clip.Data.Tests.Loading;

/// <summary>How batches are read ahead, what ends it, and what becomes of bad records.</summary>
public sealed class PairLoaderTests : IDisposable
{
    private readonly LoaderRig _rig = new();

    public void Dispose() => _rig.Dispose();

    private static PairLoaderOptions Lenient => new(0, 0) { Workers = 2, MaxBadPercent = 90 };

    /// <summary>Data that end early would be a shorter training that nobody knows of.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatIsNoFaultOfARecordReachesWhoReads(bool inPixels)
    {
        var records = new MadeRecords(12)
        {
            Captions = record => !inPixels && record == 5 ? throw new InvalidOperationException("out of order") : ["red"],
        };
        var pixels = new NumberPixels
        {
            Before = record =>
            {
                if (inPixels && record == 5) throw new InvalidOperationException("out of order");
            },
        };
        using var loader = _rig.Loader(records, pixels, batchSize: 2, Lenient);
        var steps = Array.FindIndex(
            Enumerable.Range(0, 6).Select(step => new EpochSampler(12, 2, LoaderRig.Seed).BatchOf(step).ToArray()).ToArray(),
            batch => batch.Contains(5));
        var read = 0;

        var error = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await foreach (var batch in loader.ReadAsync(0, 6)) read++;
        });

        Assert.Contains("out of order", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(steps, read);
        Assert.Empty(loader.Broken);
    }

    [Fact]
    public async Task ReadingEndsWithTheBadRecordThatIsOneTooMany()
    {
        var told = new List<string>();
        var options = Lenient with { MaxBadPercent = 25, OnBroken = (key, reason) => { lock (told) told.Add($"{key}: {reason}"); } };
        using var loader = _rig.Loader(new MadeRecords(8), new NumberPixels(1, 2), batchSize: 4, options);
        using var worse = _rig.Loader(new MadeRecords(8), new NumberPixels(1, 2, 6), batchSize: 4, options with { OnBroken = null });

        Assert.Equal(18, (await LoaderRig.ReadAsync(loader, 0, 6)).Sum(batch => batch.Count));
        Assert.Equal(["record 1: 1 is damaged", "record 2: 2 is damaged"], told.Order(StringComparer.Ordinal));
        var error = await Assert.ThrowsAsync<ClipException>(() => LoaderRig.ReadAsync(worse, 0, 6));
        Assert.StartsWith("3 of 8 records are bad, more than the 25 percent", error.Message, StringComparison.Ordinal);

        // Known to be too many, nothing is read any more.
        await Assert.ThrowsAsync<ClipException>(() => LoaderRig.ReadAsync(worse, 5, 5));
    }

    /// <summary>Ranks tell each other of them.</summary>
    [Fact]
    public void BadRecordsOfOthersCountHereToo()
    {
        var records = new MadeRecords(3) { Unusable = [new("row 9", "it is cut")] };
        using var loader = _rig.Loader(records, new NumberPixels(), batchSize: 2, Lenient with { MaxBadPercent = 50 });

        loader.Note([new("record 1", "elsewhere"), new("record 1", "again")]);
        Assert.Equal(["elsewhere", "it is cut"], loader.Broken.Values.Order(StringComparer.Ordinal));
        var error = Assert.Throws<ClipException>(() => loader.Note([new("record 2", "elsewhere")]));

        Assert.StartsWith("3 of 4 records are bad, more than the 50 percent", error.Message, StringComparison.Ordinal);
        Assert.Contains("the latest record 2 (elsewhere)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFewBatchesAreReadAhead_AndNoMore()
    {
        var pixels = new NumberPixels();
        using var loader = _rig.Loader(new MadeRecords(64), pixels, batchSize: 2, Lenient);
        await using var batches = loader.ReadAsync(0, 32).GetAsyncEnumerator();
        Assert.True(await batches.MoveNextAsync());

        // The one that is read, three ahead, and one that waits for its place.
        await Until(() => pixels.Asked.Count >= 10);
        await Task.Delay(50);

        Assert.Equal(10, pixels.Asked.Count);
    }

    [Fact]
    public async Task WhoLeavesEndsTheReading()
    {
        Thread? reader = null;
        var pixels = new NumberPixels();
        var records = new MadeRecords(64)
        {
            Captions = _ =>
            {
                reader = Thread.CurrentThread;
                return ["red"];
            },
        };
        using var loader = _rig.Loader(records, pixels, batchSize: 2, Lenient with { Workers = 1 });

        var clock = Stopwatch.StartNew();
        await foreach (var batch in loader.ReadAsync(0, 32)) break;
        var asked = pixels.Asked.Count;

        Assert.True(reader!.Join(TimeSpan.FromSeconds(10)));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 4.9); // a read that hangs would be given five
        Assert.InRange(asked, 2, 12);
        Assert.Equal(asked, pixels.Asked.Count);
        Assert.False(records.IsDisposed); // they are somebody else's
    }

    [Fact]
    public async Task AStopIsNoEndOfTheData()
    {
        using var stop = new CancellationTokenSource();
        using var loader = _rig.Loader(new MadeRecords(8), new NumberPixels(), batchSize: 2, Lenient);
        var read = 0;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var batch in loader.ReadAsync(0, 1000, stop.Token))
            {
                read++;
                await stop.CancelAsync();
            }
        });

        Assert.InRange(read, 1, 8);
    }

    /// <summary>Twice in an epoch, but never in one step: it would be its own negative.</summary>
    [Fact]
    public async Task WhatIsShownOftenIsNotShownTwiceInAStep()
    {
        var often = new MadeRecords(12) { Parts = [new EpochPart(12, Factor: 2)] };
        var shared = new MadeRecords(24) { Id = record => record % 12 };
        // The second of three steps has a part of either sight of all.
        using var first = _rig.Loader(often, new NumberPixels(), batchSize: 8, Lenient);
        using var second = _rig.Loader(shared, new NumberPixels(), batchSize: 8, Lenient);

        Assert.Equal((24, 3, 24), (first.Count, first.StepsPerEpoch, second.Count));
        foreach (var loader in new[] { first, second })
        {
            Assert.All(await LoaderRig.ReadAsync(loader, 0, 20), batch =>
                Assert.Equal(8, NumberPixels.Of(batch).Select(record => record % 12).Distinct().Count()));
        }
    }

    /// <summary>Shorter ones as well, of batches with bad records.</summary>
    [Fact]
    public async Task PixelsThatComeBackAreWrittenAnew_WholeAndRight()
    {
        using var fresh = _rig.Loader(new MadeRecords(12), new NumberPixels(3, 4), batchSize: 4, Lenient);
        var expected = (await LoaderRig.ReadAsync(fresh, 0, 40)).ConvertAll(batch => batch.Pixels);
        using var loader = _rig.Loader(new MadeRecords(12), new NumberPixels(3, 4), batchSize: 4, Lenient);
        var arrays = new HashSet<float[]>(ReferenceEqualityComparer.Instance);

        await foreach (var batch in loader.ReadAsync(0, 40))
        {
            Assert.Equal(expected[(int)batch.Step], batch.Pixels);
            if (batch.Count == 4) arrays.Add(batch.Pixels);
            loader.Return(batch);
        }

        Assert.InRange(arrays.Count, 1, expected.Count(pixels => pixels.Length == 8) - 1);
    }

    [Fact]
    public async Task TheLogSaysWhatEachStepShowed()
    {
        var log = _rig.Folder["samples.log"];
        using var loader = _rig.Loader(new MadeRecords(9), new NumberPixels(3), batchSize: 4, Lenient with { LogSamples = log });

        var batches = await LoaderRig.ReadAsync(loader, 0, 5);
        await LoaderRig.ReadAsync(loader, 2, 4); // as after a checkpoint

        Assert.Equal(
            batches.Take(4).SelectMany(batch => batch.Keys.Select(key => $"{batch.Step + 1}\t{key}")), await File.ReadAllLinesAsync(log));
    }

    private static async Task Until(Func<bool> holds)
    {
        for (var i = 0; i < 1000 && !holds(); i++) await Task.Delay(5);
        Assert.True(holds());
    }
}
