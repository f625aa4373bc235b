namespace Clip.Evaluation.Tests.DataSets;

public sealed class MatLabeledSetsTests : IDisposable
{
    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FlowersHaveTheirLabelsInMatlabsFiles(bool compress)
    {
        _on.Paint("jpg/image_00001.jpg", "jpg/image_00002.jpg", "jpg/image_00003.jpg");
        _on.Write("imagelabels.mat", MatFileWriter.File(compress, ("labels", MatFileWriter.Numbers(77, 1, 102))));
        _on.Write("setid.mat", MatFileWriter.File(
            compress, ("trnid", MatFileWriter.Numbers(2)), ("valid", MatFileWriter.Numbers()), ("tstid", MatFileWriter.Numbers(1, 3))));

        var test = _on.Load("flowers");

        Assert.Equal(["jpg/image_00001.jpg: passion flower", "jpg/image_00003.jpg: blackberry lily"], _on.Rows(test));
        Assert.Equal(["jpg/image_00002.jpg: pink primrose"], _on.Rows(_on.Load("flowers102", "train")));
        Assert.Equal(102, test.Labels.Count);
    }

    [Fact]
    public void AFlowerThatIsAbsentIsNamed()
    {
        _on.Paint("jpg/image_00001.jpg");
        _on.Write("imagelabels.mat", MatFileWriter.File(false, ("labels", MatFileWriter.Numbers(77, 1))));
        _on.Write("setid.mat", MatFileWriter.File(false, ("tstid", MatFileWriter.Numbers(1, 2))));

        Assert.StartsWith($"{_on["jpg/image_00002.jpg"]} is listed in {_on["setid.mat"]} and is not there", _on.Error("flowers"));
    }

    [Fact]
    public void CarsAreNamedByTheDevkit()
    {
        _on.Paint("cars_test/00001.jpg", "cars_test/00002.jpg");
        _on.Write("devkit/cars_meta.mat", Names());
        _on.Write("cars_test_annos_withlabels.mat", MatFileWriter.File(
            true, ("annotations", MatFileWriter.Structures(Car("00001.jpg", 2), Car("00002.jpg", 1)))));

        Assert.Equal(
            ["cars_test/00001.jpg: Audi TT RS Coupe 2012", "cars_test/00002.jpg: AM General Hummer SUV 2000"],
            _on.Rows(_on.Load("stanford-cars")));
    }

    [Fact]
    public void CarsOfOneFolderAreDividedByTheirOwnMark()
    {
        _on.Paint("car_ims/000001.jpg", "car_ims/000002.jpg");
        _on.Write("cars_annos.mat", MatFileWriter.MarkedCars(
            ["AM General Hummer SUV 2000", "Audi TT RS Coupe 2012"], ("car_ims/000001.jpg", 1, 0), ("car_ims/000002.jpg", 2, 1)));

        Assert.Equal(["car_ims/000002.jpg: Audi TT RS Coupe 2012"], _on.Rows(_on.Load("cars")));
        Assert.Equal(["car_ims/000001.jpg: AM General Hummer SUV 2000"], _on.Rows(_on.Load("cars", "train")));
    }

    [Fact]
    public void TheFileOfTestCarsWithoutLabelsIsTold()
    {
        _on.Paint("cars_test/00001.jpg");
        _on.Write("devkit/cars_meta.mat", Names());
        _on.Write("cars_test_annos_withlabels.mat", MatFileWriter.File(
            true, ("annotations",
                MatFileWriter.Structures(new Dictionary<string, MatFileWriter.Value> { ["fname"] = MatFileWriter.Text("00001.jpg") }))));

        Assert.Contains("has no 'class' for a picture; get the file with labels", _on.Error("cars"));
    }

    [Theory]
    [InlineData("MATLAB 7.3 MAT-file", "is a MATLAB file of version 7.3, which is HDF5; save it with -v7.")]
    [InlineData("something else", "is no MATLAB file of version 5 to 7")]
    public void OtherFilesOfMatlabAreRefused(string start, string error)
    {
        _on.Paint("jpg/image_00001.jpg");
        _on.Write("imagelabels.mat", System.Text.Encoding.ASCII.GetBytes(start.PadRight(200)));
        _on.Write("setid.mat", MatFileWriter.File(false, ("tstid", MatFileWriter.Numbers(1))));

        Assert.Contains(error, _on.Error("flowers"));
    }

    [Fact]
    public void AFileThatIsCutOffAnywhereIsDamaged()
    {
        var whole = MatFileWriter.File(true, ("annotations", MatFileWriter.Structures(Car("00001.jpg", 2))), ("class_names", Classes));
        for (var length = 129; length < whole.Length - 8; length += 7)
        {
            _on.Write("a.mat", whole[..length]);
            try
            {
                Assert.DoesNotContain("class_names", Clip.Evaluation.DataSets.MatFile.Read(_on["a.mat"]).Keys);
            }
            catch (ClipException e)
            {
                Assert.Contains("is damaged", e.Message);
            }
        }
    }

    private static MatFileWriter.Value Classes =>
        MatFileWriter.Cells(MatFileWriter.Text("AM General Hummer SUV 2000"), MatFileWriter.Text("Audi TT RS Coupe 2012"));

    private static byte[] Names() => MatFileWriter.File(true, ("class_names", Classes));

    private static Dictionary<string, MatFileWriter.Value> Car(string file, int number) => new()
    {
        ["bbox_x1"] = MatFileWriter.Numbers(1000),
        ["class"] = MatFileWriter.Numbers(number),
        ["fname"] = MatFileWriter.Text(file),
    };
}
