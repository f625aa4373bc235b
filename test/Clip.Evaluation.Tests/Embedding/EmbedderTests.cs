using Clip.Data;
using Clip.Evaluation.Embedding;

namespace Clip.Evaluation.Tests.Embedding;

/// <summary>A picture is embedded once, for this and for later evaluations, and again only where it may have changed.</summary>
public sealed class EmbedderTests : IDisposable
{
    private readonly TinyModel _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void WithoutACacheFeaturesAreTheModels()
    {
        var images = _tiny.Paint(40);

        var features = Embed(images, cache: null, out _);

        var expected = _tiny.Model.EmbedImages([.. images.Select(image => image.ImagePath)]);
        Assert.Equal(expected, features);
    }

    [Fact]
    public void TheSecondTimeNothingIsEmbedded()
    {
        var images = _tiny.Paint(40);
        var first = Embed(images, _tiny.Cache, out var firstTime);

        var second = Embed(images, _tiny.Cache, out var secondTime);

        Assert.Equal(first, second);
        Assert.Equal((0, 40), (firstTime[0].Done, firstTime[^1].Done));
        Assert.Equal([40], secondTime.Select(progress => progress.Done));
    }

    [Fact]
    public void APictureThatChangedIsEmbeddedAgain()
    {
        var images = _tiny.Paint(4);
        var before = Embed(images, _tiny.Cache, out _);
        File.Copy(images[1].ImagePath, images[0].ImagePath, overwrite: true);
        File.SetLastWriteTimeUtc(images[2].ImagePath, DateTime.UtcNow.AddDays(1));

        var after = Embed(images, _tiny.Cache, out var progress);

        Assert.Equal(2, progress[0].Done);
        Assert.Equal([before[1], before[1], before[2], before[3]], after);
    }

    /// <summary>A link is what it leads to: nothing of it changes where that is written anew.</summary>
    [SkippableFact]
    public void APictureBehindALinkIsEmbeddedAgainWhereItChanged()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links take a right of their own there.");
        var images = _tiny.Paint(2);
        var link = _tiny.Folder["link.png"];
        File.CreateSymbolicLink(link, images[0].ImagePath);
        LabeledImage[] linked = [new() { ImagePath = link, Class = "red" }];
        var before = Embed(linked, _tiny.Cache, out _)[0];
        File.Copy(images[1].ImagePath, images[0].ImagePath, overwrite: true);

        var after = Embed(linked, _tiny.Cache, out _)[0];

        Assert.NotEqual(before, after);
        Assert.Equal(Embed(images[1..], cache: null, out _)[0], after);
    }

    /// <summary>A list of prompts is not the one prompt that its lines make, nor are all texts of a kind.</summary>
    [Fact]
    public void KeysTellListsOfPromptsApart()
    {
        UInt128[] keys =
        [
            EmbeddingKey.OfPrompts(["a", "b"]), EmbeddingKey.OfPrompts(["a\nb"]), EmbeddingKey.OfPrompts(["b", "a"]),
            EmbeddingKey.OfPrompts(["a"]), EmbeddingKey.OfText("a"),
            EmbeddingKey.OfPrompts(["a", "1 b"]), EmbeddingKey.OfPrompts(["a\n1 b"]),
        ];

        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    /// <summary>Another version may prepare pictures in another way.</summary>
    [Fact]
    public void WhatAnotherVersionHasKeptIsNotRead()
    {
        var images = _tiny.Paint(3);
        Embed(images, _tiny.Cache, out _);
        var folder = Assert.Single(Directory.GetDirectories(_tiny.Cache));
        var version = typeof(Microsoft.ML.Clip.ClipModel).Assembly.GetName().Version!;
        Assert.EndsWith($"-{version.ToString(3)}", folder, StringComparison.Ordinal);
        Directory.Move(folder, folder[..^1] + "9");

        Embed(images, _tiny.Cache, out var progress);

        Assert.Equal(0, progress[0].Done);
    }

    [Fact]
    public void WhatIsNoNumberIsNotKept()
    {
        var images = _tiny.Paint(3);
        using var model = Microsoft.ML.Clip.ClipModel.Open(
            _tiny.Folder["model"],
            new() { Preprocessing = _tiny.Model.Preprocessing with { Std = [1e-45f, 1e-45f, 1e-45f], Mean = [0, 0, 0] } });
        using (var cache = EmbeddingCache.Open(_tiny.Cache, model.Fingerprint, Assert.Fail))
        {
            var error = Assert.Throws<ClipException>(
                () => new Embedder(model, cache, null).Images("walls", images, new BadRecords(3, 0, null), default));
            Assert.Contains("not finite", error.Message, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(_tiny.Cache));
    }

    /// <summary>Cut short, of other bytes, or of a model that was: none of it is used, and none an error.</summary>
    [Theory]
    [InlineData(100)]
    [InlineData(3)]
    [InlineData(0)]
    public void ADamagedCacheIsNone(int length)
    {
        var images = _tiny.Paint(8);
        var first = Embed(images, _tiny.Cache, out _);
        var file = Assert.Single(Directory.GetFiles(_tiny.Cache, "*.embeddings", SearchOption.AllDirectories));
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..length]);

        Assert.Equal(first, Embed(images, _tiny.Cache, out var progress));
        Assert.Equal(0, progress[0].Done);
    }

    [Fact]
    public void OtherPreprocessingIsAnotherModel()
    {
        var images = _tiny.Paint(4);
        var first = Embed(images, _tiny.Cache, out _);
        var file = _tiny.Folder["model/preprocessor_config.json"];
        var config = File.ReadAllText(file);
        var other = config.Replace("0.48145466", "0.1", StringComparison.Ordinal);
        Assert.NotEqual(config, other);
        File.WriteAllText(file, other);
        using var model = Microsoft.ML.Clip.ClipModel.Open(_tiny.Folder["model"]);

        using var cache = EmbeddingCache.Open(_tiny.Cache, model.Fingerprint, Assert.Fail);
        var second = new Embedder(model, cache, null).Images("walls", images, new BadRecords(4, 0, null), default);

        Assert.NotEqual(first, second);
    }

    [Fact]
    public void WhatACacheWasGivenIsThereWhenItIsOpenedAgain()
    {
        using (var cache = EmbeddingCache.Open(_tiny.Cache, "model", Assert.Fail)) cache.Add(7, [1, 2, 3]);

        using var again = EmbeddingCache.Open(_tiny.Cache, "model", Assert.Fail);

        Assert.Equal([1, 2, 3], again.Find(7)!);
        Assert.Null(again.Find(8));
    }

    [Fact]
    public void WhatIsDoneWhenItIsStoppedIsKept()
    {
        var images = _tiny.Paint(80);
        using var stop = new CancellationTokenSource();
        using (var cache = EmbeddingCache.Open(_tiny.Cache, _tiny.Model.Fingerprint, Assert.Fail))
        {
            var progress = new Seen(p =>
            {
                if (p.Done > 0) stop.Cancel();
            });
            Assert.ThrowsAny<OperationCanceledException>(() =>
                new Embedder(_tiny.Model, cache, progress).Images("walls", images, new BadRecords(80, 0, null), stop.Token));
        }

        Embed(images, _tiny.Cache, out var again);

        Assert.Equal(32, again[0].Done);
    }

    [Fact]
    public void BrokenPicturesAreToldAndTheOthersStayInTheirPlace()
    {
        var images = _tiny.Paint(40);
        var whole = Embed(images, cache: null, out _);
        File.WriteAllText(images[3].ImagePath, "no picture");
        File.Delete(images[35].ImagePath);
        var bad = new BadRecords(40, mostPercent: 10, report: null);

        var features = new Embedder(_tiny.Model, null, null).Images("walls", images, bad, default);

        Assert.Equal([images[3].ImagePath, images[35].ImagePath], bad.Reasons.Keys.Order(StringComparer.Ordinal));
        Assert.Contains("does not exist", bad.Reasons[images[35].ImagePath], StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 40).Where(i => i is not (3 or 35)), Enumerable.Range(0, 40).Where(i => features[i] is not null));
        // ONNX Runtime's sums may end differently in a batch of another size.
        for (var i = 0; i < 40; i++)
        {
            foreach (var (a, b) in whole[i]!.Zip(features[i] ?? whole[i]!)) Assert.Equal(a, b, 1e-5f);
        }
    }

    [Fact]
    public void TooManyBrokenPicturesAreAnError()
    {
        var images = _tiny.Paint(10);
        foreach (var image in images[..2]) File.WriteAllText(image.ImagePath, "no picture");

        var error = Assert.Throws<ClipException>(() =>
            new Embedder(_tiny.Model, null, null).Images("walls", images, new BadRecords(10, 10, null), default));

        Assert.Contains("2 of 10 records are bad", error.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A part of a file is known by the file; without one by its bytes, which are then read to know it.</summary>
    [Fact]
    public void PicturesInsideOthersFilesAreKnownToo()
    {
        var painted = _tiny.Paint(2);
        var reads = 0;
        LabeledImage[] images =
        [
            new() { ImagePath = "shard:0", Container = painted[0].ImagePath, Content = () => Read(0) },
            new() { ImagePath = "loose:1", Content = () => Read(1) },
        ];

        var first = Embed(images, _tiny.Cache, out _);
        var readsAtFirst = reads;
        var second = Embed(images, _tiny.Cache, out var progress);

        Assert.Equal(first, second);
        Assert.Equal([2], progress.Select(p => p.Done));
        Assert.Equal((3, 1), (readsAtFirst, reads - readsAtFirst));

        byte[] Read(int i)
        {
            Interlocked.Increment(ref reads);
            return File.ReadAllBytes(painted[i].ImagePath);
        }
    }

    [Fact]
    public void APictureThatComesTwiceIsEmbeddedOnce()
    {
        var images = _tiny.Paint(3);

        Embed([images[0], images[1], images[0], images[2]], _tiny.Cache, out _);

        using var cache = EmbeddingCache.Open(_tiny.Cache, _tiny.Model.Fingerprint, Assert.Fail);
        var file = Assert.Single(Directory.GetFiles(_tiny.Cache, "*.embeddings", SearchOption.AllDirectories));
        using var segment = CacheSegment.Open(file)!;
        Assert.Equal(3, segment.Keys.Count);
    }

    [Fact]
    public void LabelsAreTheModelsOwnAndKept()
    {
        var set = new LabeledSet("walls", [], ["red", "green"], ["a {} wall", "a photo of a {} wall"])
        {
            Prompts = new Dictionary<string, IReadOnlyList<string>> { ["green"] = ["a green wall", "green", "a wall"] },
        };
        var expected = Microsoft.ML.Clip.ClipLabelEmbeddings.Create(_tiny.Model, set.Labels, set.Templates, set.Prompts);
        var seen = new List<EmbeddingProgress>();
        using var cache = EmbeddingCache.Open(_tiny.Cache, _tiny.Model.Fingerprint, Assert.Fail);
        var embedder = new Embedder(_tiny.Model, cache, new Seen(seen.Add));

        var (rows, prompts) = embedder.Labels(set, default);
        var again = embedder.Labels(set, default);

        Assert.Equal([expected[0].ToArray(), expected[1].ToArray()], rows);
        Assert.Equal(["a red wall", "a photo of a red wall"], prompts[0]);
        Assert.Equal(rows, again.Rows);
        Assert.Equal(2, seen.Count); // from none to both, and nothing the second time
    }

    [Fact]
    public void LabelsThatAreOneTextToTheModelAreRefusedUnlessTheSetMayHaveThem()
    {
        var embedder = new Embedder(_tiny.Model, null, null);
        var set = new LabeledSet("walls", [], ["red", "Red "], null);

        Assert.Throws<ArgumentException>(() => embedder.Labels(set, default));
        var (rows, _) = embedder.Labels(set with { MayHaveTwins = true }, default);
        Assert.Equal(rows[0], rows[1]);
    }

    [Fact]
    public void ACacheThatCannotBeWrittenIsToldAndDoneWithout()
    {
        var images = _tiny.Paint(3);
        _tiny.Folder.Write("cache", "a file where the folder would be");
        var told = new List<string>();
        using (var cache = EmbeddingCache.Open(_tiny.Cache, _tiny.Model.Fingerprint, told.Add))
            Assert.Equal(3, new Embedder(_tiny.Model, cache, null).Images("walls", images, new BadRecords(3, 0, null), default).Length);

        Assert.Contains("cannot be kept", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public void ManyFilesBecomeOne()
    {
        var images = _tiny.Paint(40);
        foreach (var image in images) Embed([image], _tiny.Cache, out _);

        Assert.InRange(Directory.GetFiles(_tiny.Cache, "*.embeddings", SearchOption.AllDirectories).Length, 1, 33);
        Embed(images, _tiny.Cache, out var progress);
        Assert.Equal([40], progress.Select(p => p.Done));
    }

    private float[]?[] Embed(LabeledImage[] images, string? cache, out List<EmbeddingProgress> progress)
    {
        progress = [];
        using var opened = cache is null ? null : EmbeddingCache.Open(cache, _tiny.Model.Fingerprint, Assert.Fail);
        return new Embedder(_tiny.Model, opened, new Seen(progress.Add))
            .Images("walls", images, new BadRecords(images.Length, 0, (path, reason) => Assert.Fail($"{path}: {reason}")), default);
    }

    private sealed class Seen(Action<EmbeddingProgress> seen) : IProgress<EmbeddingProgress>
    {
        public void Report(EmbeddingProgress value) => seen(value);
    }
}
