using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Search.Tests.VectorData;

/// <summary>The behaviors that users of vector stores count on.</summary>
public sealed class VectorStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TinyFolder _tiny = new();
    private readonly ClipModel _model;
    private ClipVectorStore _store;

    public VectorStoreTests()
    {
        _model = ClipModel.Open(_tiny.Path);
        _store = new ClipVectorStore(_folder["store"], _model);
    }

    private VectorStoreCollection<string, Photo> Photos => _store.GetCollection<string, Photo>("photos");

    [Fact]
    public async Task CollectionsComeIntoBeingAndGo()
    {
        Assert.False(await Photos.CollectionExistsAsync());
        var refused = await Assert.ThrowsAsync<VectorStoreException>(() => Photos.GetAsync("a"));
        Assert.Contains("EnsureCollectionExistsAsync", refused.Message, StringComparison.Ordinal);
        await Photos.EnsureCollectionExistsAsync();
        await Photos.EnsureCollectionExistsAsync();
        await _store.GetCollection<int, Numbered>("numbers").EnsureCollectionExistsAsync();
        Assert.True(await _store.CollectionExistsAsync("photos"));
        Assert.Equal(["numbers", "photos"], await _store.ListCollectionNamesAsync().ToListAsync());
        await _store.EnsureCollectionDeletedAsync("photos");
        await Photos.EnsureCollectionDeletedAsync();
        Assert.Equal(["numbers"], await _store.ListCollectionNamesAsync().ToListAsync());
        Assert.Throws<ArgumentException>(() => _store.GetCollection<string, Photo>("../photos"));
    }

    [Fact]
    public async Task WhatIsUpsertedIsThere_AlsoForTheNextProcess()
    {
        await FillAsync();
        _store.Dispose();
        _store = new ClipVectorStore(_folder["store"], _model);

        var photo = await Photos.GetAsync("photo-4");
        Assert.Equal(("photo-4", "green", 4, "a tag4"), (photo!.Id, photo.Color, photo.Number, string.Join(' ', photo.Tags)));
        Assert.True(photo.Embedding.IsEmpty);
        var vector = (await Photos.GetAsync("photo-4", new() { IncludeVectors = true }))!.Embedding;
        Assert.Equal(Embedding(4), vector.ToArray());
        Assert.Null(await Photos.GetAsync("photo-99"));
        Assert.Equal(["photo-1", "photo-2"], await Photos.GetAsync(["photo-1", "none", "photo-2"]).Select(found => found.Id).ToListAsync());

        await Photos.UpsertAsync(new Photo { Id = "photo-4", Color = "none", Embedding = Embedding(0) });
        Assert.Equal("none", (await Photos.GetAsync("photo-4"))!.Color);
        await Photos.DeleteAsync("photo-4");
        await Photos.DeleteAsync(["photo-5", "never"]);
        Assert.Null(await Photos.GetAsync("photo-4"));
        Assert.Equal(7, await Photos.GetAsync(_ => true, 100).CountAsync());
    }

    [Fact]
    public async Task RecordsAreFilteredAndOrdered()
    {
        await FillAsync();
        var found = await Photos.GetAsync(
            photo => photo.Color == "red" || photo.Number > 6 && photo.Tags.Contains("tag7"), 10,
            new() { OrderBy = order => order.Descending(photo => photo.Color).Ascending(photo => photo.Number), Skip = 1 }).ToListAsync();
        Assert.Equal([3, 6, 7], found.Select(photo => photo.Number));
        Assert.Equal(2, await Photos.GetAsync(photo => photo.Number < 100, 2).CountAsync());
    }

    [Fact]
    public async Task TextsPicturesAndVectorsFindRecords()
    {
        await FillAsync();
        Assert.All(await Colors("green"), color => Assert.Equal("green", color));
        Assert.All(await Colors(new DataContent(TinyFolder.Picture(2, 50), "image/png")), color => Assert.Equal("blue", color));
        Assert.All(await Colors((ReadOnlyMemory<float>)Embedding(0)), color => Assert.Equal("red", color));
        Assert.All(await Colors(Embedding(1)), color => Assert.Equal("green", color));
        Assert.All(await Colors(new Embedding<float>(Embedding(2))), color => Assert.Equal("blue", color));
        await Assert.ThrowsAsync<ArgumentException>(() => Colors(5));

        async Task<List<string?>> Colors<T>(T query)
            where T : notnull => await Photos.SearchAsync(query, 3).Select(found => found.Record.Color).ToListAsync();
    }

    [Fact]
    public async Task ASearchIsFilteredPagedAndCut()
    {
        await FillAsync();
        var all = await Photos.SearchAsync("red", 100, new() { IncludeVectors = true }).ToListAsync();
        Assert.Equal(9, all.Count);
        Assert.Equal(all.OrderByDescending(found => found.Score).Select(found => found.Record.Id), all.Select(found => found.Record.Id));
        Assert.All(all, found => Assert.Equal(Embedding(found.Record.Number), found.Record.Embedding.ToArray()));

        var odd = await Photos.SearchAsync("red", 2, new() { Filter = photo => photo.Number % 2 == 1, Skip = 1 }).ToListAsync();
        var expected = all.Where(found => found.Record.Number % 2 == 1).Skip(1).Take(2);
        Assert.Equal(expected.Select(found => found.Record.Id), odd.Select(found => found.Record.Id));
        var close = await Photos.SearchAsync("red", 100, new() { ScoreThreshold = all[2].Score }).ToListAsync();
        Assert.Equal(3, close.Count);
        Assert.Equal(9, await Photos.SearchAsync("red", 100, new() { VectorProperty = photo => photo.Embedding }).CountAsync());
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await Photos.SearchAsync("red", 1, new() { VectorProperty = photo => photo.Color }).ToListAsync());
    }

    [Fact]
    public async Task PicturesAndTextsAreEmbeddedByTheModel()
    {
        var pictures = _store.GetCollection<Guid, Picture>("pictures");
        await pictures.EnsureCollectionExistsAsync();
        var keys = Enumerable.Range(0, 3).Select(_ => Guid.NewGuid()).ToArray();
        await pictures.UpsertAsync(
            keys.Select((key, i) => new Picture { Key = key, Content = new(TinyFolder.Picture(i, 0), "image/png") }));
        for (var i = 0; i < 3; i++)
            Assert.Equal(keys[i], (await pictures.SearchAsync(TinyFolder.Colors[i], 1).SingleAsync()).Record.Key);
        await Assert.ThrowsAsync<NotSupportedException>(() => pictures.GetAsync(keys[0], new() { IncludeVectors = true }));
    }

    [Fact]
    public async Task DictionariesAreRecordsAsWell()
    {
        var photos = _store.GetDynamicCollection("dynamic", new()
        {
            Properties =
            [
                new VectorStoreKeyProperty("Id", typeof(long)), new VectorStoreDataProperty("Color", typeof(string)),
                new VectorStoreVectorProperty("Embedding", typeof(ReadOnlyMemory<float>), 8),
            ],
        });
        await photos.EnsureCollectionExistsAsync();
        await photos.UpsertAsync(new Dictionary<string, object?>
        {
            ["Id"] = 7L,
            ["Color"] = "red",
            ["Embedding"] = (ReadOnlyMemory<float>)Embedding(0),
        });
        var found = await photos.GetAsync(7L);
        Assert.Equal((7L, "red"), (found!["Id"], found["Color"]));
        foreach (var (color, count) in new[] { ("red", 1), ("blue", 0) })
        {
            var kept = photos.SearchAsync("red", 1, new() { Filter = record => (string?)record["Color"] == color });
            Assert.Equal(count, await kept.CountAsync());
        }
    }

    [Fact]
    public async Task AnIndexOfTheCommandLineIsACollection()
    {
        Directory.CreateDirectory(_folder["store"]);
        var modified = new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.Zero);
        using (var index = ClipImageIndex.Create(_folder["store/mine.index"], _model))
        {
            index.Add(new("/a.png") { Path = "/a.png", Caption = "a red thing", Size = 12, Modified = modified }, Embedding(0));
            index.Save();
        }

        var found = await _store.GetCollection<string, Indexed>("mine").SearchAsync("red", 5).SingleAsync();
        Assert.Equal(("/a.png", "/a.png", "a red thing", 12L, modified), (
            found.Record.Id, found.Record.Path, found.Record.Caption, found.Record.Size, found.Record.Modified));
    }

    [Fact]
    public async Task ACollectionOfAnotherModelIsRefused()
    {
        Directory.CreateDirectory(_folder["store"]);
        using (var index = ClipImageIndex.Create(_folder["store/photos.index"], "another", 8))
        {
            index.Add(new("a"), Embedding(0));
            index.Save();
        }

        await Assert.ThrowsAsync<ArgumentException>(() => Photos.GetAsync("a"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Photos.SearchAsync("red", 1).ToListAsync());
        await Assert.ThrowsAsync<ArgumentException>(() => Photos.UpsertAsync(new Photo { Id = "b", Embedding = Embedding(1) }));
    }

    [Fact]
    public async Task WhatCannotBeIsRefused()
    {
        var wide = Assert.Throws<ArgumentException>(() => _store.GetCollection<string, Wide>("x"));
        Assert.Contains("say 8", wide.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _store.GetCollection<string, Keyless>("x"));
        Assert.Throws<NotSupportedException>(() => _store.GetCollection<string, Distant>("x"));
        await FillAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => Photos.UpsertAsync(
            [new Photo { Id = "good", Embedding = Embedding(0) }, new Photo { Id = "bad", Embedding = new float[8] }]));
        Assert.Null(await Photos.GetAsync("good"));
        await Assert.ThrowsAsync<ArgumentException>(() => Photos.UpsertAsync(new Photo { Id = "", Embedding = Embedding(0) }));
    }

    public void Dispose()
    {
        _store.Dispose();
        _model.Dispose();
        _tiny.Dispose();
        _folder.Dispose();
    }

    private float[] Embedding(int number) => _model.EmbedImage(TinyFolder.Picture(number % 3, number));

    private async Task FillAsync()
    {
        await Photos.EnsureCollectionExistsAsync();
        await Photos.UpsertAsync(Enumerable.Range(0, 9).Select(i => new Photo
        {
            Id = $"photo-{i}",
            Color = TinyFolder.Colors[i % 3],
            Number = i,
            Tags = ["a", $"tag{i}"],
            Embedding = Embedding(i),
        }));
    }

    private sealed class Photo
    {
        [VectorStoreKey]
        public string Id { get; set; } = "";

        [VectorStoreData]
        public string? Color { get; set; }

        [VectorStoreData]
        public int Number { get; set; }

        [VectorStoreData]
        public string[] Tags { get; set; } = [];

        [VectorStoreVector(8, DistanceFunction = DistanceFunction.CosineSimilarity)]
        public ReadOnlyMemory<float> Embedding { get; set; }
    }

    private sealed class Numbered
    {
        [VectorStoreKey]
        public int Id { get; set; }

        [VectorStoreVector(8)]
        public float[] Embedding { get; set; } = [];
    }

    private sealed class Picture
    {
        [VectorStoreKey]
        public Guid Key { get; set; }

        [VectorStoreVector(8)]
        public DataContent? Content { get; set; }
    }

    private sealed class Indexed
    {
        [VectorStoreKey]
        public string Id { get; set; } = "";

        [VectorStoreData]
        public string? Path { get; set; }

        [VectorStoreData]
        public string? Caption { get; set; }

        [VectorStoreData]
        public long? Size { get; set; }

        [VectorStoreData]
        public DateTimeOffset? Modified { get; set; }

        [VectorStoreVector(8)]
        public ReadOnlyMemory<float> Embedding { get; set; }
    }

    private sealed class Wide
    {
        [VectorStoreKey]
        public string Id { get; set; } = "";

        [VectorStoreVector(512)]
        public float[] Embedding { get; set; } = [];
    }

    private sealed class Keyless
    {
        [VectorStoreVector(8)]
        public float[] Embedding { get; set; } = [];
    }

    private sealed class Distant
    {
        [VectorStoreKey]
        public string Id { get; set; } = "";

        [VectorStoreVector(8, DistanceFunction = DistanceFunction.EuclideanDistance)]
        public float[] Embedding { get; set; } = [];
    }
}
