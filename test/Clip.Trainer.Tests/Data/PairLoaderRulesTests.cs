using Clip.Conversion.Initialization;
using Clip.Data;
using Clip.Data.Sources;
using Microsoft.ML.Clip;

namespace Clip.Trainer.Tests.Data;

/// <summary>What a batch shows of each record, told by pixels that hold what the loader gave for them.</summary>
public sealed class PairLoaderRulesTests : IDisposable
{
    private const int Records = 12;

    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    /// <summary>Augmentation draws anew in each epoch, for each sample on its own.</summary>
    [Fact]
    public async Task EveryEpochShowsAnotherCropOfAPicture()
    {
        var batches = await ReadAsync(new Drawing(), epochs: 6);

        var crops = batches.SelectMany(batch => batch.Keys.Select((key, i) => (key, Crop: batch.Pixels[i])));
        Assert.Equal(6 * Records, crops.Select(crop => crop.Crop).Distinct().Count());
    }

    [Fact]
    public async Task WhatASampleShowsFollowsFromTheSeedTheEpochAndTheRecordNotFromItsBatch()
    {
        var four = Shown(await ReadAsync(new Drawing(), epochs: 2, batchSize: 4));
        var six = Shown(await ReadAsync(new Drawing(), epochs: 2, batchSize: 6));
        var other = Shown(await ReadAsync(new Drawing(), epochs: 2, batchSize: 4, seed: 8));

        Assert.Equal(four.Order(), six.Order());
        Assert.Empty(four.Select(s => s.Crop).Intersect(other.Select(s => s.Crop)));

        static List<(string Key, float Crop, string Caption)> Shown(IEnumerable<PairBatch> batches) =>
            [.. batches.SelectMany(batch => batch.Keys.Select((key, i) => (key, batch.Pixels[i], batch.Captions[i])))];
    }

    [Fact]
    public async Task EveryEpochDrawsAmongAllCaptionsOfAPicture()
    {
        var batches = await ReadAsync(new Drawing(), epochs: 48, captions: 3);

        var choices = batches.SelectMany(batch => batch.Keys.Zip(batch.Captions))
            .GroupBy(pair => pair.First, pair => pair.Second).ToArray();
        Assert.Equal(Records, choices.Length);
        // A caption of three is shown in 16 of 48 epochs, give or take four deviations.
        Assert.All(choices, captions =>
        {
            Assert.Equal(3, captions.Distinct().Count());
            Assert.All(captions.CountBy(caption => caption), count => Assert.InRange(count.Value, 3, 29));
        });
        // Each record draws for itself.
        var numbers = choices.Select(captions => string.Concat(captions.Select(caption => caption[^1])));
        Assert.Equal(Records, numbers.Distinct().Count());
    }

    [Fact]
    public async Task ConVirtShowsASentenceOfACaption()
    {
        var batches = await ReadAsync(new Drawing(), epochs: 24, captions: 1, text: "A cat. On a mat.", sentences: true);

        Assert.Equal(["A cat.", "On a mat."], batches.SelectMany(batch => batch.Captions).Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>Behind a bad record the others move up, with all that belongs to them.</summary>
    [Fact]
    public async Task PixelsTokensAndCaptionsOfABatchBelongTogetherWhateverIsBad()
    {
        var batches = await ReadAsync(new Numbers(bad: [0, 3, 4, 7, 11]), epochs: 4, batchSize: 6, captions: 2);
        var tokenizer = ClipTokenizer.Create(_run.Folder["tokenizer"]);

        Assert.Contains(batches, batch => batch.Count < 6);
        Assert.All(batches, batch =>
        {
            Assert.Equal((batch.Count, batch.Count * 2), (batch.Pixels.Length, batch.Count * 2));
            Assert.Equal((batch.Count, batch.Count), (batch.Keys.Count, batch.Captions.Count));
            Assert.Equal(batch.Count * batch.TextLength, batch.InputIds.Length);
            for (var i = 0; i < batch.Count; i++)
            {
                Assert.Equal(batch.Keys[i], $"{batch.Pixels[i]}.png");
                Assert.StartsWith($"picture {batch.Pixels[i]} ", batch.Captions[i], StringComparison.Ordinal);
                var ids = batch.InputIds[(i * batch.TextLength)..((i + 1) * batch.TextLength)];
                var expected = tokenizer.Encode(batch.Captions[i], 12);
                Assert.Equal(expected, ids.Take(expected.Length).Select(id => (int)id));
                Assert.All(ids.Skip(expected.Length), id => Assert.Equal(tokenizer.EndOfTextId, id));
            }
        });
        Assert.Equal(7, batches.SelectMany(batch => batch.Keys).Distinct().Count());
    }

    /// <summary>What is shown is what is tokenized.</summary>
    [Fact]
    public async Task CaptionsAreShownAsTheirAugmentationMakesThem()
    {
        var joined = new CaptionAugmentation { JoinChance = 1, ShuffleChance = 1, WordDropout = 0.3 };
        using var loader = Loader(new Drawing(), 4, captions: 2, augmentation: joined);
        var tokenizer = ClipTokenizer.Create(_run.Folder["tokenizer"]);
        await foreach (var batch in loader.ReadAsync(0, 3 * loader.StepsPerEpoch))
        {
            for (var i = 0; i < batch.Count; i++)
            {
                var number = Path.GetFileNameWithoutExtension(batch.Keys[i]);
                var caption = batch.Captions[i];
                Assert.Empty(caption.Split(' ').Except(["picture", number, "caption", "0", "1"]));
                var ids = batch.InputIds.AsSpan(i * batch.TextLength, batch.TextLength).ToArray().Select(id => (int)id);
                Assert.Equal(tokenizer.Encode(caption, 12), ids.Take(tokenizer.Encode(caption, 12).Length));
            }
        }
    }

    /// <summary>
    /// Ranks share a batch. One whose own pictures are all bad shows another that none of them has, or it would be its own negative; and
    /// they do not all come upon the same one.
    /// </summary>
    [Fact]
    public async Task RanksThatDrawOnShowWhatNoneOfTheBatchHas()
    {
        var (together, same) = (0, 0);
        for (var seed = 0L; seed < 12; seed++)
        {
            var drawnOn = new Dictionary<long, List<int>>();
            for (var rank = 0; rank < 3; rank++)
            {
                var slice = new BatchSlice(rank, 3, Parts: 1);
                var sampler = new EpochSampler(Records, batchSize: 6, seed);
                using var loader = Loader(new Numbers([0, 1, 2, 3, 4, 5, 6]), batchSize: 6, captions: 1, seed, slice: slice);
                await foreach (var batch in loader.ReadAsync(0, 6 * loader.StepsPerEpoch))
                {
                    var (whole, own) = (sampler.BatchOf(batch.Step).ToArray(), slice.Of(sampler.BatchOf(batch.Step)).ToArray());
                    var shown = batch.Pixels[..batch.Count].Select(number => (int)number).ToArray();
                    Assert.All(shown, number => Assert.True(own.Contains(number) || !whole.Contains(number)));
                    if (shown.Except(whole).ToArray() is not [var other, ..]) continue;
                    drawnOn.TryAdd(batch.Step, []);
                    drawnOn[batch.Step].Add(other);
                }
            }

            var met = drawnOn.Values.Where(numbers => numbers.Count > 1).ToArray();
            together += met.Length;
            same += met.Count(numbers => numbers[0] == numbers[1]);
        }

        Assert.True(together > 10);
        Assert.InRange(same / (double)together, 0, 0.7);
    }

    [Fact]
    public void InOrderEveryRecordComesOnceWithTheLastBatchSmaller()
    {
        using var loader = Loader(new Numbers([5]), batchSize: 5, captions: 1);

        var batches = loader.InOrder().ToList();

        Assert.Equal([5, 4, 2], batches.Select(batch => batch.Count));
        Assert.Equal([0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11], batches.SelectMany(batch => batch.Pixels[..batch.Count]));
    }

    /// <summary>Two threads meet, or wait in vain.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AsManyThreadsReadAsWorkersAreGiven(int workers)
    {
        using var meeting = new Meeting(workers == 1 ? TimeSpan.FromSeconds(0.3) : TimeSpan.FromMinutes(1));
        using var loader = Loader(meeting, batchSize: Records, captions: 1, workers: workers);

        _ = loader.InOrder().ToList();

        Assert.Equal(workers, meeting.MostAtOnce);
    }

    private async Task<List<PairBatch>> ReadAsync(
        IPixelSource pixels, int epochs, int batchSize = 4, long seed = 3, int captions = 2, string? text = null, bool sentences = false)
    {
        using var loader = Loader(pixels, batchSize, captions, seed, text: text, sentences: sentences);
        var batches = new List<PairBatch>();
        await foreach (var batch in loader.ReadAsync(0, epochs * loader.StepsPerEpoch)) batches.Add(batch);
        return batches;
    }

    private PairLoader Loader(
        IPixelSource pixels, int batchSize, int captions, long seed = 3, int workers = 2, string? text = null, bool sentences = false,
        CaptionAugmentation? augmentation = null, BatchSlice? slice = null)
    {
        var rows = Enumerable.Range(0, Records).Select(i => new CaptionedImage(
            $"{i}.png", [.. Enumerable.Range(0, captions).Select(c => text ?? $"picture {i} caption {c}")])).ToArray();
        return new PairLoader(
            new TableSource(rows), _run.Tokenizer().Rows, pixels,
            new PairLoaderOptions(batchSize, seed)
            {
                Workers = workers,
                MaxBadPercent = 60,
                SampleSentences = sentences,
                Captions = augmentation ?? new CaptionAugmentation(),
                Slice = slice,
            });
    }

    /// <summary>A pixel holds the first random number of its sample.</summary>
    private sealed class Drawing : IPixelSource
    {
        public int FloatCount => 1;

        public void Fill(IRecordSource records, int record, SampleRandom random, Span<float> destination) =>
            destination.Fill((float)random.NextDouble());
    }

    /// <summary>A pixel holds its record's number; some cannot be read.</summary>
    private sealed class Numbers(int[] bad) : IPixelSource
    {
        public int FloatCount => 1;

        public void Fill(IRecordSource records, int record, SampleRandom random, Span<float> destination)
        {
            destination.Fill(record);
            if (bad.Contains(record)) throw new InvalidDataException("damaged");
        }
    }

    /// <summary>Counts how many are at work at once: the first waits for a second one.</summary>
    private sealed class Meeting(TimeSpan patience) : IPixelSource, IDisposable
    {
        private readonly ManualResetEventSlim _met = new();
        private int _atWork, _most, _began;

        public int MostAtOnce => _most;

        public int FloatCount => 1;

        public void Fill(IRecordSource records, int record, SampleRandom random, Span<float> destination)
        {
            var now = Interlocked.Increment(ref _atWork);
            for (var most = _most; now > most && Interlocked.CompareExchange(ref _most, now, most) != most; most = _most) ;
            if (now > 1) _met.Set();
            if (Interlocked.Increment(ref _began) == 1) _met.Wait(patience);
            Interlocked.Decrement(ref _atWork);
        }

        public void Dispose() => _met.Dispose();
    }
}
