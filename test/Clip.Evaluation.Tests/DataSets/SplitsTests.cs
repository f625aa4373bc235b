using System.Globalization;

namespace Clip.Evaluation.Tests.DataSets;

/// <summary>Each part of a set is read from the list that is its own.</summary>
public sealed class SplitsTests : IDisposable
{
    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    [Theory]
    [InlineData("train", "a/abbey/sun_train.jpg: abbey")]
    [InlineData("test", "a/abbey/sun_test.jpg: abbey")]
    public void SunHasAListForTrainingAndOneForTests(string split, string row)
    {
        _on.Paint("a/abbey/sun_train.jpg", "a/abbey/sun_test.jpg");
        _on.Write("ClassName.txt", "/a/abbey");
        _on.Write("Partitions/Training_01.txt", "/a/abbey/sun_train.jpg");
        _on.Write("Testing_01.txt", "/a/abbey/sun_test.jpg");

        Assert.Equal([row], _on.Rows(_on.Load("sun397", split)));
    }

    [Fact]
    public void AllOfSunIsEveryPictureOfItsClassesByName()
    {
        _on.Paint("b/bar/sun_c.jpg", "a/abbey/sun_b.jpg", "a/abbey/sun_a.jpg", "a/attic/sun_d.jpg");
        _on.Write("a/abbey/notes.jpg", "no picture of it");
        _on.Write("ClassName.txt", "/b/bar", "/a/abbey");

        var all = _on.Load("sun397", "all");

        Assert.Equal(["b/bar/sun_c.jpg: bar", "a/abbey/sun_a.jpg: abbey", "a/abbey/sun_b.jpg: abbey"], _on.Rows(all));
        Assert.Equal(["bar", "abbey"], all.Labels);
    }

    [Theory]
    [InlineData("test", "3: F-16A/B")]
    [InlineData("train", "1: Cessna 172")]
    [InlineData("val", "2: DH-82")]
    [InlineData("trainval", "1: Cessna 172|2: DH-82")]
    public void AircraftHaveAListForEachPart_AndAVariantMayHaveABlank(string split, string rows)
    {
        _on.Paint("data/images/1.jpg", "data/images/2.jpg", "data/images/3.jpg");
        _on.Write("data/variants.txt", "Cessna 172", "DH-82", "F-16A/B");
        _on.Write("data/images_variant_train.txt", "1 Cessna 172");
        _on.Write("data/images_variant_val.txt", "2 DH-82");
        _on.Write("data/images_variant_trainval.txt", "1 Cessna 172", "2 DH-82");
        _on.Write("data/images_variant_test.txt", "3 F-16A/B");

        var read = _on.Rows(_on.Load("aircraft", split)).Select(row => row.Replace("data/images/", "").Replace(".jpg", ""));

        Assert.Equal(rows, string.Join('|', read));
    }

    /// <summary>What no list names is told of only where all three are there to say so.</summary>
    [Fact]
    public void TexturesHaveThreeLists()
    {
        _on.Paint(
            "images/banded/1.jpg", "images/banded/2.jpg", "images/dotted/3.jpg", "images/dotted/4.jpg", "images/zigzagged/none.jpg");
        _on.Write("labels/train1.txt", "banded/1.jpg");
        _on.Write("labels/val1.txt", "banded/2.jpg");
        Assert.DoesNotContain(_on.Load("dtd", "val").Notices, notice => notice.Contains("lies among", StringComparison.Ordinal));
        _on.Write("labels/test1.txt", "dotted/3.jpg");

        Assert.Equal(["images/banded/1.jpg: banded"], _on.Rows(_on.Load("dtd", "train")));
        Assert.Equal(["images/banded/2.jpg: banded"], _on.Rows(_on.Load("dtd", "val")));
        var test = _on.Load("dtd");
        Assert.Equal(["images/dotted/3.jpg: dotted"], _on.Rows(test));
        Assert.Equal(["banded", "dotted", "zigzagged"], test.Labels);
        Assert.Equal(
            $"{_on["images/dotted/4.jpg"]} (and 1 more) lies among its pictures and is none of them", test.Notices[0]);
    }

    [Theory]
    [InlineData("test", "3: blackberry lily|1: pink primrose")]
    [InlineData("train", "2: hard-leaved pocket orchid")]
    [InlineData("val", "4: canterbury bells")]
    public void FlowersHaveTheirPartsInOneFile(string split, string rows)
    {
        _on.Paint("jpg/image_00001.jpg", "jpg/image_00002.jpg", "jpg/image_00003.jpg", "jpg/image_00004.jpg", "jpg/image_00099.jpg");
        _on.Write("imagelabels.mat", MatFileWriter.File(false, ("labels", MatFileWriter.Numbers(1, 2, 102, 3))));
        _on.Write("setid.mat", MatFileWriter.File(
            false, ("trnid", MatFileWriter.Numbers(2)), ("valid", MatFileWriter.Numbers(4)), ("tstid", MatFileWriter.Numbers(3, 1))));

        var read = _on.Load("flowers", split);

        Assert.Equal(rows, string.Join('|', _on.Rows(read).Select(row => row.Replace("jpg/image_0000", "").Replace(".jpg", ""))));
        Assert.Equal($"{_on["jpg/image_00099.jpg"]} lies among its pictures and is none of them", read.Notices[0]);
    }

    [Fact]
    public void CarsToTrainOnHaveAFileAndAFolderOfTheirOwn()
    {
        _on.Paint("cars_train/00001.jpg", "cars_train/00002.jpg", "cars_test/00001.jpg");
        _on.Write("devkit/cars_meta.mat", MatFileWriter.CarNames("Audi", "Volvo"));
        _on.Write("devkit/cars_train_annos.mat", MatFileWriter.Cars(("00001.jpg", 2)));
        _on.Write("cars_test_annos_withlabels.mat", MatFileWriter.Cars(("00001.jpg", 1)));

        var train = _on.Load("cars", "train");

        Assert.Equal(["cars_train/00001.jpg: Volvo"], _on.Rows(train));
        Assert.Equal($"{_on["cars_train/00002.jpg"]} lies among its pictures and is none of them", train.Notices[0]);
        Assert.Equal(["cars_test/00001.jpg: Audi"], _on.Rows(_on.Load("cars")));
    }

    /// <summary>Classes go by their numbers, whichever list has them; Matlab's files lie among the pictures as published.</summary>
    [Fact]
    public void PetsAreInTwoListsThatShareTheirClasses()
    {
        _on.Paint("images/Birman_1.jpg", "images/Abyssinian_2.jpg", "images/pug_3.jpg", "images/pug_4.jpg");
        _on.Write("images/Birman_1.mat", "of Matlab");
        _on.Write("annotations/test.txt", "# Image CLASS-ID SPECIES BREED ID", "pug_3 3 2 9");
        _on.Write("annotations/trainval.txt", "Birman_1 2 1 2", "Abyssinian_2 1 1 1");

        var train = _on.Load("pets", "trainval");

        Assert.Equal(["images/Birman_1.jpg: Birman", "images/Abyssinian_2.jpg: Abyssinian"], _on.Rows(train));
        Assert.Equal(["Abyssinian", "Birman", "pug"], train.Labels);
        Assert.Equal($"{_on["images/pug_4.jpg"]} lies among its pictures and is none of them", train.Notices[0]);
        Assert.Equal(["images/pug_3.jpg: pug"], _on.Rows(_on.Load("pets")));
    }

    [Fact]
    public void VocsPartsAreInTheNamesOfItsLists()
    {
        _on.Paint("JPEGImages/000001.jpg", "JPEGImages/000002.jpg");
        foreach (var name in ListedNames.Voc)
        {
            _on.Write($"ImageSets/Main/{name}_val.txt", $"000001 {(name == "cat" ? " 1" : "-1")}");
            _on.Write($"ImageSets/Main/{name}_trainval.txt", $"000002 {(name is "sofa" or "person" ? " 1" : "-1")}");
        }

        Assert.Equal(["JPEGImages/000001.jpg: cat"], _on.Rows(_on.Load("voc2007", "val")));
        var both = _on.Load("voc2007", "trainval");
        Assert.Equal(["JPEGImages/000002.jpg: person, sofa"], _on.Rows(both));
        Assert.True(both.Labeled("voc").IsMultiLabel);
        Assert.Equal("person", both.Images[0].Class);
    }

    [Fact]
    public void MnistsPicturesToTrainOnHaveFilesOfTheirOwn()
    {
        foreach (var (start, label) in new[] { ("train", (byte)3), ("t10k", (byte)9) })
        {
            // With a dot where others have a dash, as some mirrors name them.
            _on.Write($"{start}-images.idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 5]);
            _on.Write($"{start}-labels.idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 1, label]);
        }

        Assert.Equal(["train-images.idx3-ubyte#0: 3"], _on.Rows(_on.Load("mnist", "train")));
        Assert.Equal(["t10k-images.idx3-ubyte#0: 9"], _on.Rows(_on.Load("mnist")));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => i.ToString(CultureInfo.InvariantCulture)), _on.Load("mnist").Labels);
    }

    [Fact]
    public void CifarTenIsTrainedOnFiveBatchesInTheirOrder()
    {
        for (byte i = 0; i < 5; i++) _on.Write($"data_batch_{i + 1}.bin", [i, .. new byte[3072]]);
        _on.Write("batches.meta.txt", "a", "b", "c", "d", "e");

        Assert.Equal(
            Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin#0: {"abcde"[i - 1]}"), _on.Rows(_on.Load("cifar10", "train")));
    }

    [Fact]
    public void CifarHundredIsTrainedOnOneFile()
    {
        _on.Write("train.bin", [0, 2, .. new byte[3072]]);
        _on.Write("test.bin", [0, 1, .. new byte[3072]]);
        _on.Write("fine_label_names.txt", "a", "b", "c");

        Assert.Equal(["train.bin#0: c"], _on.Rows(_on.Load("cifar100", "train")));
    }

    [Fact]
    public void FramesToTrainOnHaveACsvOfTheirOwn()
    {
        _on.Paint("train/a_1.jpg", "train/b_1.jpg", "validation/a_1.jpg");
        _on.Write("yt_bb_classification_train.csv", "a,1,0,person,present", "b,1,3,boat,uncertain");
        _on.Write("yt_bb_classification_validation.csv", "a,1,5,dog,present");

        Assert.Equal(["train/a_1.jpg: person"], _on.Rows(_on.Load("youtube-bb", "train")));
        Assert.Equal(["validation/a_1.jpg: dog"], _on.Rows(_on.Load("youtube-bb")));
    }

    [Fact]
    public void ImageNetsPicturesToTrainOnLieInFoldersOfClasses()
    {
        _on.Paint("train/n01443537/a.JPEG", "val/n01440764/b.JPEG");

        Assert.Equal(["train/n01443537/a.JPEG: goldfish"], _on.Rows(_on.Load("imagenet", "train")));
        Assert.Equal(["val/n01440764/b.JPEG: tench"], _on.Rows(_on.Load("imagenet")));
    }
}
