using Clip.Cli.Quickstart;
using Clip.Data;

namespace Clip.Cli.Tests.Quickstart;

/// <summary>The quickstart's pictures: what is tested was never trained on.</summary>
public sealed class SceneDatasetTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WhatIsHeldOutIsNeverTrainedOn()
    {
        var data = SceneDataset.Draw(_folder["data"], seed: 3, trainImages: 300);

        var (train, validation, test) = (Rows(data.Train), Rows(data.Validation), Rows(data.Test));
        Assert.Equal((300, 512, 416), (train.Count, validation.Count, test.Count));
        var heldOut = File.ReadAllLines(data.TestLabels);
        Assert.Equal(104, heldOut.Distinct().Count());
        Assert.Equal(Combination.All.Select(one => one.Name), File.ReadAllLines(data.AllLabels));
        Assert.Empty(heldOut.Intersect(train.Concat(validation).Select(row => row.Class)));
        Assert.All(test.GroupBy(row => row.Class), same => Assert.Equal(4, same.Count()));
        Assert.Equal(heldOut.Order(), test.Select(row => row.Class).Distinct().Order());
        // All others are trained, and each picture is there and its own.
        Assert.Equal(Math.Min(300, Combination.All.Count - 104), train.Select(row => row.Class).Distinct().Count());
        Assert.True(File.ReadAllBytes(train[0].Path).Length > 50);
        Assert.NotEqual(File.ReadAllBytes(train[0].Path), File.ReadAllBytes(validation[0].Path));

        var other = SceneDataset.Draw(_folder["other"], seed: 4, trainImages: 1);
        Assert.NotEqual(heldOut, File.ReadAllLines(other.TestLabels));
    }

    private static List<(string Path, string Class)> Rows(string table) =>
        [.. CaptionTable.Read(table, new CaptionTableOptions { CaptionKeys = ["class"] }).Select(row => (row.Path, row.Captions[0]))];
}
