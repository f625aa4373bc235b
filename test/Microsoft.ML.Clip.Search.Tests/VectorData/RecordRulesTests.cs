using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Clip.VectorData;
using Orders = Microsoft.Extensions.VectorData.FilteredRecordRetrievalOptions<
    Microsoft.ML.Clip.Search.Tests.VectorData.RecordRulesTests.Note>.OrderByDefinition;

namespace Microsoft.ML.Clip.Search.Tests.VectorData;

/// <summary>Records come back as they were given, whatever their keys and properties are.</summary>
public sealed class RecordRulesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TinyFolder _tiny = new();
    private readonly ClipModel _model;
    private readonly ClipVectorStore _store;

    public RecordRulesTests()
    {
        _model = ClipModel.Open(_tiny.Path);
        _store = new ClipVectorStore(_folder["store"], _model);
    }

    public void Dispose()
    {
        _store.Dispose();
        _model.Dispose();
        _tiny.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void KeysOfEveryKindComeBack()
    {
        var id = Guid.NewGuid();
        Assert.Equal("a key", Again(new Keyed<string> { Key = "a key" }).Key);
        Assert.Equal(-7, Again(new Keyed<int> { Key = -7 }).Key);
        Assert.Equal(long.MinValue, Again(new Keyed<long> { Key = long.MinValue }).Key);
        Assert.Equal(ulong.MaxValue, Again(new Keyed<ulong> { Key = ulong.MaxValue }).Key);
        Assert.Equal(id, Again(new Keyed<Guid> { Key = id }).Key);
        Assert.Throws<ArgumentException>(() => RecordShape.Of(typeof(Keyed<double>), null, 8));
    }

    /// <summary>What an index knows of a picture is kept there, if it is of that type; all else beside it, by its stored name.</summary>
    [Fact]
    public void PropertiesThatAnEntryHasAreTheEntrys()
    {
        var when = new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.Zero);
        var mapping = new RecordMapping(RecordShape.Of(typeof(Rich), null, 8));

        var entry = mapping.ToEntry(new Rich { Key = "k", Path = "p", Modified = when, Size = 5, Title = "t", Score = 0.5 });

        Assert.Equal(("k", "p", when), (entry.Id, entry.Path, entry.Modified));
        // A title that is stored as the caption is one; a size that is no long is not the file's.
        Assert.Equal(("t", null, """{"Size":5,"points":0.5,"Missing":null}"""), (entry.Caption, entry.Size, entry.Data));
        var again = (Rich)mapping.ToRecord(entry, [1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Equal(("k", "p", when, 5, "t", 0.5), (again.Key, again.Path, again.Modified, again.Size, again.Title, again.Score));
        Assert.Null(again.Missing);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], again.Vector!.Vector.ToArray());
        Assert.Null(((Rich)mapping.ToRecord(entry, null)).Vector);
        // Of an entry that knows less, the rest stays as a record has it.
        Assert.Equal((0, 0.0), (((Rich)mapping.ToRecord(new("x"), null)).Size, ((Rich)mapping.ToRecord(new("x"), null)).Score));
    }

    [Fact]
    public async Task TextsOfRecordsAreEmbeddedInTheirOrder()
    {
        var notes = _store.GetCollection<int, Note>("notes");
        await notes.EnsureCollectionExistsAsync();
        await notes.UpsertAsync(TinyFolder.Colors.Select((color, i) => new Note { Key = i, Text = color }));
        await notes.UpsertAsync([]);

        for (var i = 0; i < 3; i++) Assert.Equal(i, (await notes.SearchAsync(TinyFolder.Colors[i], 1).SingleAsync()).Record.Key);
        await Assert.ThrowsAsync<ArgumentException>(() => notes.UpsertAsync(new Note { Key = 4, Text = null }));
    }

    [Fact]
    public void InputsOfSeveralKindsKeepTheirPlaces()
    {
        var picture = TinyFolder.Picture(2, 1);
        float[] vector = [1, 0, 0, 0, 0, 0, 0, 0];

        var embedded = RecordVectors.Embed(
            _model, [vector, "red", new DataContent(picture, "image/png"), (ReadOnlyMemory<float>)vector, "green"], default);

        Assert.Equal(vector, embedded[0]);
        Near(_model.EmbedText("red"), embedded[1]);
        Near(_model.EmbedImage(picture), embedded[2]);
        Assert.Equal(vector, embedded[3]);
        Near(_model.EmbedText("green"), embedded[4]);
        Assert.Contains("media type 'text/plain'", Assert.Throws<ArgumentException>(
            () => RecordVectors.Embed(_model, [new DataContent(picture, "text/plain")], default)).Message);
        Assert.Contains("A vector is null", Assert.Throws<ArgumentException>(() => RecordVectors.Embed(_model, [null], default)).Message);
    }

    [Fact]
    public async Task RecordsAreOrderedByAllThatIsAskedFor()
    {
        var notes = _store.GetCollection<int, Note>("notes");
        await notes.EnsureCollectionExistsAsync();
        (string Text, int Rank)[] rows = [("red", 2), ("blue", 1), ("red", 1), ("blue", 3), ("green", 2)];
        await notes.UpsertAsync(rows.Select((row, i) => new Note { Key = i, Text = row.Text, Kind = row.Text, Rank = row.Rank }));

        Assert.Equal("0 1 2 3 4", await Keys(null));
        Assert.Equal("1 3 4 2 0", await Keys(order => order.Ascending(note => note.Kind).Ascending(note => note.Rank)));
        Assert.Equal("3 1 4 0 2", await Keys(order => order.Ascending(note => note.Kind).Descending(note => note.Rank)));
        Assert.Equal("0 2 4 1 3", await Keys(order => order.Descending(note => note.Kind)));

        async Task<string> Keys(Func<Orders, Orders>? order)
        {
            var found = await notes.GetAsync(_ => true, 10, new() { OrderBy = order }).ToListAsync();
            return string.Join(' ', found.Select(note => note.Key));
        }
    }

    [Fact]
    public async Task StoresAndCollectionsTellWhatTheyAre()
    {
        var notes = _store.GetCollection<int, Note>("notes");
        Assert.Empty(await _store.ListCollectionNamesAsync().ToListAsync());
        await notes.EnsureCollectionExistsAsync();

        var store = (VectorStoreMetadata)_store.GetService(typeof(VectorStoreMetadata))!;
        Assert.Equal(("clip", _folder["store"]), (store.VectorStoreSystemName, store.VectorStoreName));
        Assert.Same(_model, _store.GetService(typeof(ClipModel)));
        Assert.Same(_store, _store.GetService(typeof(ClipVectorStore)));
        Assert.Null(_store.GetService(typeof(ClipModel), "key"));
        Assert.Null(_store.GetService(typeof(string)));
        var collection = (VectorStoreCollectionMetadata)notes.GetService(typeof(VectorStoreCollectionMetadata))!;
        Assert.Equal(("clip", "notes", "notes"), (collection.VectorStoreSystemName, collection.CollectionName, notes.Name));
        Assert.Same(_model, notes.GetService(typeof(ClipModel)));
        Assert.Equal(_folder["store/notes.index"], ((ClipImageIndex)notes.GetService(typeof(ClipImageIndex))!).Path);
        Assert.Same(notes, notes.GetService(typeof(VectorStoreCollection<int, Note>)));
        Assert.Null(notes.GetService(typeof(ClipModel), "key"));
        Assert.All(
            ["", " ", ".hidden", "a/b", "a\\b"], name => Assert.Throws<ArgumentException>(() => _store.GetCollection<int, Note>(name)));
    }

    /// <summary>Deleted and made again, a collection is empty, for whoever holds it too.</summary>
    [Fact]
    public async Task ACollectionThatIsMadeAgainIsEmpty()
    {
        var notes = _store.GetCollection<int, Note>("notes");
        await notes.EnsureCollectionExistsAsync();
        await notes.UpsertAsync(new Note { Key = 1, Text = "red" });
        var same = _store.GetCollection<int, Note>("notes");
        Assert.NotNull(await same.GetAsync(1));

        await same.EnsureCollectionDeletedAsync();
        Assert.False(await notes.CollectionExistsAsync());
        await notes.EnsureCollectionExistsAsync();

        Assert.Null(await notes.GetAsync(1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await notes.SearchAsync("red", 0).ToListAsync());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await notes.GetAsync(_ => true, 0).ToListAsync());
    }

    private static Keyed<T> Again<T>(Keyed<T> record)
    {
        var mapping = new RecordMapping(RecordShape.Of(typeof(Keyed<T>), null, 8));
        return (Keyed<T>)mapping.ToRecord(mapping.ToEntry(record), null);
    }

    private static void Near(float[] expected, float[] actual)
    {
        foreach (var (a, b) in expected.Zip(actual)) Assert.Equal(a, b, 1e-5f);
    }

    private sealed class Keyed<T>
    {
        [VectorStoreKey]
        public T Key { get; set; } = default!;

        [VectorStoreVector(8)]
        public float[] Vector { get; set; } = [];
    }

    internal sealed class Note
    {
        [VectorStoreKey]
        public int Key { get; set; }

        [VectorStoreData]
        public string? Kind { get; set; }

        [VectorStoreData]
        public int Rank { get; set; }

        [VectorStoreVector(8)]
        public string? Text { get; set; }
    }

    private sealed class Rich
    {
        [VectorStoreKey]
        public string Key { get; set; } = "";

        [VectorStoreData]
        public string? Path { get; set; }

        [VectorStoreData]
        public DateTimeOffset Modified { get; set; }

        [VectorStoreData]
        public int Size { get; set; }

        [VectorStoreData(StorageName = "caption")]
        public string? Title { get; set; }

        [VectorStoreData(StorageName = "points")]
        public double Score { get; set; }

        [VectorStoreData]
        public string? Missing { get; set; }

        [VectorStoreVector(8)]
        public Embedding<float>? Vector { get; set; }
    }
}
