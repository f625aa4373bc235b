using Microsoft.ML.Clip.Search.Tests.Scanning;

namespace Microsoft.ML.Clip.Search.Tests.Indexing;

public sealed class ApproximateTests : IDisposable
{
    private static readonly ClipSearchOptions Approximately = new() { Approximate = true };

    private readonly TempFolder _folder = new();

    [Fact]
    public void NearlyAllOfTheBestAreFound_WithTheirExactScores()
    {
        var rows = RandomRows.Of("shifted", 4000, 64, seed: 1);
        using var index = Index(rows);
        index.BuildApproximate();
        Assert.Equal(["photos.index", "photos.index.hnsw"], _folder.Entries.Order());
        var queries = RandomRows.Of("shifted", 100, 64, seed: 2);
        var hits = 0;
        foreach (var query in queries)
        {
            var exact = index.Search(query).ToDictionary(found => found.Id, found => found.Score);
            var found = index.Search(query, Approximately);
            Assert.Equal(10, found.Count);
            Assert.Equal(found.OrderByDescending(picture => picture.Score), found);
            foreach (var picture in found.Where(picture => exact.ContainsKey(picture.Id)))
            {
                hits++;
                Assert.Equal(exact[picture.Id], picture.Score);
            }
        }

        Assert.InRange(hits / 1000.0, 0.95, 1);
    }

    [Fact]
    public void WhatIsAddedAndRemovedSinceCounts()
    {
        var rows = RandomRows.Of("normal", 500, 32, seed: 3);
        using var index = Index(rows[..400]);
        index.BuildApproximate();
        index.Remove("7");
        index.Add(new("new"), rows[450]);
        Assert.Equal("new", index.Search(rows[450], Approximately)[0].Id);
        Assert.DoesNotContain(index.Search(rows[7], Approximately), found => found.Id == "7");
        Assert.Equal("8", index.Search(rows[8], Approximately)[0].Id);
        // With a filter it is exact.
        Assert.Equal("9", Assert.Single(index.Search(rows[1], Approximately with { Filter = entry => entry.Id == "9" })).Id);
    }

    [Fact]
    public void ForThoseThatWereRemovedSinceOthersAreFound()
    {
        var rows = RandomRows.Of("normal", 500, 32, seed: 5);
        using var index = Index(rows);
        index.BuildApproximate();
        // More than a search for ten looks at.
        const int removed = 250;
        var best = index.Search(rows[0], new() { Top = removed + 15 });
        foreach (var found in best.Take(removed)) index.Remove(found.Id);
        var left = index.Search(rows[0], Approximately with { Top = 10 }).Select(found => found.Id).ToArray();
        Assert.Equal(10, left.Length);
        Assert.InRange(left.Intersect(best.Skip(removed).Take(10).Select(found => found.Id)).Count(), 8, 10);
    }

    [Fact]
    public void AGraphOfAnotherStateIsRefused()
    {
        var rows = RandomRows.Of("normal", 50, 16, seed: 4);
        using var index = Index(rows[..40]);
        Assert.Contains("BuildApproximate", Refused(), StringComparison.Ordinal);
        index.BuildApproximate();
        Assert.Equal("7", index.Search(rows[7], Approximately)[0].Id); // from here on the graph is open
        index.Add(new("new"), rows[45]);
        Assert.Throws<InvalidOperationException>(() => index.BuildApproximate());
        index.Save();
        Assert.Contains("as it is now", Refused(), StringComparison.Ordinal);
        index.BuildApproximate();
        Assert.Equal("new", index.Search(rows[45], Approximately)[0].Id);

        string Refused() => Assert.Throws<InvalidOperationException>(() => index.Search(rows[0], Approximately)).Message;
    }

    public void Dispose() => _folder.Dispose();

    private ClipImageIndex Index(float[][] rows)
    {
        var index = ClipImageIndex.Create(_folder["photos.index"], "model", rows[0].Length);
        for (var i = 0; i < rows.Length; i++) index.Add(new($"{i}"), rows[i]);
        index.Save();
        return index;
    }
}
