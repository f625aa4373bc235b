namespace Clip.Evaluation.Tests.DataSets;

/// <summary>Lists that cannot be right are refused, with what is wrong in them, before anything is measured.</summary>
public sealed class RefusedListsTests : IDisposable
{
    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    private void Food(string[] classes, params string[] test)
    {
        _on.Paint("images/apple_pie/1.jpg", "images/hot_dog/3.jpg");
        _on.Write("meta/classes.txt", classes);
        _on.Write("meta/test.txt", test);
    }

    [Fact]
    public void APictureIsListedOnce()
    {
        Food(["apple_pie", "hot_dog"], "apple_pie/1", "hot_dog/3", "apple_pie/1");

        Assert.Equal(
            $"{_on["images/apple_pie/1.jpg"]} is listed twice in {_on["meta/test.txt"]}; get the list again.", _on.Error("food101"));
    }

    [Fact]
    public void AClassIsListedOnce()
    {
        Food(["apple_pie", "hot_dog", "apple_pie"], "apple_pie/1");

        Assert.Equal(
            $"The class 'apple_pie' comes twice beside {_on["meta/test.txt"]}; get the lists again.", _on.Error("food101"));
    }

    [Fact]
    public void OfManyAbsentPicturesTheFirstIsNamedAndTheOthersCounted()
    {
        Food(["apple_pie", "hot_dog"], "apple_pie/1", "apple_pie/7", "hot_dog/8", "hot_dog/9");

        Assert.StartsWith($"{_on["images/apple_pie/7.jpg"]} (and 2 more) is listed in", _on.Error("food101"));
    }

    [Fact]
    public void AListWithoutPicturesHasNoneInThePart()
    {
        Food(["apple_pie", "hot_dog"], "", "  ");

        Assert.StartsWith($"Food-101 in '{_on.Path}' has no pictures in its split test; it takes images/", _on.Error("food101"));
    }

    [Fact]
    public void ALongLineIsShownByItsBeginning()
    {
        _on.Paint("data/images/1.jpg");
        _on.Write("data/variants.txt", "707");
        var line = new string('x', 100);
        _on.Write("data/images_variant_test.txt", line);

        Assert.Equal(
            $"{_on["data/images_variant_test.txt"]} has the line '{line[..80]}…', which is not a picture and its variant; "
            + "get the file again.",
            _on.Error("aircraft"));
    }

    [Theory]
    [InlineData("a/abbey", "has the line 'a/abbey', which is not a class as /a/abbey")]
    [InlineData("/a", "has the line '/a', which is not a class as /a/abbey")]
    public void SunsClassesAreTwoFoldersDeepAtLeast(string line, string error)
    {
        _on.Write("ClassName.txt", line);

        Assert.Contains(error, _on.Error("sun397"));
    }

    [Fact]
    public void SunsPicturesAreOfItsClasses()
    {
        _on.Paint("a/abbey/sun_a.jpg", "b/bar/sun_b.jpg");
        _on.Write("ClassName.txt", "/a/abbey");
        _on.Write("Testing_01.txt", "/a/abbey/sun_a.jpg", "sun_b.jpg");
        Assert.Contains("has the line 'sun_b.jpg', which is not a picture as /a/abbey/sun_aakbdcgfpksytcwj.jpg", _on.Error("sun397"));

        _on.Write("Testing_01.txt", "/a/abbey/sun_a.jpg", "/b/bar/sun_b.jpg");
        Assert.StartsWith($"The class '/b/bar' of {_on["b/bar/sun_b.jpg"]} in", _on.Error("sun397"));
    }

    [Fact]
    public void APetsNumberHasOneName()
    {
        _on.Paint("images/Birman_1.jpg", "images/pug_3.jpg");
        _on.Write("annotations/test.txt", "pug_3 2 2 9");
        _on.Write("annotations/trainval.txt", "Birman_1 2 1 2");

        Assert.StartsWith(
            $"The class 2 of {_on["annotations/test.txt"]} has two names, pug and Birman; get the lists again.", _on.Error("pets"));
    }

    [Theory]
    [InlineData(5, "setid.mat names picture 5, and")]
    [InlineData(0, "setid.mat names picture 0, and")]
    [InlineData(2, "imagelabels.mat has the class 103, and Flowers 102 has 102; get it again.")]
    [InlineData(3, "imagelabels.mat has the class 0, and Flowers 102 has 102; get it again.")]
    public void NumbersOfFlowersAreInRange(int picture, string error)
    {
        _on.Paint("jpg/image_00001.jpg", "jpg/image_00002.jpg", "jpg/image_00003.jpg", "jpg/image_00004.jpg");
        _on.Write("imagelabels.mat", MatFileWriter.File(false, ("labels", MatFileWriter.Numbers(1, 103, 0, 102))));
        _on.Write("setid.mat", MatFileWriter.File(false, ("tstid", MatFileWriter.Numbers(4, picture))));

        Assert.Contains(error, _on.Error("flowers"));
    }

    [Fact]
    public void AFileOfMatlabsWithoutTheVariableIsRefused()
    {
        _on.Paint("jpg/image_00001.jpg");
        _on.Write("imagelabels.mat", MatFileWriter.File(false, ("numbers", MatFileWriter.Numbers(1))));
        _on.Write("setid.mat", MatFileWriter.File(false, ("tstid", MatFileWriter.Numbers(1))));

        Assert.Equal($"{_on["imagelabels.mat"]} has no variable 'labels'; get it again.", _on.Error("flowers"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void NumbersOfCarsAreInRange(int number)
    {
        _on.Paint("cars_test/00001.jpg");
        _on.Write("devkit/cars_meta.mat", MatFileWriter.CarNames("Audi", "Volvo"));
        _on.Write("cars_test_annos_withlabels.mat", MatFileWriter.Cars(("00001.jpg", number)));

        Assert.EndsWith($"has the class {number}, and there are 2; get it again.", _on.Error("cars"));
    }

    [Fact]
    public void VocsListsAreOfTheSamePicturesAndEachShowsSomething()
    {
        _on.Paint("JPEGImages/000001.jpg", "JPEGImages/000002.jpg");
        foreach (var name in ListedNames.Voc) _on.Write($"ImageSets/Main/{name}_test.txt", "000001 -1", "000002  1");
        Assert.EndsWith("shows none of the 20 classes; unpack VOC 2007 again.", _on.Error("voc2007"));

        _on.Write("ImageSets/Main/cow_test.txt", "000002  1", "000001 -1");
        Assert.Equal(
            $"{_on["ImageSets/Main/cow_test.txt"]} lists other pictures than aeroplane_test.txt beside it; unpack VOC 2007 again.",
            _on.Error("voc2007"));

        _on.Write("ImageSets/Main/bird_test.txt", "000001  2", "000002  1");
        Assert.Contains("has the line '000001  2', which is not as '000001 -1'", _on.Error("voc2007"));
    }

    [Fact]
    public void DigitsGoToNine()
    {
        _on.Write("t10k-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 5]);
        _on.Write("t10k-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 1, 10]);

        Assert.EndsWith("has the label 10, and digits go from 0 to 9; get it again.", _on.Error("mnist"));
    }

    /// <summary>Other numbers than bytes, of another rank, without a size, or longer than its sizes make it.</summary>
    [Theory]
    [InlineData("000009010000000105")]
    [InlineData("000008030000000105")]
    [InlineData("0000080100000000")]
    [InlineData("00000801000000010505")]
    public void AnIdxFileIsAsLongAsItSays(string labels)
    {
        _on.Write("t10k-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 5]);
        _on.Write("t10k-labels-idx1-ubyte", Convert.FromHexString(labels));

        Assert.EndsWith("t10k-labels-idx1-ubyte is damaged: it does not read as an idx file of bytes; get it again.", _on.Error("mnist"));
    }

    [Fact]
    public void AFramesClassHasOneNameByItsNumber()
    {
        _on.Paint("frames/a_1.jpg", "frames/a_2.jpg");
        _on.Write("yt_bb_classification_validation.csv", "a,1,0,person,present", "a,2,0,bird,present");

        Assert.Contains("has the line 'a,2,0,bird,present', which is not class 0 as before, 'person'", _on.Error("youtube-bb"));
    }
}
