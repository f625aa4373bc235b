namespace Clip.Data.Tests.Loading;

/// <summary>A contrast is of two pairs: where bad records leave fewer, others are shown in their places.</summary>
public sealed class DrawOnTests : IDisposable
{
    private readonly LoaderRig _rig = new();

    public void Dispose() => _rig.Dispose();

    private static PairLoaderOptions Lenient => new(0, 0) { Workers = 2, MaxBadPercent = 95 };

    [Fact]
    public async Task EveryStepHasTwoPictures_WhereThereAreTwo()
    {
        using var two = _rig.Loader(new MadeRecords(8), new NumberPixels(0, 2, 3, 4, 6, 7), batchSize: 4, Lenient);
        using var one = _rig.Loader(new MadeRecords(8), new NumberPixels(0, 2, 3, 4, 5, 6, 7), batchSize: 4, Lenient);

        Assert.All(await LoaderRig.ReadAsync(two, 0, 12), batch =>
        {
            Assert.Equal([1, 5], NumberPixels.Of(batch).Order());
            Assert.Equal(NumberPixels.Of(batch).Select(record => $"record {record}"), batch.Keys);
        });
        Assert.All(await LoaderRig.ReadAsync(one, 0, 4), batch => Assert.Equal([1], NumberPixels.Of(batch)));
    }

    /// <summary>Where there are enough nothing is put in a bad one's place: each is shown once in an epoch.</summary>
    [Fact]
    public async Task TwoAreEnough()
    {
        using var loader = _rig.Loader(new MadeRecords(8), new NumberPixels(1, 6), batchSize: 4, Lenient);

        var batches = await LoaderRig.ReadAsync(loader, 0, 16);

        Assert.All(batches.Chunk(2), epoch => Assert.Equal([0, 2, 3, 4, 5, 7], epoch.SelectMany(NumberPixels.Of).Order()));
    }

    /// <summary>Records 1 and 5 show one picture.</summary>
    [Fact]
    public async Task TheSamePictureIsNoOther()
    {
        var records = new MadeRecords(8) { Id = record => record == 5 ? 1 : record };
        using var loader = _rig.Loader(records, new NumberPixels(0, 2, 3, 4, 6), batchSize: 4, Lenient);

        Assert.All(await LoaderRig.ReadAsync(loader, 0, 16), batch =>
        {
            Assert.Contains(7, NumberPixels.Of(batch));
            Assert.Equal(2, NumberPixels.Of(batch).Length);
        });
    }

    [Fact]
    public async Task WhatIsKnownToBeBadIsNotTriedAgain()
    {
        var pixels = new NumberPixels(0, 2, 3, 4, 6, 7);
        using var loader = _rig.Loader(new MadeRecords(8), pixels, batchSize: 4, Lenient);
        await LoaderRig.ReadAsync(loader, 0, 2);
        pixels.Asked.Clear();

        await LoaderRig.ReadAsync(loader, 2, 12); // five epochs, each of which comes upon it once

        Assert.All(pixels.Asked.Where(record => record is not (1 or 5)).CountBy(record => record), asked => Assert.Equal(5, asked.Value));
    }

    /// <summary>A rank needs one pair of its own, and none that another rank has in the same step.</summary>
    [Fact]
    public async Task ARankShowsWhatTheOthersDoNot()
    {
        var sampler = new EpochSampler(12, 6, LoaderRig.Seed);
        for (var rank = 0; rank < 3; rank++)
        {
            var slice = new BatchSlice(rank, 3, Parts: 1);
            using var loader = _rig.Loader(
                new MadeRecords(12), new NumberPixels(0, 1, 2, 3, 4, 5, 6), batchSize: 6, Lenient with { Slice = slice });

            foreach (var batch in await LoaderRig.ReadAsync(loader, 0, 20))
            {
                var whole = sampler.BatchOf(batch.Step).ToArray();
                var own = slice.Of(whole).ToArray();
                var good = own.Where(record => record > 6).ToArray();
                if (good.Length > 0) Assert.Equal(good, NumberPixels.Of(batch));
                else if (whole.Count(record => record > 6) < 5) Assert.DoesNotContain(Assert.Single(NumberPixels.Of(batch)), whole);
            }
        }
    }

    /// <summary>What one draws on follows from the seed, the step and the rank.</summary>
    [Fact]
    public async Task WhatIsDrawnOnIsTheSameEveryTime()
    {
        var runs = new List<string>();
        for (var run = 0; run < 2; run++)
        {
            using var loader = _rig.Loader(new MadeRecords(16), new NumberPixels([.. Enumerable.Range(0, 12)]), batchSize: 4, Lenient);
            // From the second epoch on all the bad ones are known, whatever the order in which threads came upon them.
            await LoaderRig.ReadAsync(loader, 0, 4);
            var batches = await LoaderRig.ReadAsync(loader, 4, 24);
            runs.Add(string.Join(' ', batches.Select(batch => string.Join(',', NumberPixels.Of(batch)))));
        }

        Assert.Equal(runs[0], runs[1]);
        Assert.True(runs[0].Split(' ').Distinct().Count() > 4);
    }
}
