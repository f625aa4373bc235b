using Clip.Data;
using Clip.Data.Sources;
using Clip.Data.Tests.Sources;
using Microsoft.ML.Clip;

namespace Clip.Trainer.Tests.Data;

public sealed class PairLoaderTests : IDisposable
{
    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task BatchesAreTheSameWhateverTheThreadsAndTheStart()
    {
        var (whole, late) = (await Read(0, 6, workers: 4), await Read(4, 6, workers: 1));

        Assert.Equal(whole[4..].Select(b => b.Pixels), late.Select(b => b.Pixels));
        Assert.Equal(whole[4..].Select(b => b.InputIds), late.Select(b => b.InputIds));
        Assert.Equal(whole[4..].SelectMany(b => b.Keys), late.SelectMany(b => b.Keys));
        Assert.Equal(12, whole[..3].SelectMany(b => b.Keys).Distinct().Count());
    }

    [Fact]
    public async Task SeveralCaptionsOfAnImageAreDrawnInTurn()
    {
        var rows = Enumerable.Range(0, 4)
            .Select(i => new CaptionedImage(_run.Folder[$"{i}.png"], ["a red wall", "a blue wall number"]))
            .ToArray();

        var batches = await Read(0, 8, rows: rows);

        Assert.Equal(2, batches.SelectMany(b => b.InputIds.Chunk(b.TextLength)).Select(ids => ids.Distinct().Count()).Distinct().Count());
    }

    [Fact]
    public async Task BadRecordsAreToldOnceAndTooManyStopTheRun()
    {
        File.WriteAllText(_run.Folder["1.png"], "no image");
        File.Delete(_run.Folder["2.png"]);
        var told = new List<string>();

        var batches = await Read(0, 6, maxBad: 17, onBroken: told.Add);

        Assert.Equal([_run.Folder["1.png"], _run.Folder["2.png"]], told.Order());
        Assert.Equal(20, batches.Sum(b => b.Count));
        Assert.Equal(20, batches.Sum(b => b.Keys.Count));

        var error = await Assert.ThrowsAsync<ClipException>(() => Read(0, 6, maxBad: 16));
        Assert.Contains(
            "2 of 12 records are bad, more than the 16 percent that `MaxBadPercent` allows", error.Message, StringComparison.Ordinal);
    }

    /// <summary>What a source cannot use is no record, and is told and counted as one that is bad.</summary>
    [Fact]
    public void WhatASourceCannotUseIsToldAndCountsAmongTheBad()
    {
        var shard = Shards.Tar(_run.Folder, "x.tar", "1.jpg", "1.txt", "2.jpg", "2.txt", "3.jpg", "3.txt", "4.jpg");
        using var records = RecordSources.Open(shard, new RecordSourceOptions());
        var told = new List<string>();

        using var loader = Loader(25);
        Assert.Equal([$"{shard}:4"], told);
        Assert.Equal([$"{shard}:4"], loader.Broken.Keys);

        using var strict = Loader(24);
        Assert.Contains(
            "1 of 4 records are bad, more than the 24 percent that `MaxBadPercent` allows",
            Assert.Throws<ClipException>(() => strict.Note([])).Message, StringComparison.Ordinal);

        PairLoader Loader(double maxBad) => new(
            records, _run.Tokenizer().Rows, new PreprocessedPixels(ClipImagePreprocessor.Create(ClipImagePreprocessing.ForSize(16))),
            new PairLoaderOptions(2, 1) { MaxBadPercent = maxBad, OnBroken = (key, _) => told.Add(key) });
    }

    [Fact]
    public async Task TheLogOfAResumedRunIsThatOfOneWithoutInterruption()
    {
        var (whole, broken) = (_run.Folder["whole.log"], _run.Folder["broken.log"]);
        await Read(0, 6, log: whole);

        await Read(0, 5, log: broken); // went as far as step 5 after a checkpoint at step 3
        File.AppendAllText(broken, "6\tcut sho");
        await Read(3, 6, log: broken);

        Assert.Equal(File.ReadAllText(whole), File.ReadAllText(broken));
        Assert.Equal(24, File.ReadAllLines(whole).Length);
        Assert.StartsWith($"1\t{_run.Folder.Path}", File.ReadAllText(whole), StringComparison.Ordinal);
    }

    /// <summary>With 9 of 12 pictures broken, steps of four have none or one readable pair, and a contrast is of two.</summary>
    [Fact]
    public async Task AStepWithTooFewReadablePairsDrawsOn()
    {
        foreach (var i in Enumerable.Range(0, 9)) File.WriteAllText(_run.Folder[$"{i}.png"], "no image");

        var (whole, late) = (await Read(0, 12, maxBad: 75), await Read(5, 12, workers: 1, maxBad: 75));

        Assert.All(whole, batch => Assert.InRange(batch.Keys.Distinct().Count(), 2, 3));
        Assert.All(whole, batch => Assert.Equal(batch.Count, batch.Keys.Distinct().Count()));
        Assert.Equal(whole[5..].SelectMany(b => b.Keys), late.SelectMany(b => b.Keys));
    }

    [Fact]
    public async Task PicturesInSeveralRowsAreNotTheirOwnNegatives()
    {
        var rows = Enumerable.Range(0, 60).Select(i => new CaptionedImage(_run.Folder[$"{i % 12}.png"], [$"a red wall {i}"])).ToArray();

        var batches = await Read(0, 15, rows: rows);

        Assert.All(batches, batch => Assert.Equal(4, batch.Keys.Distinct().Count()));
        Assert.Equal(60, batches.SelectMany(b => b.Captions).Distinct().Count());
    }

    [Fact]
    public async Task AReadThatBlocksIsABadRecord()
    {
        using var blocked = new ManualResetEventSlim();
        using var records = new BlockingSource(new TableSource(CaptionTable.Read(_run.Table)), record: 3, blocked);
        using var pixels = new AugmentedPixels(ClipImagePreprocessing.ForSize(16), new Augmentation(), 1 << 20);
        var options = new PairLoaderOptions(4, Seed: 3) { ReadTimeout = TimeSpan.FromSeconds(0.3) };
        using var loader = new PairLoader(records, _run.Tokenizer().Rows, pixels, options);
        var count = 0;

        await foreach (var batch in loader.ReadAsync(0, 3)) count += batch.Count;
        blocked.Set();

        Assert.Equal(11, count);
        Assert.Contains("took more than 0.3 seconds", loader.Broken[_run.Folder["3.png"]], StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task PipesFoldersAndDevicesAreBadRecords()
    {
        NamedPipe.Make(_run.Folder["pipe.png"]);
        string[] odd = [_run.Folder["pipe.png"], "/dev/zero", _run.Folder.Path, "a\0.png"];
        var told = new List<string>();

        var batches = await Read(
            0, 4, maxBad: 30, onBroken: told.Add,
            rows: [.. CaptionTable.Read(_run.Table), .. odd.Select(path => new CaptionedImage(path, ["x"]))]);

        Assert.Equal(odd.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
        Assert.Equal(12, batches.Sum(b => b.Count));
    }

    /// <summary>A reader that gives batches back has the same ones, written into the memory of a few.</summary>
    [Fact]
    public async Task BatchesThatComeBackAreFilledAnew_WithTheSamePixels()
    {
        var expected = (await Read(0, 30)).ConvertAll(batch => batch.Pixels);
        using var pixels = new AugmentedPixels(ClipImagePreprocessing.ForSize(16), new Augmentation(), 1 << 20);
        using var records = new TableSource([.. CaptionTable.Read(_run.Table)]);
        using var loader = new PairLoader(records, _run.Tokenizer().Rows, pixels, new PairLoaderOptions(4, Seed: 3) { Workers = 2 });
        var arrays = new HashSet<float[]>(ReferenceEqualityComparer.Instance);

        await foreach (var batch in loader.ReadAsync(0, 30))
        {
            Assert.Equal(expected[(int)batch.Step], batch.Pixels);
            arrays.Add(batch.Pixels);
            loader.Return(batch);
        }

        Assert.InRange(arrays.Count, 1, 6);
    }

    private async Task<List<PairBatch>> Read(
        long from, long to, int workers = 2, double maxBad = 10,
        Action<string>? onBroken = null, string? log = null, CaptionedImage[]? rows = null)
    {
        using var pixels = new AugmentedPixels(ClipImagePreprocessing.ForSize(16), new Augmentation(), 1 << 20);
        using var records = new TableSource(rows ?? [.. CaptionTable.Read(_run.Table)]);
        var options = new PairLoaderOptions(4, Seed: 3)
        {
            Workers = workers,
            MaxBadPercent = maxBad,
            LogSamples = log,
            OnBroken = (key, _) => { lock (this) onBroken?.Invoke(key); },
        };
        var loader = new PairLoader(records, _run.Tokenizer().Rows, pixels, options);
        var batches = new List<PairBatch>();
        await foreach (var batch in loader.ReadAsync(from, to)) batches.Add(batch);
        return batches;
    }

    /// <summary>A source whose read of one image does not come back, as on a mount that no longer answers.</summary>
    private sealed class BlockingSource(IRecordSource source, int record, ManualResetEventSlim free) : IRecordSource
    {
        public int Count => source.Count;

        public string Fingerprint => source.Fingerprint;

        public string Key(int number) => source.Key(number);

        public ImageBytes ReadImage(int number)
        {
            if (number == record) free.Wait();
            return source.ReadImage(number);
        }

        public IReadOnlyList<string> ReadCaptions(int number) => source.ReadCaptions(number);

        public void Dispose() => source.Dispose();
    }
}
