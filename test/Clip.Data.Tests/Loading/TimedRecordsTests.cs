using System.Diagnostics;

namespace Clip.Data.Tests.Loading;

/// <summary>Reads that may not take for ever, and are otherwise those of the source.</summary>
public sealed class TimedRecordsTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1), Short = TimeSpan.FromSeconds(1.5);

    [Fact]
    public void AllElseIsTheSources()
    {
        var source = new MadeRecords(3)
        {
            Fingerprint = "these",
            Unusable = [new("row 9", "it is cut")],
            Parts = [new EpochPart(3, 2)],
            CaptionsAreInMemory = true,
            Id = record => record / 2,
            File = record => $"{record}.png",
        };
        using var timed = new TimedRecords(source, Long);

        Assert.Equal((3, "these", true), (timed.Count, timed.Fingerprint, timed.CaptionsAreInMemory));
        Assert.Same(source.Unusable, timed.Unusable);
        Assert.Same(source.Parts, timed.Parts);
        Assert.Equal(("record 1", 1, "1.png"), (timed.Key(1), timed.ImageId(2), timed.ImagePath(1)));
        Assert.Equal([0, 1, 2, 1], new[] { 0, 1, 2, 1 }.Select(record => First(timed, record)));
        Assert.Equal(source.ReadCaptions(2), timed.ReadCaptions(2));
        timed.Dispose();
        Assert.False(source.IsDisposed);
    }

    [Fact]
    public void AReadThatDoesNotComeBackIsGivenUp_AndOthersGoOn()
    {
        using var free = new ManualResetEventSlim();
        var source = new MadeRecords(3)
        {
            Image = record =>
            {
                if (record == 1) free.Wait();
                return [(byte)record];
            },
        };
        using var timed = new TimedRecords(source, Short);
        Assert.Equal(0, First(timed, 0));

        var clock = Stopwatch.StartNew();
        var error = Assert.Throws<IOException>(() => timed.ReadImage(1));
        Assert.InRange(clock.Elapsed.TotalSeconds, 1.49, 60);

        Assert.Equal("reading it took more than 1.5 seconds; is its disk or network there?", error.Message);
        Assert.Equal([2, 0], new[] { 2, 0 }.Select(record => First(timed, record)));
        free.Set();
        Assert.Equal([1, 2], new[] { 1, 2 }.Select(record => First(timed, record))); // it answers again
    }

    /// <summary>Nobody will take it: what holds pooled memory gives it back.</summary>
    [Fact]
    public async Task WhatComesTooLateIsDisposed()
    {
        using var free = new ManualResetEventSlim();
        using var late = new DisposableCaptions();
        var source = new MadeRecords(1)
        {
            Captions = _ =>
            {
                free.Wait();
                return late;
            },
        };
        using var timed = new TimedRecords(source, Short);
        Assert.Throws<IOException>(() => timed.ReadCaptions(0));

        free.Set();

        await late.Disposed.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void WhatGoesWrongIsToldAsItIs()
    {
        var source = new MadeRecords(4)
        {
            Image = record => record switch
            {
                0 => throw new InvalidDataException("no picture"),
                1 => throw new UnauthorizedAccessException("not yours"),
                2 => throw new InvalidOperationException("out of order"),
                _ => [3],
            },
        };
        using var timed = new TimedRecords(source, Long);

        Assert.Equal("no picture", Assert.Throws<InvalidDataException>(() => timed.ReadImage(0)).Message);
        Assert.Equal("not yours", Assert.Throws<UnauthorizedAccessException>(() => timed.ReadImage(1)).Message);
        Assert.Equal("out of order", Assert.Throws<InvalidOperationException>(() => timed.ReadImage(2)).Message);
        Assert.Equal(3, First(timed, 3));
    }

    /// <summary>A thread for each read would cost more than the read.</summary>
    [Fact]
    public void AThreadReadsOneRecordAfterAnother_UntilItIsEnded()
    {
        var threads = new List<Thread>();
        var source = new MadeRecords(1)
        {
            Image = _ =>
            {
                threads.Add(Thread.CurrentThread);
                return [7];
            },
        };
        using var timed = new TimedRecords(source, Long);
        for (var i = 0; i < 5; i++) Assert.Equal(7, First(timed, 0));

        Assert.Single(threads.Distinct());
        Assert.NotSame(Thread.CurrentThread, threads[0]);
        Assert.True(threads[0].IsBackground);
        timed.Dispose();
        Assert.True(threads[0].Join(TimeSpan.FromSeconds(30)));
        Assert.Equal(7, First(timed, 0));
        Assert.NotSame(threads[0], threads[^1]);
    }

    /// <summary>What is there without reading needs no other thread.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CaptionsInMemoryAreTakenAtOnce(bool inMemory)
    {
        Thread? reader = null;
        var source = new MadeRecords(1)
        {
            CaptionsAreInMemory = inMemory,
            Captions = _ =>
            {
                reader = Thread.CurrentThread;
                return ["red"];
            },
        };
        using var timed = new TimedRecords(source, Long);

        Assert.Equal(["red"], timed.ReadCaptions(0));
        Assert.Equal(inMemory, reader == Thread.CurrentThread);
    }

    private static int First(TimedRecords records, int record)
    {
        using var bytes = records.ReadImage(record);
        return bytes.Span[0];
    }

    private sealed class DisposableCaptions : List<string>, IDisposable
    {
        private readonly TaskCompletionSource _disposed = new();

        public Task Disposed => _disposed.Task;

        public void Dispose() => _disposed.TrySetResult();
    }
}
