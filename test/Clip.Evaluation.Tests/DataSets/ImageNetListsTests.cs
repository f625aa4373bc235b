using Clip.Evaluation.DataSets;

namespace Clip.Evaluation.Tests.DataSets;

/// <summary>What tells the classes of ImageNet's pictures, where they lie in one folder, and what ImageNet is not.</summary>
public sealed class ImageNetListsTests : IDisposable
{
    private const string First = "ILSVRC2012_val_00000001.JPEG";

    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    [Theory]
    [InlineData("val/", "val.txt")]
    [InlineData("val/", "caffe_ilsvrc12/val.txt")]
    [InlineData("val/", "val/val.txt")]
    [InlineData("ILSVRC/Data/CLS-LOC/val/", "val.txt")]
    [InlineData("", "val.txt")]
    public void CaffesListMayLieBesideThePicturesOrAmongThem(string folder, string list)
    {
        _on.Paint($"{folder}{First}");
        _on.Write(list, $"{First} 0");

        var val = _on.Load("imagenet");

        Assert.Equal([$"{folder}{First}: tench"], _on.Rows(val));
        Assert.DoesNotContain(val.Notices, notice => notice.Contains("lies among", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1000")]
    [InlineData("-1")]
    [InlineData("one")]
    [InlineData("1 2")]
    public void CaffesNumbersGoFromNought(string number)
    {
        _on.Paint($"val/{First}", "val/ILSVRC2012_val_00000002.JPEG");
        _on.Write("val.txt", $"{First} 999", $"ILSVRC2012_val_00000002.JPEG {number}");

        Assert.Contains($"has the line 'ILSVRC2012_val_00000002.JPEG {number}', which is not as", _on.Error("imagenet"));
    }

    [Fact]
    public void KagglesLinesHaveAPictureAndItsBoxes()
    {
        _on.Paint($"val/{First}");
        _on.Write("LOC_val_solution.csv", "ImageId,PredictionString", "ILSVRC2012_val_00000001");

        Assert.Contains("has the line 'ILSVRC2012_val_00000001', which is not as 'ILSVRC2012_val_00048981,", _on.Error("imagenet"));
    }

    [Fact]
    public void AnotherImageNetsListOfClassesIsRefused()
    {
        _on.Paint("val/n01440764/a.JPEG");
        _on.Write("LOC_synset_mapping.txt", "n01440764 tench", "n00004475 organism, being");

        Assert.StartsWith($"'n00004475', of {_on["LOC_synset_mapping.txt"]}, is none of ImageNet's 1,000 classes", _on.Error("imagenet"));
    }

    /// <summary>Kaggle's list before Caffe's before the devkit's, whose numbers are the hardest to get right.</summary>
    [Fact]
    public void OfSeveralListsTheOneWithIdentifiersCounts()
    {
        _on.Paint($"val/{First}");
        _on.Write("ILSVRC2012_validation_ground_truth.txt", "1");
        _on.Write("meta.mat", Meta((1, "n02119789")));
        Assert.Equal([$"val/{First}: kit fox"], _on.Rows(_on.Load("imagenet")));

        _on.Write("val.txt", $"{First} 1");
        Assert.Equal([$"val/{First}: goldfish"], _on.Rows(_on.Load("imagenet")));

        _on.Write("LOC_val_solution.csv", "ImageId,PredictionString", "ILSVRC2012_val_00000001,n01440764 1 2 3 4");
        Assert.Equal([$"val/{First}: tench"], _on.Rows(_on.Load("imagenet")));
    }

    /// <summary>Class 1000 is the last of them; those above are kinds of classes, which no picture has.</summary>
    [Fact]
    public void TheDevkitsNumbersGoFromOneToAThousand()
    {
        _on.Paint($"val/{First}");
        _on.Write("devkit/data/meta.mat", Meta((1000, "n15075141"), (1001, "n00001740")));
        _on.Write("devkit/data/ILSVRC2012_validation_ground_truth.txt", "1000");
        Assert.Equal([$"val/{First}: toilet paper"], _on.Rows(_on.Load("imagenet")));

        _on.Write("devkit/data/ILSVRC2012_validation_ground_truth.txt", "1001");
        Assert.Contains("has the line '1001', which is not the number of a class in", _on.Error("imagenet"));
    }

    [Fact]
    public void TheDevkitsClassesHaveNumbersAndIdentifiers()
    {
        _on.Paint($"val/{First}");
        _on.Write("ILSVRC2012_validation_ground_truth.txt", "1");
        _on.Write("meta.mat", MatFileWriter.File(false, ("synsets", MatFileWriter.Numbers(1))));
        Assert.Equal($"{_on["meta.mat"]} has no structures 'synsets'; get it again.", _on.Error("imagenet"));

        _on.Write("meta.mat", MatFileWriter.File(
            false, ("synsets", MatFileWriter.Structures(new Dictionary<string, MatFileWriter.Value>
            {
                ["WNID"] = MatFileWriter.Text("n01440764"),
            }))));
        Assert.Equal($"{_on["meta.mat"]} has a class without ILSVRC2012_ID or WNID; get it again.", _on.Error("imagenet"));
    }

    [Fact]
    public void PicturesToTrainOnAreNeverToldByAList()
    {
        _on.Paint($"train/{First}");
        _on.Write("val.txt", $"{First} 1");

        Assert.Contains("lacks the folder", _on.Error("imagenet", "train"));
    }

    [Fact]
    public void V2sFoldersGoToNineHundredNinetyNine()
    {
        _on.Paint("0/a.jpeg", "999/b.jpeg");
        Assert.Equal(["0/a.jpeg: tench", "999/b.jpeg: toilet paper"], _on.Rows(_on.Load("imagenetv2")));

        _on.Paint("1000/c.jpeg");
        Assert.StartsWith($"The folder of {_on["1000/c.jpeg"]} is no number from 0 to 999", _on.Error("imagenetv2"));
    }

    /// <summary>Labels keep ImageNet's order and know which of its thousand they are; of shared names those of the labels.</summary>
    [Fact]
    public void ASetWithSomeOfTheClassesKnowsTheirNumbers()
    {
        _on.Paint("imagenet-r/n04008634/a.jpg", "imagenet-r/n01443537/b.jpg");

        var some = _on.Load("imagenet-r");

        Assert.Equal(["goldfish", "missile (n04008634)"], some.Labels);
        Assert.Equal(["imagenet-r/n01443537/b.jpg: goldfish", "imagenet-r/n04008634/a.jpg: missile (n04008634)"], _on.Rows(some));
        Assert.Equal(1000, some.Numbered!.Count);
        Assert.Equal(["missile (n04008634)"], some.Spoken.Keys);
    }

    [Fact]
    public void ObjectNetsFoldersAreThoseOfItsList()
    {
        _on.Paint("images/t_shirt/a.png", "images/banana/b.png");
        _on.Write("mappings/folder_to_objectnet_label.json", """{"t_shirt": "T-shirt", "banana": "Banana"}""");
        _on.Write("mappings/objectnet_to_imagenet_1k.json", """{"T-shirt": "jersey", "Banana": "banana"}""");
        Assert.Equal(["banana", "t-shirt"], _on.Load("objectnet").Labels);

        _on.Paint("images/other/c.png");
        Assert.StartsWith($"The folder {_on["images/other"]} is no class of", _on.Error("objectnet"));

        Directory.Delete(_on["images/other"], recursive: true);
        Directory.Delete(_on["images/t_shirt"], recursive: true);
        Assert.Contains($"lacks the folder {_on["images/t_shirt"]}", _on.Error("objectnet"));
    }

    private static byte[] Meta(params (int Number, string Id)[] classes) => MatFileWriter.File(
        false, ("synsets", MatFileWriter.Structures([.. classes.Select(c => new Dictionary<string, MatFileWriter.Value>
        {
            ["ILSVRC2012_ID"] = MatFileWriter.Numbers(c.Number),
            ["WNID"] = MatFileWriter.Text(c.Id),
        })])));
}
