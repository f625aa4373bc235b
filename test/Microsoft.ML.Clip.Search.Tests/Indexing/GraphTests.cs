using Microsoft.ML.Clip.Search.Tests.Scanning;

namespace Microsoft.ML.Clip.Search.Tests.Indexing;

/// <summary>A graph for approximate search: what is told while it is made, and the rules of a search that hold with it too.</summary>
public sealed class GraphTests : IDisposable
{
    private static readonly ClipSearchOptions Approximately = new() { Approximate = true };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ProgressIsToldInThousandsAndAtTheEnd()
    {
        using var index = Index(RandomRows.Of("normal", 1500, 4, seed: 1));
        var told = new List<int>();

        index.BuildApproximate(new() { Connectivity = 2, BuildExpansion = 1 }, new Told(told));

        Assert.Equal([1000, 1500], told);
    }

    [Fact]
    public void AGraphThatIsStoppedLeavesNoFile()
    {
        using var index = Index(RandomRows.Of("normal", 10, 4, seed: 1));

        Assert.ThrowsAny<OperationCanceledException>(() => index.BuildApproximate(cancellationToken: new(canceled: true)));
        Assert.Equal(["photos.index"], _folder.Entries);
    }

    [Fact]
    public void OnlyAnIndexThatIsSavedHasAGraph()
    {
        using var index = ClipImageIndex.Create(_folder["photos.index"], "model", 2);

        var error = Assert.Throws<InvalidOperationException>(() => index.BuildApproximate());

        Assert.EndsWith("before its graph for approximate search is built.", error.Message, StringComparison.Ordinal);
        index.Save();
        Assert.Throws<ArgumentOutOfRangeException>(() => index.BuildApproximate(new() { Connectivity = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.BuildApproximate(new() { BuildExpansion = 0 }));
    }

    /// <summary>Of so few none is missed, and so the answers are those of an exact search.</summary>
    [Fact]
    public void PagesAndTheLeastScoreAreThoseOfAnExactSearch()
    {
        var rows = RandomRows.Of("normal", 120, 16, seed: 2);
        using var index = Index(rows[..100]);
        index.BuildApproximate();
        for (var i = 100; i < 120; i++) index.Add(new($"{i}"), rows[i]);
        index.Remove("5");
        var all = index.Search(rows[5], new() { Top = 200 });
        Assert.Equal(119, all.Count);

        Assert.Equal(all.Take(7), index.Search(rows[5], Approximately with { Top = 7 }));
        Assert.Equal(all.Skip(4).Take(3), index.Search(rows[5], Approximately with { Top = 3, Skip = 4 }));
        Assert.Equal(all.Take(9), index.Search(rows[5], Approximately with { Top = 50, MinScore = all[8].Score }));
        Assert.Equal(all, index.Search(rows[5], Approximately with { Top = 200 }));
        var two = index.SearchMany([rows[5], rows[6]], Approximately with { Top = 2 });
        Assert.Equal([all[0].Id, "6"], two.Select(found => found[0].Id));
    }

    [Fact]
    public void TheGraphOfAnotherIndexIsRefused()
    {
        var rows = RandomRows.Of("normal", 20, 4, seed: 3);
        using (var other = Index(rows)) other.BuildApproximate();
        File.Delete(_folder["photos.index"]);
        using var index = Index(rows);

        Assert.Contains(
            "is not of the index", Assert.Throws<InvalidOperationException>(() => index.Search(rows[0], Approximately)).Message,
            StringComparison.Ordinal);
        File.WriteAllText(_folder["photos.index.hnsw"], "short");
        Assert.Throws<InvalidOperationException>(() => index.Search(rows[0], Approximately));
    }

    private ClipImageIndex Index(float[][] rows)
    {
        var index = ClipImageIndex.Create(_folder["photos.index"], "model", rows[0].Length);
        for (var i = 0; i < rows.Length; i++) index.Add(new($"{i}"), rows[i]);
        index.Save();
        return index;
    }

    private sealed class Told(List<int> told) : IProgress<int>
    {
        public void Report(int value) => told.Add(value);
    }
}
