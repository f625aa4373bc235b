namespace Microsoft.ML.Clip.Search.Tests.Indexing;

/// <summary>What a search gives is the same whether pictures are in the file or were added since.</summary>
public sealed class SearchRulesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Path => _folder["photos.index"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(5)]
    public void OfEqualScoresTheOneAddedFirstComesFirst(int saved)
    {
        using var index = Index(saved, ("a", [1, 0]), ("b", [0, 1]), ("c", [1, 0]), ("d", [1, 0]), ("e", [1, 0]));

        Assert.Equal("a c", Ids(index.Search([2, 0], new() { Top = 2 })));
        Assert.Equal("a c d e b", Ids(index.Search([2, 0])));
        Assert.Equal("d e", Ids(index.Search([2, 0], new() { Top = 2, Skip = 2 })));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(6)]
    public void FilterLeastScoreAndPagesHoldForAll(int saved)
    {
        using var index = Index(
            saved, ("a", [1, 0]), ("b", [0.8f, 0.6f]), ("c", [0.6f, 0.8f]), ("d", [0, 1]), ("e", [0.96f, 0.28f]), ("f", [-1, 0]));

        Assert.Equal("a e b c d f", Ids(index.Search([1, 0])));
        Assert.Equal("a e b", Ids(index.Search([1, 0], new() { MinScore = 0.7f })));
        Assert.Equal("a b c", Ids(index.Search([1, 0], new() { Top = 3, Filter = entry => entry.Id != "e" })));
        Assert.Equal("f", Ids(index.Search([1, 0], new() { Filter = entry => entry.Id == "f" })));
        Assert.Equal("b c", Ids(index.Search([1, 0], new() { Top = 2, Skip = 2 })));
        Assert.Equal("c", Ids(index.Search([1, 0], new() { Top = 1, Skip = 2, Filter = entry => entry.Id != "e" })));
        Assert.Equal("", Ids(index.Search([1, 0], new() { Skip = 6 })));
        Assert.Equal("e b c d f", Ids(index.Search([1, 0], new() { Top = int.MaxValue, Skip = 1 })));
        Assert.Equal(["f d c", "a e b"], index.SearchMany([new float[] { -1, 0 }, new float[] { 1, 0 }], new() { Top = 3 }).Select(Ids));
        Assert.Empty(index.SearchMany([]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public void WhatIsRemovedIsNeitherFoundNorCounted(int saved)
    {
        using var index = Index(saved, ("a", [1, 0]), ("b", [0.8f, 0.6f]), ("c", [0.6f, 0.8f]), ("d", [0, 1]));

        Assert.True(index.Remove("a"));
        Assert.True(index.Remove("c"));
        Assert.True(index.HasChanges);
        Assert.Equal(2, index.Count);
        Assert.Equal("b", Ids(index.Search([1, 0], new() { Top = 1 })));
        Assert.Equal("b d", Ids(index.Search([1, 0])));
        Assert.Equal("d", Ids(index.Search([1, 0], new() { Filter = entry => entry.Id is "a" or "d" })));
        Assert.Equal(["b", "d"], index.Entries.Select(entry => entry.Id));
        Assert.False(index.TryGet("a", out _));
        Assert.Null(index.GetEmbedding("c"));
        Assert.Equal([0f, 1], index.GetEmbedding("d")!);
        index.Add(new("a"), [0.6f, 0.8f]); // it may come again, and is the last then
        Assert.Equal(["b", "d", "a"], index.Entries.Select(entry => entry.Id));
        index.Save();
        Assert.Equal(["b", "d", "a"], index.Entries.Select(entry => entry.Id));
        Assert.Equal([0.6f, 0.8f], index.GetEmbedding("a")!);
        Assert.False(index.HasChanges);
    }

    /// <summary>A picture of the file that is replaced is as one removed and added; one that is not saved keeps its place.</summary>
    [Fact]
    public void WhatIsReplacedIsThereOnce()
    {
        using var index = Index(2, ("a", [1, 0]), ("b", [1, 0]), ("c", [1, 0]), ("d", [1, 0]));

        index.Upsert(new("a") { Caption = "new" }, [1, 0]);
        index.Upsert(new("c") { Caption = "new" }, [1, 0]);

        Assert.Equal("b c d a", Ids(index.Search([1, 0])));
        Assert.Equal(["b", "c", "d", "a"], index.Entries.Select(entry => entry.Id));
        Assert.Equal([null, "new", null, "new"], index.Entries.Select(entry => entry.Caption));
        Assert.Equal(4, index.Count);
        Assert.True(index.Remove("a"));
        Assert.Equal("b c d", Ids(index.Search([1, 0])));
    }

    [Fact]
    public async Task SearchesOffTheThreadAreTheSame()
    {
        using var index = Index(2, ("a", [1, 0]), ("b", [0.8f, 0.6f]), ("c", [0, 1]));

        Assert.Equal("b a", Ids(await index.SearchAsync(new float[] { 0.8f, 0.6f }, new() { Top = 2 })));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => index.SearchAsync(new float[] { 1, 0 }, cancellationToken: new(canceled: true)));
    }

    [Fact]
    public void TenAreFoundWhereNoNumberIsTold()
    {
        using var index = Index(0, [.. Enumerable.Range(0, 12).Select(i => ($"{i}", new[] { 1f, 0 }))]);

        Assert.Equal("0 1 2 3 4 5 6 7 8 9", Ids(index.Search([1, 0])));
    }

    [Fact]
    public void SettingsOutOfRangeAreRefused()
    {
        using var index = Index(0, ("a", [1, 0]));

        ClipSearchOptions[] wrong =
            [new() { Top = 0 }, new() { Skip = -1 }, new() { Threads = -1 }, new() { MinScore = float.NaN }];
        Assert.All(wrong, options => Assert.Throws<ArgumentOutOfRangeException>(() => index.Search([1, 0], options)));
        Assert.All([0, -0.5f, 1.01f, float.NaN], least => Assert.Throws<ArgumentOutOfRangeException>(() => index.FindDuplicates(least)));
        Assert.Empty(index.FindDuplicates(1));
    }

    [Fact]
    public void AnEmbeddingOfAlmostLengthOneIsKeptToTheBit()
    {
        using var index = Index(0, ("kept", [1.000005f, 0]), ("scaled", [1.00002f, 0]));

        Assert.Equal(1.000005f, index.GetEmbedding("kept")![0]);
        Assert.Equal(1f, index.GetEmbedding("scaled")![0]);
    }

    private static string Ids(IReadOnlyList<ClipSearchResult> found) => string.Join(' ', found.Select(picture => picture.Id));

    /// <summary>An index whose file has so many of the pictures; the others were added since.</summary>
    private ClipImageIndex Index(int saved, params (string Id, float[] Vector)[] pictures)
    {
        var index = ClipImageIndex.Create(Path, "model", 2);
        for (var i = 0; i < pictures.Length; i++)
        {
            if (i == saved && i > 0) index.Save();
            index.Add(new(pictures[i].Id), pictures[i].Vector);
        }

        if (saved == pictures.Length) index.Save();
        return index;
    }
}
