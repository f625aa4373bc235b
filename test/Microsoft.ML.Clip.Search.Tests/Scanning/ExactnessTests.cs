using System.Numerics.Tensors;
using Microsoft.ML.Clip.Scanning;

namespace Microsoft.ML.Clip.Search.Tests.Scanning;

/// <summary>A search gives what comparing with every row gives: the same rows, in the same order, with the same scores.</summary>
public sealed class ExactnessTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string, int, int> Kinds { get; } = new()
    {
        { "normal", 3000, 512 }, { "shifted", 3000, 512 }, { "clustered", 2000, 512 }, { "same", 700, 512 }, { "sparse", 2000, 512 },
        { "spiked", 2000, 512 }, { "normal", 9000, 64 }, { "normal", 40, 768 }, { "shifted", 20_000, 33 }, { "normal", 500, 1 },
        { "normal", 1, 512 }, { "clustered", 513, 1024 }, { "normal", 300, 4096 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TheBestAreTheBest(string kind, int count, int dimension)
    {
        var rows = RandomRows.Of(kind, count, dimension, seed: 1);
        using var index = Saved(rows, dimension);
        float[][] queries = [.. RandomRows.Of("normal", 10, dimension, seed: 2), .. RandomRows.Of(kind, 10, dimension, seed: 3), rows[^1]];
        foreach (var top in new[] { 1, 10, 100 })
        {
            var expected = queries.Select(query => ByComparingAll(rows, query, top)).ToArray();
            Assert.Equal(expected, queries.Select(query => Found(index.Search(query, new() { Top = top }))));
            var together = index.SearchMany([.. queries.Select(query => (ReadOnlyMemory<float>)query)], new() { Top = top });
            Assert.Equal(expected, together.Select(Found));
        }
    }

    [Fact]
    public void ThreadsChangeNothing()
    {
        var rows = RandomRows.Of("clustered", 30_000, 64, seed: 4);
        using var index = Saved(rows, 64);
        for (var threads = 1; threads <= 3; threads++)
        {
            foreach (var query in RandomRows.Of("normal", 3, 64, seed: 5))
                Assert.Equal(ByComparingAll(rows, query, 25), Found(index.Search(query, new() { Top = 25, Threads = threads })));
        }
    }

    [Fact]
    public void AFilterAndASmallestScoreLeaveTheBestOfTheRest()
    {
        var rows = RandomRows.Of("shifted", 5000, 128, seed: 6);
        using var index = Saved(rows, 128);
        foreach (var query in RandomRows.Of("shifted", 5, 128, seed: 7))
        {
            var all = ByComparingAll(rows, query, rows.Length);
            var found = index.Search(query, new() { Top = 7, Filter = entry => int.Parse(entry.Id) % 50 == 3 });
            Assert.Equal(all.Where(row => int.Parse(row.Id) % 50 == 3).Take(7), Found(found));

            var least = all[20].Score;
            Assert.Equal(all.TakeWhile(row => row.Score >= least), Found(index.Search(query, new() { Top = 1000, MinScore = least })));
            Assert.Equal(all.Skip(13).Take(5), Found(index.Search(query, new() { Top = 5, Skip = 13 })));
        }
    }

    [Fact]
    public void EveryPairOfDuplicatesIsFound()
    {
        var rows = RandomRows.Of("clustered", 1200, 64, seed: 8);
        // Some that come in pairs of their own.
        for (var i = 0; i < 1200; i += 3) rows[i] = RandomRows.Of("normal", 1, 64, seed: 1000 + i / 6)[0];
        using var index = Saved(rows, 64);
        var groups = index.FindDuplicates(0.99f).Select(group => string.Join(' ', group.Select(member => member.Id))).Order();

        var expected = new List<List<int>>();
        for (var i = 0; i < rows.Length; i++)
        {
            var joined = expected.Where(group => group.Any(j => TensorPrimitives.Dot<float>(rows[i], rows[j]) >= 0.99f)).ToList();
            expected.RemoveAll(joined.Contains);
            expected.Add([.. joined.SelectMany(group => group).Append(i).Order()]);
        }

        Assert.Equal(expected.Where(group => group.Count > 1).Select(group => string.Join(' ', group)).Order(), groups);
        Assert.True(expected.Count(group => group.Count > 1) > 100);
    }

    [Fact]
    public void BoundsHold()
    {
        foreach (var kind in new[] { "normal", "shifted", "clustered", "sparse", "spiked" })
        {
            var rows = RandomRows.Of(kind, 400, 200, seed: 9);
            var coding = RowCodes.Over(
                [.. Enumerable.Range(0, 200).Select(j => rows.Min(row => row[j]))],
                [.. Enumerable.Range(0, 200).Select(j => rows.Max(row => row[j]))]);
            var (codes, scratch) = (new sbyte[RowCodes.Stride(200)], new float[200]);
            foreach (var vector in RandomRows.Of("normal", 20, 200, seed: 10).Append(rows[0]))
            {
                var query = new CodedQuery(vector, coding);
                foreach (var row in rows)
                {
                    var distance = coding.Encode(row, codes, scratch);
                    var product = Enumerable.Range(0, 200).Sum(j => codes[j] * query.Values[j]);
                    var exact = Enumerable.Range(0, 200).Sum(j => (double)row[j] * vector[j]);
                    Assert.InRange(
                        Math.Abs(exact - (query.Offset + (double)query.Scale * product)), 0, query.Bound(distance));
                    Assert.True(query.Bound(distance) < 0.1);
                }
            }
        }
    }

    public void Dispose() => _folder.Dispose();

    private ClipImageIndex Saved(float[][] rows, int dimension)
    {
        var index = ClipImageIndex.Create(_folder["rows.index"], "model", dimension);
        for (var i = 0; i < rows.Length; i++) index.Add(new($"{i}"), rows[i]);
        index.Save();
        return index;
    }

    private static (string Id, float Score)[] Found(IReadOnlyList<ClipSearchResult> results) =>
        [.. results.Select(result => (result.Id, result.Score))];

    private static (string Id, float Score)[] ByComparingAll(float[][] rows, float[] query, int top) =>
    [
        .. rows.Select((row, i) => (Id: $"{i}", Score: TensorPrimitives.Dot<float>(query, row)))
            .OrderByDescending(row => row.Score).Take(top),
    ];
}
