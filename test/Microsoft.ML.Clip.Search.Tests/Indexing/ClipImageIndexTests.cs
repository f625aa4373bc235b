using Microsoft.ML.Clip.Search.Tests.Scanning;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Search.Tests.Indexing;

public sealed class ClipImageIndexTests : IDisposable
{
    private static readonly ClipIndexEntry Full = new("a")
    {
        Path = "/photos/ä.jpg",
        Size = 1234,
        Modified = new DateTimeOffset(2024, 2, 29, 12, 0, 1, TimeSpan.FromHours(2)),
        Caption = "ein Hund 🐕",
        ContentHash = "ff",
        Data = "{}",
    };

    private readonly TempFolder _folder = new();

    private string Path => _folder["photos.index"];

    [Fact]
    public async Task WordsFindPictures()
    {
        using var folder = new TinyFolder();
        using var model = ClipModel.Open(folder.Path);
        using var index = ClipImageIndex.Create(Path, model);
        foreach (var picture in folder.Pictures(9)) index.Upsert(new(picture) { Path = picture }, model.EmbedImage(picture));
        index.Save();

        using var opened = ClipImageIndex.Open(Path);
        var found = await opened.SearchAsync(model, "green", new() { Top = 3 });
        Assert.Equal(3, found.Count);
        Assert.All(found, picture => Assert.EndsWith("green.png", picture.Id, StringComparison.Ordinal));
        Assert.True(found[0].Score >= found[1].Score && found[1].Score >= found[2].Score);
    }

    [Fact]
    public async Task AnotherModelsQueryIsRefused()
    {
        using var folder = new TinyFolder();
        using var model = ClipModel.Open(folder.Path);
        using var index = ClipImageIndex.Create(Path, "0123456789", model.Dimension, "ViT-B-32");
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => index.SearchAsync(model, "green"));
        Assert.Contains("'ViT-B-32' of fingerprint 0123456789", refused.Message, StringComparison.Ordinal);
        Assert.Contains(model.Fingerprint, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsSavedIsThere_ToTheBit()
    {
        var rows = RandomRows.Of("normal", 3, 100, seed: 1);
        using (var index = ClipImageIndex.Create(Path, "model", 100, "name"))
        {
            index.Add(Full, rows[0]);
            index.Add(new("b"), rows[1]);
            index.Save();
        }

        using var opened = ClipImageIndex.Open(Path);
        Assert.Equal(("model", "name", 100, 2), (opened.ModelFingerprint, opened.ModelName, opened.Dimension, opened.Count));
        Assert.Equal([Full, new("b")], opened.Entries);
        Assert.Equal(rows[0], opened.GetEmbedding("a"));
        Assert.True(opened.TryGet("a", out var entry));
        Assert.Equal(Full, entry);
        Assert.False(opened.TryGet("c", out _));
        Assert.Null(opened.GetEmbedding("c"));
        Assert.Equal(["photos.index"], _folder.Entries);
    }

    [Fact]
    public void ChangesAreSearchedAtOnce_AndAreInTheFileOnceSaved()
    {
        var rows = RandomRows.Of("normal", 200, 32, seed: 2);
        using var index = ClipImageIndex.Create(Path, "model", 32);
        for (var i = 0; i < 100; i++) index.Add(new($"{i}"), rows[i]);
        index.Save();
        Assert.False(index.HasChanges);

        index.Upsert(new("7"), rows[150]); // replaced
        index.Add(new("new"), rows[151]);
        index.Upsert(new("new") { Caption = "twice" }, rows[152]);
        Assert.True(index.Remove("9"));
        Assert.False(index.Remove("9"));
        index.Add(new("gone"), rows[153]);
        Assert.True(index.Remove("gone"));
        Check(index);
        using (var before = ClipImageIndex.Open(Path))
            Assert.Equal(("7", 100), (before.Search(rows[7], new() { Top = 1 })[0].Id, before.Count));

        index.Save();
        Check(index);
        using var opened = ClipImageIndex.Open(Path);
        Check(opened);

        void Check(ClipImageIndex now)
        {
            Assert.Equal(100, now.Count);
            Assert.Equal("7", now.Search(rows[150], new() { Top = 1 })[0].Id);
            Assert.NotEqual("7", now.Search(rows[7], new() { Top = 1 })[0].Id);
            Assert.NotEqual("9", now.Search(rows[9], new() { Top = 1 })[0].Id);
            Assert.NotEqual("gone", now.Search(rows[153], new() { Top = 1 })[0].Id);
            var best = now.Search(rows[152], new() { Top = 1 })[0];
            Assert.Equal(("new", "twice"), (best.Id, best.Entry.Caption));
            Assert.Equal(100, now.Search(rows[0], new() { Top = 1000 }).Count);
        }
    }

    [Fact]
    public void AddRefusesWhatIsThere()
    {
        using var index = ClipImageIndex.Create(Path, "model", 2);
        index.Add(new("a"), [1, 0]);
        var refused = Assert.Throws<ArgumentException>(() => index.Add(new("a"), [0, 1]));
        Assert.Contains("'a' already", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1f, 2f, 3f)]
    [InlineData(0f, 0f)]
    [InlineData(float.NaN, 1f)]
    [InlineData(float.PositiveInfinity, 1f)]
    public void VectorsWithoutADirectionAreRefused(params float[] vector)
    {
        using var index = ClipImageIndex.Create(Path, "model", 2);
        Assert.Throws<ArgumentException>(() => index.Upsert(new("a"), vector));
        Assert.Throws<ArgumentException>(() => index.Search(vector, new() { Top = 1 }));
    }

    [Fact]
    public void LengthsDoNotMatter()
    {
        using var index = ClipImageIndex.Create(Path, "model", 2);
        index.Upsert(new("a"), [300, 400]);
        Assert.Equal([0.6f, 0.8f], index.GetEmbedding("a")!);
        Assert.Equal(0.6f, index.Search([17, 0], new() { Top = 1 })[0].Score, 6);
    }

    [Fact]
    public void AnEmptyIndexFindsNothing()
    {
        using (var index = ClipImageIndex.Create(Path, "model", 2)) index.Save();
        using var opened = ClipImageIndex.Open(Path);
        Assert.Empty(opened.Search([1, 0], new() { Top = 5 }));
        Assert.Empty(opened.FindDuplicates());
    }

    [Fact]
    public void WhatAnotherHasSavedIsNotOverwritten()
    {
        using (var made = ClipImageIndex.Create(Path, "model", 2)) made.Save();
        using var first = ClipImageIndex.Open(Path);
        using var second = ClipImageIndex.Open(Path);
        first.Add(new("a"), [1, 0]);
        first.Save();
        second.Add(new("b"), [1, 0]);
        Assert.Contains("another program", Assert.Throws<IOException>(second.Save).Message, StringComparison.Ordinal);
        Assert.Equal(["photos.index"], _folder.Entries);
        Assert.Equal("b", Assert.Single(second.Entries).Id);
    }

    [Fact]
    public void RefreshTakesUpWhatAnotherHasSaved()
    {
        using var writer = ClipImageIndex.Create(Path, "model", 2);
        writer.Save();
        using var reader = ClipImageIndex.Open(Path);
        Assert.False(reader.Refresh());
        writer.Add(new("a"), [1, 0]);
        writer.Save();
        Assert.Empty(reader.Search([1, 0], new() { Top = 1 }));
        Assert.True(reader.Refresh());
        Assert.Equal("a", reader.Search([1, 0], new() { Top = 1 })[0].Id);
        reader.Remove("a");
        Assert.Throws<InvalidOperationException>(() => reader.Refresh());
    }

    [Fact]
    public void RefreshTakesNothingUpOfAnotherModel()
    {
        using (var index = ClipImageIndex.Create(Path, "model", 2)) { index.Add(new("a"), [1, 0]); index.Save(); }
        using var reader = ClipImageIndex.Open(Path);
        File.Delete(Path);
        using (var index = ClipImageIndex.Create(Path, "another", 2)) { index.Add(new("b"), [1, 0]); index.Save(); }
        Assert.Contains("another model", Assert.Throws<InvalidDataException>(() => reader.Refresh()).Message, StringComparison.Ordinal);
        Assert.Equal("a", Assert.Single(reader.Entries).Id);
    }

    [Fact]
    public void AfterARefreshPicturesAreFoundByTheirIdsOfNow()
    {
        using var writer = ClipImageIndex.Create(Path, "model", 2);
        writer.Add(new("a"), [1, 0]);
        writer.Save();
        using var reader = ClipImageIndex.Open(Path);
        Assert.True(reader.TryGet("a", out _));
        writer.Remove("a");
        writer.Add(new("b") { Caption = "new" }, [0, 1]);
        writer.Save();
        reader.Refresh();
        Assert.False(reader.TryGet("a", out _));
        Assert.True(reader.TryGet("b", out var entry));
        Assert.Equal("new", entry.Caption);
        Assert.Equal([0f, 1], reader.GetEmbedding("b")!);
    }

    [Fact]
    public void WithoutChangesTheFileStaysAsItIs()
    {
        using var index = ClipImageIndex.Create(Path, "model", 2);
        index.Add(new("a"), [1, 0]);
        index.Save();
        var saved = File.ReadAllBytes(Path);
        index.Save();
        Assert.Equal(saved, File.ReadAllBytes(Path));
    }

    [Fact]
    public void ASmallestScoreHoldsForWhatIsNotSavedToo()
    {
        using var index = ClipImageIndex.Create(Path, "model", 2);
        index.Add(new("near"), [1, 0]);
        index.Add(new("far"), [0.6f, 0.8f]);
        Assert.Equal(["near"], Ids(0.7f));
        Assert.Equal(["near", "far"], Ids(0.6f));
        index.Save();
        Assert.Equal(["near"], Ids(0.7f));

        IEnumerable<string> Ids(float least) =>
            index.Search([1, 0], new() { Top = 10, MinScore = least }).Select(found => found.Id).ToArray();
    }

    [Fact]
    public void ASearchThatIsCanceledStops()
    {
        using var index = ClipImageIndex.Create(Path, "model", 2);
        index.Add(new("a"), [1, 0]);
        index.Save();
        var canceled = new CancellationToken(canceled: true);
        Assert.ThrowsAny<OperationCanceledException>(() => index.Search([1, 0], new(), canceled));
        Assert.ThrowsAny<OperationCanceledException>(() => index.FindDuplicates(0.9f, cancellationToken: canceled));
    }

    [Fact]
    public void DuplicatesAreToldByTheirNumber_AndRemovedOnesAreNone()
    {
        using var index = ClipImageIndex.Create(Path, "model", 2);
        foreach (var (id, vector) in new[] { ("pair 1", 0), ("three 1", 1), ("pair 2", 0), ("three 2", 1), ("three 3", 1) })
            index.Add(new(id), vector == 0 ? [1, 0] : [0, 1]);
        index.Save();
        Assert.Equal([["three 1", "three 2", "three 3"], ["pair 1", "pair 2"]], Sets());
        index.Remove("three 2");
        index.Remove("pair 1");
        Assert.Equal([["three 1", "three 3"]], Sets());
        index.Add(new("pair 3"), [1, 0]);
        Assert.Equal([["three 1", "three 3"], ["pair 2", "pair 3"]], Sets());

        string[][] Sets() => [.. index.FindDuplicates().Select(set => set.Select(found => found.Id).ToArray())];
    }

    [Fact]
    public async Task SearchesGoOnWhileItChangesAndIsSaved()
    {
        var rows = RandomRows.Of("normal", 600, 32, seed: 3);
        using var index = ClipImageIndex.Create(Path, "model", 32);
        index.Add(new("0"), rows[0]);
        using var stop = new CancellationTokenSource();
        var searches = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested) Assert.Equal("0", index.Search(rows[0], new() { Top = 1 })[0].Id);
        });
        for (var i = 1; i < rows.Length; i++)
        {
            index.Add(new($"{i}"), rows[i]);
            if (i % 50 == 0) index.Save();
        }

        await stop.CancelAsync();
        await searches.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal("599", index.Search(rows[599], new() { Top = 1 })[0].Id);
    }

    [Theory]
    [InlineData(0, "no index of pictures")]
    [InlineData(3, "no index of pictures")]
    [InlineData(5000, "bytes and should have")]
    public void ACutFileIsRefused(int length, string says)
    {
        using (var index = ClipImageIndex.Create(Path, "model", 2)) { index.Add(Full, [1, 0]); index.Save(); }
        using (var file = File.OpenWrite(Path)) file.SetLength(length);
        Assert.Contains(says, Assert.Throws<InvalidDataException>(() => ClipImageIndex.Open(Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ADamagedHeaderIsRefused()
    {
        using (var index = ClipImageIndex.Create(Path, "model", 2)) index.Save();
        var bytes = File.ReadAllBytes(Path);
        for (var at = 0; at < 250; at += 7)
        {
            var damaged = bytes.ToArray();
            damaged[at] ^= 0x10;
            File.WriteAllBytes(Path, damaged);
            Assert.Throws<InvalidDataException>(() => ClipImageIndex.Open(Path));
        }
    }

    [Fact]
    public void MissingAndForeignFilesAreNamed()
    {
        var missing = Assert.Throws<FileNotFoundException>(() => ClipImageIndex.Open(Path));
        Assert.Contains("photos.index", missing.Message, StringComparison.Ordinal);
        File.WriteAllText(Path, new string('x', 9000));
        Assert.Throws<InvalidDataException>(() => ClipImageIndex.Open(Path));
    }

    [Fact]
    public void AClosedIndexSaysSo()
    {
        var index = ClipImageIndex.Create(Path, "model", 2);
        index.Dispose();
        index.Dispose();
        Assert.Throws<ObjectDisposedException>(() => index.Search([1, 0], new() { Top = 1 }));
        Assert.Throws<ObjectDisposedException>(index.Save);
    }

    public void Dispose() => _folder.Dispose();
}
