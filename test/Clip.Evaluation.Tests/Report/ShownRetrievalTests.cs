using Clip.Evaluation.Report;

namespace Clip.Evaluation.Tests.Report;

/// <summary>Examples of retrieval: five finds, a hundred of each direction, and ranks by all there are.</summary>
public sealed class ShownRetrievalTests
{
    [Fact]
    public void TheFiveNearestAreShownAndRanksAreAmongAll()
    {
        // Picture i lies at i times nine degrees; caption 0 lies with picture 0 and belongs to the last.
        var pictures = Enumerable.Range(0, 8).Select(i => Direction(9 * i)).ToArray();
        var shown = ShownRetrieval.Of(Retrieval(pictures, [Direction(0), .. pictures[..7]], [7, 0, 1, 2, 3, 4, 5, 6]));

        var query = shown.ByText.Single(q => q.Text == "caption 0");
        Assert.Equal(["0", "1", "2", "3", "4"], query.Best.Select(place => shown.Pictures[place].Name));
        Assert.Equal(("7", 8), (shown.Pictures[query.Own].Name, query.Rank));
        Assert.Equal(1, query.Scores[0], 1e-6f);
        Assert.Equal(MathF.Cos(36 * MathF.PI / 180), query.Scores[4], 1e-6f);
        var last = shown.ByPicture.Single(q => shown.Pictures[q.Picture].Name == "7");
        Assert.Equal(["caption 0"], last.Own);
        Assert.Equal(["caption 7", "caption 6", "caption 5", "caption 4", "caption 3"], last.Best);
        Assert.Equal(new bool[5], last.IsOwn);
        Assert.Equal(8, last.Rank); // six are better, and caption 1, which lies with caption 0, counts as better too
        Assert.Equal(8, shown.Pictures.Select(picture => picture.Name).Distinct().Count());
        Assert.Equal(8, shown.Pictures.Count);
    }

    /// <summary>Of equal ones the first is shown first, and a rank is the last of its equals, so that rank 1 means found.</summary>
    [Fact]
    public void EqualsStandInTheirOrderAndRankLast()
    {
        var same = Enumerable.Repeat(Direction(0), 3).ToArray();

        var shown = ShownRetrieval.Of(Retrieval(same, same, [0, 1, 2]));

        Assert.All(shown.ByText, query => Assert.Equal(["0", "1", "2"], query.Best.Select(place => shown.Pictures[place].Name)));
        Assert.All(shown.ByText, query => Assert.Equal(3, query.Rank));
        Assert.All(shown.ByPicture, query => Assert.Equal(3, query.Rank));
    }

    [Fact]
    public void AHundredExamplesOfEachDirectionAreDrawn()
    {
        var directions = Enumerable.Range(0, 120).Select(i => Direction(i)).ToArray();

        var shown = ShownRetrieval.Of(Retrieval(directions, directions, [.. Enumerable.Range(0, 120)]));

        Assert.Equal((100, 100), (shown.ByText.Count, shown.ByPicture.Count));
        Assert.Equal(100, shown.ByText.Select(query => query.Text).Distinct().Count());
        Assert.All(shown.ByText, query => Assert.Equal(1, query.Rank));
    }

    private static float[] Direction(int degrees) => [MathF.Cos(degrees * MathF.PI / 180), MathF.Sin(degrees * MathF.PI / 180)];

    private static ReportedRetrieval Retrieval(float[][] pictures, float[][] texts, int[] pictureOfText) => new(
        "set", "print", 0, [.. pictures.Select((_, i) => new ReportedPicture($"{i}", () => []))],
        [.. texts.Select((_, i) => $"caption {i}")], pictureOfText, pictures, texts, []);
}
