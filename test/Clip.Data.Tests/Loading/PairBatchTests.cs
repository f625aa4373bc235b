using Clip.Conversion.Initialization;
using Microsoft.ML.Clip.Tests.Models;

namespace Clip.Data.Tests.Loading;

/// <summary>What a batch holds: it follows from the data, the seed and the step, and all of a pair stays together.</summary>
public sealed class PairBatchTests : IDisposable
{
    private readonly LoaderRig _rig = new();

    public void Dispose() => _rig.Dispose();

    /// <summary>The same numbers for the same seed, in a later version too: an old run can be repeated.</summary>
    [Fact]
    public async Task WhatASampleShowsIsDrawnFromTheSeedTheEpochAndItsNumber()
    {
        var records = new MadeRecords(6) { Captions = record => [$"red {record}", $"green {record}", $"blue {record}"] };
        using var loader = _rig.Loader(records, new NumberPixels(), batchSize: 3);
        var sampler = new EpochSampler(6, 3, LoaderRig.Seed);

        var batches = await LoaderRig.ReadAsync(loader, 0, 8);

        Assert.Equal((6, 2, "made"), (loader.Count, loader.StepsPerEpoch, loader.Fingerprint));
        Assert.Equal(Enumerable.Range(0, 8).Select(step => (long)step), batches.Select(batch => batch.Step));
        foreach (var batch in batches)
        {
            Assert.Equal(sampler.BatchOf(batch.Step).ToArray(), NumberPixels.Of(batch));
            for (var i = 0; i < batch.Count; i++)
            {
                var (epoch, record) = (batch.Step / 2, (int)batch.Pixels[2 * i]);
                Assert.Equal((float)new SampleRandom(LoaderRig.Seed, epoch, record, 0).NextDouble(), batch.Pixels[(2 * i) + 1]);
                var choice = new SampleRandom(LoaderRig.Seed, epoch, record, 1).Next(3);
                Assert.Equal($"{TinyFolder.Colors[choice]} {record}", batch.Captions[i]);
                Assert.Equal($"record {record}", batch.Keys[i]);
            }
        }
    }

    /// <summary>A resumed run goes on at any step, also within an epoch, with what it would have shown.</summary>
    [Fact]
    public async Task WhereverReadingBeginsAStepIsTheSame()
    {
        using var loader = _rig.Loader(Varied(), new NumberPixels(2, 5), batchSize: 4, Lenient);
        var whole = await LoaderRig.ReadAsync(loader, 0, 9);

        for (var from = 1; from < 9; from++)
        {
            using var again = _rig.Loader(Varied(), new NumberPixels(2, 5), batchSize: 4, Lenient with { Workers = 1 });
            var late = await LoaderRig.ReadAsync(again, from, 9);

            Assert.Equal(whole[from..].Select(batch => batch.Step), late.Select(batch => batch.Step));
            Assert.Equal(whole[from..].Select(batch => batch.Pixels), late.Select(batch => batch.Pixels));
            Assert.Equal(whole[from..].Select(batch => batch.InputIds), late.Select(batch => batch.InputIds));
            Assert.Equal(whole[from..].SelectMany(batch => batch.Captions), late.SelectMany(batch => batch.Captions));
            Assert.Equal(whole[from..].SelectMany(batch => batch.Keys), late.SelectMany(batch => batch.Keys));
        }
    }

    [Fact]
    public async Task BehindABadRecordTheOthersMoveUpWithAllThatIsTheirs()
    {
        using var loader = _rig.Loader(Varied(), new NumberPixels(0, 3, 4, 9), batchSize: 5, Lenient);

        var batches = await LoaderRig.ReadAsync(loader, 0, 6);

        Assert.Contains(batches, batch => batch.Count < 5);
        foreach (var batch in batches)
        {
            Assert.Equal((batch.Count * 2, batch.Count), (batch.Pixels.Length, batch.Keys.Count));
            Assert.Equal(batch.Count * batch.TextLength, batch.InputIds.Length);
            Assert.Equal(NumberPixels.Of(batch).Select(record => $"record {record}"), batch.Keys);
            Assert.Equal(NumberPixels.Of(batch).Select(record => Varied().Captions(record)[0]), batch.Captions);
            int[][] ids = [.. batch.Captions.Select(caption => _rig.Texts.Tokenize(caption, out _))];
            Assert.Equal(TrainingRows.Of(_rig.Texts, ids, out _), batch.InputIds);
        }

        Assert.Equal(8, batches.SelectMany(batch => batch.Keys).Distinct().Count());
        Assert.Equal(["record 0", "record 3", "record 4", "record 9"], loader.Broken.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("3 is damaged", loader.Broken["record 3"]);
    }

    [Fact]
    public async Task ARecordWithoutACaptionIsABadOne()
    {
        var records = new MadeRecords(4)
        {
            Captions = record => record == 2 ? throw new InvalidDataException("the caption is empty") : [$"red {record}"],
        };
        using var loader = _rig.Loader(records, new NumberPixels(), batchSize: 4, Lenient);

        Assert.Equal([0, 1, 3], NumberPixels.Of(Assert.Single(await LoaderRig.ReadAsync(loader, 0, 1))).Order());
        Assert.Equal("the caption is empty", Assert.Single(loader.Broken).Value);
    }

    [Fact]
    public void InOrderEachRecordComesOnceAsInTheFirstEpoch()
    {
        var records = new MadeRecords(7) { Captions = record => [$"red {record}", $"green {record}"], Unusable = [new("x", "no record")] };
        using var loader = _rig.Loader(records, new NumberPixels(5), batchSize: 3, Lenient);

        var batches = loader.InOrder().ToList();

        Assert.Equal([[0, 1, 2], [3, 4], [6]], batches.Select(NumberPixels.Of));
        foreach (var batch in batches)
        {
            Assert.Equal(0, batch.Step);
            for (var i = 0; i < batch.Count; i++)
            {
                var record = (int)batch.Pixels[2 * i];
                Assert.Equal((float)new SampleRandom(LoaderRig.Seed, 0, record, 0).NextDouble(), batch.Pixels[(2 * i) + 1]);
                var choice = new SampleRandom(LoaderRig.Seed, 0, record, 1).Next(2);
                Assert.Equal($"{TinyFolder.Colors[choice]} {record}", batch.Captions[i]);
            }
        }
    }

    /// <summary>To measure, one need not find a pair in each batch, and draws none in the place of a bad one.</summary>
    [Fact]
    public void InOrderABatchOfBadRecordsIsEmpty()
    {
        using var loader = _rig.Loader(new MadeRecords(4), new NumberPixels(0, 1, 3), batchSize: 2, Lenient);

        var batches = loader.InOrder().ToList();

        Assert.Equal([0, 1], batches.Select(batch => batch.Count));
        Assert.Equal((0, 0, 0), (batches[0].Pixels.Length, batches[0].InputIds.Length, batches[0].TextLength));
        Assert.Equal([2], NumberPixels.Of(batches[1]));
    }

    [Fact]
    public async Task CaptionsAreChosenAndVariedAsAskedFor()
    {
        var records = new MadeRecords(4) { Captions = record => [$"A red {record}. A blue {record}.", "another"] };
        var first = Lenient with { Captions = new CaptionAugmentation { FirstChance = 1 } };
        using var texts = _rig.Loader(records, new NumberPixels(), batchSize: 4, first);
        using var sentences = _rig.Loader(records, new NumberPixels(), batchSize: 4, first with { SampleSentences = true });
        using var words = _rig.Loader(
            records, new NumberPixels(), batchSize: 4, first with { Captions = first.Captions with { ShuffleChance = 1 } });

        Assert.All(await LoaderRig.ReadAsync(texts, 0, 9), batch => Assert.Equal(
            NumberPixels.Of(batch).Select(record => $"A red {record}. A blue {record}."), batch.Captions));
        var cut = (await LoaderRig.ReadAsync(sentences, 0, 24)).SelectMany(batch => batch.Captions).ToArray();
        Assert.Equal(["A blue 0.", "A blue 1.", "A blue 2.", "A blue 3.", "A red 0.", "A red 1.", "A red 2.", "A red 3."],
            cut.Distinct().Order(StringComparer.Ordinal));
        var shuffled = (await LoaderRig.ReadAsync(words, 0, 2)).SelectMany(batch => batch.Captions).ToArray();
        Assert.Contains(shuffled, caption => !caption.StartsWith("A red ", StringComparison.Ordinal));
        Assert.All(shuffled, caption =>
        {
            Assert.Equal(6, caption.Split(' ').Length);
            Assert.Equal(2, caption.Split(' ').Count(word => word == "A"));
        });
    }

    private static PairLoaderOptions Lenient => new(0, 0) { Workers = 2, MaxBadPercent = 90 };

    private static MadeRecords Varied() => new(12)
    {
        Captions = record => [string.Concat(Enumerable.Repeat($"a red {record} ", 1 + (record % 3)))],
    };
}
