namespace Clip.Evaluation.Tests.DataSets;

/// <summary>What a list names and is not there would be measured as if the set were smaller: it is refused, whichever the set.</summary>
public sealed class AbsentPicturesTests : IDisposable
{
    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    [Fact]
    public void OfSun()
    {
        _on.Paint("a/abbey/1.jpg");
        _on.Write("ClassName.txt", "/a/abbey");
        _on.Write("Testing_01.txt", "/a/abbey/1.jpg", "/a/abbey/2.jpg");

        Refused("sun397", "a/abbey/2.jpg", "Testing_01.txt");
    }

    [Fact]
    public void OfTextures()
    {
        _on.Paint("images/banded/1.jpg");
        _on.Write("labels/test1.txt", "banded/1.jpg", "banded/2.jpg");

        Refused("dtd", "images/banded/2.jpg", "labels/test1.txt");
    }

    [Fact]
    public void OfAircraft()
    {
        _on.Paint("data/images/1.jpg");
        _on.Write("data/variants.txt", "DH-82");
        _on.Write("data/images_variant_test.txt", "1 DH-82", "2 DH-82");

        Refused("aircraft", "data/images/2.jpg", "data/images_variant_test.txt");
    }

    [Fact]
    public void OfPets()
    {
        _on.Paint("images/pug_1.jpg");
        _on.Write("annotations/test.txt", "pug_1 1 2 1", "pug_2 1 2 1");
        _on.Write("annotations/trainval.txt", "pug_3 1 2 1");

        Refused("pets", "images/pug_2.jpg", "annotations/test.txt");
    }

    [Fact]
    public void OfCarsInTwoFolders()
    {
        _on.Paint("cars_test/00001.jpg");
        _on.Write("devkit/cars_meta.mat", MatFileWriter.CarNames("Audi", "Volvo"));
        _on.Write("cars_test_annos_withlabels.mat", MatFileWriter.Cars(("00001.jpg", 1), ("00002.jpg", 2)));

        Refused("cars", "cars_test/00002.jpg", "cars_test_annos_withlabels.mat");
    }

    [Fact]
    public void OfCarsInOneFolder()
    {
        Directory.CreateDirectory(_on["car_ims"]);
        _on.Write("cars_annos.mat", MatFileWriter.MarkedCars(["Audi"], ("car_ims/000002.jpg", 1, 1)));

        Refused("cars", "car_ims/000002.jpg", "cars_annos.mat");
    }

    [Fact]
    public void OfVoc()
    {
        _on.Paint("JPEGImages/000001.jpg");
        foreach (var name in ListedNames.Voc) _on.Write($"ImageSets/Main/{name}_test.txt", "000001  1", "000002  1");

        Assert.StartsWith($"{_on["JPEGImages/000002.jpg"]} is listed in ", _on.Error("voc2007"), StringComparison.Ordinal);
    }

    [Fact]
    public void OfImageNetInOneFolder()
    {
        _on.Paint("val/ILSVRC2012_val_00000001.JPEG");
        _on.Write("val.txt", "ILSVRC2012_val_00000001.JPEG 65", "ILSVRC2012_val_00000002.JPEG 970");

        Refused("imagenet", "val/ILSVRC2012_val_00000002.JPEG", "val.txt");
    }

    private void Refused(string set, string picture, string list) => Assert.StartsWith(
        $"{_on[picture]} is listed in {_on[list]} and is not there; unpack ", _on.Error(set), StringComparison.Ordinal);
}
