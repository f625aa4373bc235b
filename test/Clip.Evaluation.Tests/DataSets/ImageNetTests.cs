namespace Clip.Evaluation.Tests.DataSets;

public sealed class ImageNetTests : IDisposable
{
    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("val/")]
    [InlineData("ILSVRC/Data/CLS-LOC/val/")]
    public void ValidationPicturesLieInFoldersOfSynsets(string root)
    {
        _on.Paint($"{root}n01440764/ILSVRC2012_val_00000293.JPEG", $"{root}n15075141/ILSVRC2012_val_00000021.JPEG");

        var val = _on.Load("imagenet");

        Assert.Equal(
            [
                $"{root}n01440764/ILSVRC2012_val_00000293.JPEG: tench",
                $"{root}n15075141/ILSVRC2012_val_00000021.JPEG: toilet paper",
            ],
            _on.Rows(val));
        Assert.Equal(1000, val.Labels.Distinct().Count());
    }

    [Fact]
    public void TwoPairsOfClassesShareANameInPrompts()
    {
        _on.Paint("val/n04008634/a.JPEG", "val/n03773504/b.JPEG");

        var val = _on.Load("imagenet1k");

        Assert.Equal(["val/n03773504/b.JPEG: missile", "val/n04008634/a.JPEG: missile (n04008634)"], _on.Rows(val));
        Assert.Equal(["missile", "sunglasses"], val.Spoken.Values.Order());
        Assert.Equal("missile", val.Spoken["missile (n04008634)"]);
    }

    [Fact]
    public void KagglesSolutionTellsTheClassesOfOneFolder()
    {
        Flat();
        _on.Write(
            "LOC_val_solution.csv", "ImageId,PredictionString", "ILSVRC2012_val_00000002,n01443537 85 1 499 272 ",
            "ILSVRC2012_val_00000001,n01440764 1 2 3 4 n01440764 5 6 7 8 ");
        _on.Write("LOC_synset_mapping.txt", "n01440764 tench, Tinca tinca");

        Assert.Equal(
            ["val/ILSVRC2012_val_00000002.JPEG: goldfish", "val/ILSVRC2012_val_00000001.JPEG: tench"], _on.Rows(_on.Load("imagenet")));
    }

    [Fact]
    public void CaffesListCountsInTheOrderOfSynsets()
    {
        Flat();
        _on.Write("val.txt", "ILSVRC2012_val_00000001.JPEG 65", "ILSVRC2012_val_00000002.JPEG 970");

        Assert.Equal(
            ["val/ILSVRC2012_val_00000001.JPEG: sea snake", "val/ILSVRC2012_val_00000002.JPEG: mountain"], _on.Rows(_on.Load("imagenet")));
    }

    [Fact]
    public void TheDevkitsNumbersAreInAnOrderOfTheirOwn()
    {
        Flat();
        _on.Write("data/ILSVRC2012_validation_ground_truth.txt", "2", "1");
        _on.Write("data/meta.mat", MatFileWriter.File(compress: true, ("synsets", MatFileWriter.Structures(
            new() { ["ILSVRC2012_ID"] = MatFileWriter.Numbers(1), ["WNID"] = MatFileWriter.Text("n02119789") },
            new() { ["ILSVRC2012_ID"] = MatFileWriter.Numbers(2), ["WNID"] = MatFileWriter.Text("n01440764") },
            new() { ["ILSVRC2012_ID"] = MatFileWriter.Numbers(1001), ["WNID"] = MatFileWriter.Text("n00001740") }))));

        Assert.Equal(
            ["val/ILSVRC2012_val_00000001.JPEG: tench", "val/ILSVRC2012_val_00000002.JPEG: kit fox"], _on.Rows(_on.Load("imagenet")));
    }

    /// <summary>The list may lie among the pictures; any other file is told of, and every class stays a candidate.</summary>
    [Fact]
    public void OneFolderHasItsListsPicturesAndNoOthers()
    {
        _on.Paint("ILSVRC2012_val_00000001.JPEG", "ILSVRC2012_val_00000009.JPEG");
        _on.Write("val.txt", "ILSVRC2012_val_00000001.JPEG 65");

        var val = _on.Load("imagenet");

        Assert.Equal(["ILSVRC2012_val_00000001.JPEG: sea snake"], _on.Rows(val));
        Assert.Equal($"{_on["ILSVRC2012_val_00000009.JPEG"]} lies among its pictures and is none of them", val.Notices[0]);
        Assert.Equal(1000, val.Labels.Count);
        Assert.Null(val.Numbered);
    }

    [Fact]
    public void OneFolderWithoutWhatTellsItsClassesIsRefused()
    {
        Flat();

        Assert.Contains("lacks the file LOC_val_solution.csv or val.txt or ILSVRC2012_validation_ground_truth.txt", _on.Error("imagenet"));
    }

    [Fact]
    public void AFolderThatIsNoClassIsNamed()
    {
        _on.Paint("val/n01440764/a.JPEG", "val/n99999999/b.JPEG");

        Assert.StartsWith($"'n99999999', of {_on["val/n99999999/b.JPEG"]}, is none of ImageNet's 1,000 classes", _on.Error("imagenet"));
    }

    [Fact]
    public void V2sFoldersAreNumbersAndNotTexts()
    {
        _on.Paint(
            "imagenetv2-matched-frequency-format-val/0/a.jpeg", "imagenetv2-matched-frequency-format-val/10/b.jpeg",
            "imagenetv2-matched-frequency-format-val/2/c.jpeg");

        var test = _on.Load("imagenet-v2");

        Assert.Equal(["tench", "brambling", "great white shark"], test.Images.Select(image => image.Class));
        Assert.Equal(1000, test.Labels.Count);
    }

    [Theory]
    [InlineData("imagenet-r")]
    [InlineData("imagenet-a")]
    public void OfTheOthersOnlyTheClassesWithAFolderAreCandidates(string set)
    {
        _on.Paint($"{set}/n01443537/art_0.jpg", $"{set}/n01498041/b.jpg");
        _on.Write($"{set}/README.txt", "about");

        var test = _on.Load(set);

        Assert.Equal(["goldfish", "stingray"], test.Labels);
        Assert.Equal(1000, test.Numbered!.Count); // names may be given for all of them
        Assert.Contains("it has 200 classes as published, and 2 here", test.Notices);
    }

    [Fact]
    public void SketchHasAllClasses()
    {
        _on.Paint("sketch/n01443537/sketch_0.JPEG");

        Assert.Equal(1000, _on.Load("imagenet-sketch").Labels.Count);
    }

    [Fact]
    public void ObjectNetIsMeasuredOnWhatImageNetHasToo()
    {
        _on.Paint("images/alarm_clock/a.png", "images/banana/b.png", "images/air_freshener/c.png");
        _on.Write(
            "mappings/folder_to_objectnet_label.json",
            """{"alarm_clock": "Alarm clock", "air_freshener": "Air freshener", "banana": "Banana"}""");
        _on.Write("mappings/objectnet_to_imagenet_1k.json", """{"Alarm clock": "analog clock; digital clock", "Banana": "banana"}""");

        var test = _on.Load("objectnet");

        Assert.Equal(["images/alarm_clock/a.png: alarm clock", "images/banana/b.png: banana"], _on.Rows(test));
        Assert.Equal(["alarm clock", "banana"], test.Labels);
    }

    private void Flat() => _on.Paint("val/ILSVRC2012_val_00000001.JPEG", "val/ILSVRC2012_val_00000002.JPEG");
}
