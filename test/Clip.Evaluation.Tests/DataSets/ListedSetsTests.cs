namespace Clip.Evaluation.Tests.DataSets;

public sealed class ListedSetsTests : IDisposable
{
    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    private void Food(string root = "")
    {
        _on.Paint($"{root}images/apple_pie/1.jpg", $"{root}images/apple_pie/2.jpg", $"{root}images/hot_dog/3.jpg");
        _on.Write($"{root}meta/classes.txt", "apple_pie", "hot_dog");
        _on.Write($"{root}meta/test.txt", "apple_pie/1", "hot_dog/3");
        _on.Write($"{root}meta/train.txt", "apple_pie/2");
    }

    [Theory]
    [InlineData("")]
    [InlineData("food-101/")]
    public void Food101ReadsItsListsWhereverItsFolderBegins(string root)
    {
        Food(root);

        var test = _on.Load("food101");

        Assert.Equal([$"{root}images/apple_pie/1.jpg: apple pie", $"{root}images/hot_dog/3.jpg: hot dog"], _on.Rows(test));
        Assert.Equal(["apple pie", "hot dog"], test.Labels);
        Assert.Equal([$"{root}images/apple_pie/2.jpg: apple pie"], _on.Rows(_on.Load("food101", "train")));
    }

    [Fact]
    public void Food101ReadsItsListsInJson()
    {
        Food();
        File.Delete(_on["meta/test.txt"]);
        _on.Write("meta/test.json", """{"apple_pie": ["apple_pie/1"], "hot_dog": ["hot_dog/3"]}""");

        Assert.Equal(["images/apple_pie/1.jpg: apple pie", "images/hot_dog/3.jpg: hot dog"], _on.Rows(_on.Load("Food-101")));
    }

    [Fact]
    public void APictureThatIsListedAndAbsentIsNamed()
    {
        Food();
        File.Delete(_on["images/hot_dog/3.jpg"]);

        Assert.Equal(
            $"{_on["images/hot_dog/3.jpg"]} is listed in {_on["meta/test.txt"]} and is not there; unpack Food-101 again.",
            _on.Error("food101"));
    }

    [Fact]
    public void APictureThatNoListNamesAndOtherCountsAreTold()
    {
        Food();
        _on.Paint("images/hot_dog/99.jpg");

        Assert.Equal(
            [
                $"{_on["images/hot_dog/99.jpg"]} lies among its pictures and is none of them",
                "its split test has 25,250 pictures as published, and 2 here",
                "it has 101 classes as published, and 2 here",
            ],
            _on.Load("food101").Notices);
        // Whichever part is asked for: those of the other are its pictures, too.
        Assert.StartsWith($"{_on["images/hot_dog/99.jpg"]} lies among", _on.Load("food101", "train").Notices[0], StringComparison.Ordinal);
    }

    [Fact]
    public void AnAbsentFileIsNamedWithTheLayout()
    {
        Food();
        File.Delete(_on["meta/classes.txt"]);

        Assert.StartsWith($"Food-101 in '{_on.Path}' lacks the file meta/classes.txt; it takes images/apple_pie/", _on.Error("food101"));
    }

    [Fact]
    public void AnUnknownSplitIsRefused()
    {
        Food();

        Assert.Equal("Food-101 has no split 'val'; it has test, train.", _on.Error("food101", "val"));
    }

    [Fact]
    public void AClassThatIsNotListedIsRefused()
    {
        Food();
        _on.Write("meta/classes.txt", "apple_pie");

        Assert.StartsWith($"The class 'hot_dog' of {_on["images/hot_dog/3.jpg"]} in", _on.Error("food101"));
    }

    private void Sun()
    {
        _on.Paint("a/abbey/sun_aaa.jpg", "a/abbey/sun_aab.jpg", "a/apartment_building/outdoor/sun_aac.jpg");
        _on.Write("ClassName.txt", "/a/abbey", "/a/apartment_building/outdoor");
        _on.Write("Testing_01.txt", "/a/abbey/sun_aaa.jpg", "/a/apartment_building/outdoor/sun_aac.jpg");
    }

    [Fact]
    public void Sun397NamesAClassByItsWholePath()
    {
        Sun();

        var test = _on.Load("sun397");

        Assert.Equal(["a/abbey/sun_aaa.jpg: abbey", "a/apartment_building/outdoor/sun_aac.jpg: apartment building outdoor"],
            _on.Rows(test));
        Assert.Equal(3, _on.Load("sun397", "all").Count);
    }

    [Fact]
    public void Sun397WithoutAClassFolderIsRefused()
    {
        Sun();
        Directory.Delete(_on["a/abbey"], recursive: true);

        Assert.Equal(
            $"The class /a/abbey of {_on["ClassName.txt"]} has no folder {_on["a/abbey"]}; unpack SUN397 again.", _on.Error("sun397"));
    }

    [Fact]
    public void TexturesAreOfTheFirstDivision()
    {
        _on.Paint("dtd/images/banded/banded_0002.jpg", "dtd/images/polka-dotted/polka-dotted_0001.jpg",
            "dtd/images/banded/banded_0004.jpg");
        _on.Write("dtd/labels/test1.txt", "banded/banded_0002.jpg", "polka-dotted/polka-dotted_0001.jpg");
        _on.Write("dtd/labels/test2.txt", "banded/banded_0004.jpg");

        Assert.Equal(
            ["dtd/images/banded/banded_0002.jpg: banded", "dtd/images/polka-dotted/polka-dotted_0001.jpg: polka-dotted"],
            _on.Rows(_on.Load("dtd")));
    }

    [Fact]
    public void AircraftAreByVariant()
    {
        _on.Paint("data/images/0034309.jpg", "data/images/1514522.jpg");
        _on.Write("data/variants.txt", "707-320", "DH-82", "F-16A/B");
        _on.Write("data/images_variant_test.txt", "1514522 707-320", "0034309 F-16A/B");

        var test = _on.Load("aircraft");

        Assert.Equal(["data/images/1514522.jpg: 707-320", "data/images/0034309.jpg: F-16A/B"], _on.Rows(test));
        Assert.Equal(["707-320", "DH-82", "F-16A/B"], test.Labels);
    }

    [Fact]
    public void PetsAreNamedByTheirPictures()
    {
        _on.Paint("images/Abyssinian_201.jpg", "images/american_bulldog_10.jpg", "images/Birman_3.jpg");
        _on.Write("annotations/test.txt", "Abyssinian_201 1 1 1", "american_bulldog_10 2 2 1");
        _on.Write("annotations/trainval.txt", "Birman_3 4 1 3");

        var test = _on.Load("pets");

        Assert.Equal(["images/Abyssinian_201.jpg: Abyssinian", "images/american_bulldog_10.jpg: american bulldog"], _on.Rows(test));
        Assert.Equal(["Abyssinian", "american bulldog", "Birman"], test.Labels);
    }

    [Fact]
    public void ALineThatDoesNotReadIsShown()
    {
        _on.Paint("images/Abyssinian_201.jpg");
        _on.Write("annotations/test.txt", "Abyssinian_201 one");

        Assert.Equal(
            $"{_on["annotations/test.txt"]} has the line 'Abyssinian_201 one', which is not as 'Abyssinian_201 1 1 1'; get the file again.",
            _on.Error("pets"));
    }

    [Fact]
    public void VocPicturesHaveSeveralClasses()
    {
        const string Root = "VOCdevkit/VOC2007/";
        _on.Paint(Root + "JPEGImages/000001.jpg", Root + "JPEGImages/000002.jpg");
        string[] names =
        [
            "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog", "horse",
            "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
        ];
        foreach (var name in names)
            _on.Write(
                $"{Root}ImageSets/Main/{name}_test.txt", $"000001 {(name == "dog" ? " 1" : name == "person" ? " 0" : "-1")}",
                $"000002 {(name == "train" ? " 1" : "-1")}");

        var test = _on.Load("voc2007");

        Assert.Equal([Root + "JPEGImages/000001.jpg: dog, person", Root + "JPEGImages/000002.jpg: train"], _on.Rows(test));
        Assert.Equal(names, test.Labels);
        File.Delete(_on[Root + "ImageSets/Main/cow_test.txt"]);
        Assert.Contains("lacks the file ImageSets/Main/cow_test.txt", _on.Error("voc2007"));
    }
}
