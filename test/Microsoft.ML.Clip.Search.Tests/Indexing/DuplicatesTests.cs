namespace Microsoft.ML.Clip.Search.Tests.Indexing;

/// <summary>Pictures that are nearly the same come in groups, each with its score to the one added first.</summary>
public sealed class DuplicatesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Ten degrees apart each is close to the next, and not to the one after that: they are a group all the same.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(5)]
    public void AGroupIsAChainAndScoresAreToItsFirst(int saved)
    {
        using var index = Index(saved, 20, 90, 10, 0, 180);

        var group = Assert.Single(index.FindDuplicates(0.98f));

        Assert.Equal(["0", "2", "3"], group.Select(found => found.Id));
        Assert.Equal(1, group[0].Score, 1e-6f);
        Assert.Equal(MathF.Cos(10 * MathF.PI / 180), group[1].Score, 1e-6f);
        Assert.Equal(MathF.Cos(20 * MathF.PI / 180), group[2].Score, 1e-6f);
    }

    [Fact]
    public void LargestGroupsComeFirstAndOfEqualOnesTheOneAddedFirst()
    {
        using var index = Index(4, 0, 90, 0, 90, 180, 270, 180, 270, 270);

        Assert.Equal(["5 7 8", "0 2", "1 3", "4 6"], index.FindDuplicates().Select(g => string.Join(' ', g.Select(found => found.Id))));
    }

    [Fact]
    public void NearlyTheSameIsNineteenTwentiethsWhereNothingIsTold()
    {
        using var index = Index(0, 0, 18, 90, 109);

        // Of 18 degrees the cosine is 0.951, of 19 it is 0.946.
        Assert.Equal(["0", "1"], Assert.Single(index.FindDuplicates()).Select(found => found.Id));
    }

    [Fact]
    public void ProgressIsToldTillTheLast()
    {
        using var index = Index(100, [.. Enumerable.Range(0, 103).Select(i => i * 3)]);
        var told = new List<int>();

        index.FindDuplicates(1, new Told(told));

        Assert.Equal([64, 100, 101, 102, 103], told);
    }

    private ClipImageIndex Index(int saved, params int[] degrees)
    {
        var index = ClipImageIndex.Create(_folder["photos.index"], "model", 2);
        for (var i = 0; i < degrees.Length; i++)
        {
            if (i == saved && i > 0) index.Save();
            var angle = degrees[i] * MathF.PI / 180;
            index.Add(new($"{i}"), [MathF.Cos(angle), MathF.Sin(angle)]);
        }

        if (saved == degrees.Length) index.Save();
        return index;
    }

    private sealed class Told(List<int> told) : IProgress<int>
    {
        public void Report(int value) => told.Add(value);
    }
}
