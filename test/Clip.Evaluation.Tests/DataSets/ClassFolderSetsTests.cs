namespace Clip.Evaluation.Tests.DataSets;

public sealed class ClassFolderSetsTests : IDisposable
{
    private static readonly string[] LandUse =
    [
        "AnnualCrop", "Forest", "HerbaceousVegetation", "Highway", "Industrial", "Pasture", "PermanentCrop", "Residential", "River",
        "SeaLake",
    ];

    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("2750/")]
    public void EuroSatHasTheNamesOfClipsAuthors(string root)
    {
        _on.Paint([.. LandUse.Select(name => $"{root}{name}/{name}_1.jpg")]);

        var all = _on.Load("eurosat");

        Assert.Equal(10, all.Count);
        Assert.Contains($"{root}HerbaceousVegetation/HerbaceousVegetation_1.jpg: brushland or shrubland", _on.Rows(all));
        Assert.Equal("annual crop land", all.Labels[0]);
        Assert.Equal(["its split all has 27,000 pictures as published, and 10 here"], all.Notices);
    }

    [Fact]
    public void EuroSatWithoutAClassIsRefused()
    {
        _on.Paint([.. LandUse.Skip(1).Select(name => $"2750/{name}/{name}_1.jpg")]);

        Assert.Contains("lacks the folder", _on.Error("eurosat"));
        Assert.Contains("AnnualCrop", _on.Error("eurosat"));
    }

    [Fact]
    public void EuroSatWithThirteenBandsIsRefused()
    {
        _on.Paint([.. LandUse.Skip(1).Select(name => $"2750/{name}/{name}_1.jpg")]);
        _on.Write("2750/AnnualCrop/AnnualCrop_1.tif", [0x49, 0x49, 42, 0, 8, 0, 0, 0, 0, 0, 0, 0]);

        Assert.EndsWith("holds the 13 bands of EuroSAT's other edition; get the one in RGB, which is JPEG.", _on.Error("eurosat"));
    }

    [Fact]
    public void CaltechHasTheNamesOfClipsAuthors()
    {
        _on.Paint(
            "caltech-101/101_ObjectCategories/BACKGROUND_Google/image_0001.jpg",
            "caltech-101/101_ObjectCategories/Faces_easy/image_0001.jpg",
            "caltech-101/101_ObjectCategories/ceiling_fan/image_0001.jpg");
        _on.Write("caltech-101/101_ObjectCategories/ceiling_fan/notes.txt", "a fan");

        var all = _on.Load("caltech101");

        Assert.Equal(["background", "centered face", "ceiling fan"], all.Labels);
        Assert.Equal(
            $"{_on["caltech-101/101_ObjectCategories/ceiling_fan/notes.txt"]} lies among its pictures and is none of them", all.Notices[0]);
    }

    [Fact]
    public void ResiscIsAFolderForEachClass()
    {
        _on.Paint("NWPU-RESISC45/airplane/airplane_001.jpg", "NWPU-RESISC45/sea_ice/sea_ice_001.jpg");

        Assert.Equal(
            ["NWPU-RESISC45/airplane/airplane_001.jpg: airplane", "NWPU-RESISC45/sea_ice/sea_ice_001.jpg: sea ice"],
            _on.Rows(_on.Load("resisc45")));
    }

    [Fact]
    public void ASetWithoutPartsHasNoneToTrainOn()
    {
        _on.Paint("NWPU-RESISC45/airplane/airplane_001.jpg");

        Assert.Equal(
            "NWPU-RESISC45 has no split 'train'; it has all, for its makers divide it no further: give pictures of your own, or a table.",
            _on.Error("resisc45", "train"));
    }

    [Fact]
    public void NoFolderAtAllIsNamed() => Assert.StartsWith(
        $"There is no folder '{_on["none"]}' with NWPU-RESISC45; it takes NWPU-RESISC45/airplane/",
        Assert.Throws<ClipException>(() => Clip.Evaluation.DataSets.DataSetCatalog.Find("resisc45")!.Load(_on["none"])).Message);
}
