using System.Text.Json;
using Clip.Evaluation.Metrics;
using Clip.Evaluation.Report;

namespace Clip.Evaluation.Tests.Report;

/// <summary>Of many pictures a part is shown, in an order of its own; what is told of them is told of these, and counted of all.</summary>
public sealed class ShownPartTests
{
    private static readonly string[] Labels = ["a", "b", "c"];

    [Fact]
    public void WhatIsToldIsOfThePicturesThatAreShown()
    {
        var set = Set(0, 1, 2, 1, 0);

        var told = Results(set, 4, 1, 3);

        Assert.Equal(5, told.GetProperty("all").GetInt32());
        Assert.Equal(["4.png", "1.png", "3.png"], told.GetProperty("names").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal("[[0],[1],[1]]", told.GetProperty("right").GetRawText());
        var run = told.GetProperty("runs")[0];
        // Each picture's own label is first, with a score of its own.
        Assert.Equal("[0,1,1]", Firsts(run, "best"));
        Assert.Equal("[5400,5100,5300]", Firsts(run, "scores"));
        Assert.Equal("[5400,5100,5300]", run.GetProperty("rightScores").GetRawText());
        Assert.Equal("[1,1,1]", run.GetProperty("ranks").GetRawText());
    }

    /// <summary>The points that are far apart are so on the map, wherever they stand.</summary>
    [Fact]
    public void TheMapIsOfThePicturesThatAreShown()
    {
        var set = Set(0, 1, 2, 1, 0);
        var run = set.Runs[0] with { Embeddings = [[9, 9], [0, 0], [9, 9], [10, 0], [0, 1]] };

        var points = Results(set with { Runs = [run] }, 4, 1, 3).GetProperty("runs")[0].GetProperty("map").EnumerateArray()
            .Select(n => n.GetInt32()).Chunk(2).ToArray();

        Assert.Equal(3, points.Length);
        Assert.InRange(Math.Abs(points[0][0] - points[1][0]), 0, 1000);
        Assert.InRange(Math.Abs(points[2][0] - points[1][0]), 9000, 10_000);
        Assert.False(Results(set with { Runs = [run] }, 4, 1).GetProperty("runs")[0].TryGetProperty("map", out _)); // of two there is none
    }

    /// <summary>A confusion counts all of its pictures and shows twelve, of those that are there to be seen.</summary>
    [Fact]
    public void AConfusionShowsTwelveOfItsPicturesThatAreThere()
    {
        var set = Set([.. Enumerable.Repeat(0, 30)]);
        var run = set.Runs[0] with { Confusions = [new(0, 2, 29.96, [.. Enumerable.Range(0, 30)]), new(0, 1, 1, [7])] };

        var shown = Results(set with { Runs = [run] }, [.. Enumerable.Range(10, 20).Reverse()]);

        var told = shown.GetProperty("runs")[0].GetProperty("confusions");

        Assert.Equal(30, told[0].GetProperty("count").GetDouble());
        // Picture 10 is shown last, in the twentieth place.
        Assert.Equal("[19,18,17,16,15,14,13,12,11,10,9,8]", told[0].GetProperty("pictures").GetRawText());
        Assert.Equal("[]", told[1].GetProperty("pictures").GetRawText());
    }

    [Fact]
    public void TwoHundredConfusionsAreToldAndTheMostFrequentStandsAtAClass()
    {
        var set = Set(0, 1);
        var run = set.Runs[0] with
        {
            Confusions = [new(1, 2, 5, [1]), .. Enumerable.Range(0, 250).Select(i => new ConfusionPair(i % 2, 2 - (i % 2), 1, [0]))],
            Classes = [new(0, 1, 0.33333, 0.66667), new(1, 1, 1, 0), new(2, 0, 0, 2)],
        };

        var told = Results(set with { Runs = [run] }, 0, 1).GetProperty("runs")[0];

        Assert.Equal(200, told.GetProperty("confusions").GetArrayLength());
        Assert.Equal("[[1,0.333,0.667,2],[1,1,0,2],[0,0,2,-1]]", told.GetProperty("classes").GetRawText());
    }

    [Fact]
    public void APictureThatIsNotShownHasNoPlace() =>
        Assert.Equal([-1, 1, -1, 2, 0], new ShownSet(Set(0, 1, 2, 1, 0), [4, 1, 3]).Places());

    /// <summary>Small sets are shown whole, and what they leave is for the large ones alike, in whatever order they come.</summary>
    [Theory]
    [InlineData("10000", "10000")]
    [InlineData("10001", "10000")]
    [InlineData("6000,6000", "5000,5000")]
    [InlineData("9000,3000,100", "6900,3000,100")]
    [InlineData("9000,9000,9000", "3333,3333,3334")]
    [InlineData("0,5", "0,5")]
    public void LargeSetsShareWhatSmallOnesLeave(string counts, string shares) => Assert.Equal(
        shares, string.Join(',', ReportPage.Shares([.. counts.Split(',').Select(int.Parse)])));

    [Fact]
    public void ADrawMixesAllOfASet()
    {
        var all = ReportPage.Draw(50, 50);

        Assert.Equal(Enumerable.Range(0, 50), all.Order());
        Assert.NotEqual(Enumerable.Range(0, 50), all);
        Assert.Equal(all[..20], ReportPage.Draw(50, 20));
    }

    private static string Firsts(JsonElement run, string name) => $"[{string.Join(',', run.GetProperty(name).EnumerateArray()
        .Select(n => n.GetInt32()).Chunk(run.GetProperty("kept").GetInt32()).Select(row => row[0]))}]";

    /// <summary>Pictures whose right label has a score of 0.50 and a hundredth for each picture before it.</summary>
    private static ReportedSet Set(params int[] right)
    {
        var outcomes = right.Select((own, i) =>
        {
            var scores = new[] { 0.1f, 0.1f, 0.1f };
            scores[own] = 0.5f + (0.01f * i);
            return PictureOutcome.Of(scores, scores, [own]);
        });
        return new ReportedSet(
            "set", "print", Labels, Labels, [.. right.Select((_, i) => new ReportedPicture($"{i}.png", () => []))],
            [.. right.Select(own => new[] { own })], [new ReportedRun(0, [.. outcomes], [])]);
    }

    private static JsonElement Results(ReportedSet set, params int[] order) =>
        JsonDocument.Parse(ReportJson.Results(["model"], [new ShownSet(set, order)], [], 0)).RootElement.GetProperty("sets")[0];
}
