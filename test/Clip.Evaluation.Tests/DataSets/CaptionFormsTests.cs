using Clip.Evaluation.DataSets;

namespace Clip.Evaluation.Tests.DataSets;

/// <summary>Captions in the forms in which the sets are handed around, and what is wrong with a list of them.</summary>
public sealed class CaptionFormsTests : IDisposable
{
    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    /// <summary>Captions of a picture need not stand together, and blank ones are none.</summary>
    [Fact]
    public void CocosCaptionsFindTheirPicturesByNumber()
    {
        _on.Paint("images/val2014/a.jpg", "train2014/b.jpg", "c.jpg");
        _on.Write("annotations/coco_val_karpathy.json", """
            {"images": [{"id": 2, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}, {"id": 3, "file_name": "c.jpg"}],
             "annotations": [{"image_id": 1, "caption": "of b"}, {"image_id": 2, "caption": " of a "}, {"image_id": 1, "caption": "b too"},
                 {"image_id": 2, "caption": "  "}, {"image_id": 3, "caption": "of c"}]}
            """);

        Assert.Equal(
            ["images/val2014/a.jpg: of a", "train2014/b.jpg: of b|b too", "c.jpg: of c"], Rows(_on.Load("coco", "val")));
    }

    [Theory]
    [InlineData("annotations/captions_train2017.json", "train2017/a.jpg")]
    [InlineData("annotations/captions_train2014.json", "train2014/a.jpg")]
    [InlineData("coco_train_karpathy.json", "train2014/a.jpg")]
    public void CocosOwnListsServeToTrainOn(string list, string picture)
    {
        _on.Paint(picture);
        _on.Write(list, """{"images": [{"id": 7, "file_name": "a.jpg"}], "annotations": [{"image_id": 7, "caption": "one"}]}""");

        Assert.Equal([$"{picture}: one"], Rows(_on.Load("coco", "train")));
    }

    /// <summary>The pictures of the test are those that Karpathy took; COCO's own validation is another part.</summary>
    [Fact]
    public void CocosOwnValidationIsNotTheTest()
    {
        _on.Paint("val2017/a.jpg");
        _on.Write(
            "annotations/captions_val2017.json",
            """{"images": [{"id": 7, "file_name": "a.jpg"}], "annotations": [{"image_id": 7, "caption": "one"}]}""");

        Assert.Contains("lacks the file coco_test_karpathy.json or annotations/coco_test_karpathy.json", _on.Error("coco"));
        Assert.Equal(["val2017/a.jpg: one"], Rows(_on.Load("coco", "val2017")));
    }

    [Theory]
    [InlineData("val2014/a.jpg")]
    [InlineData("images/val2014/a.jpg")]
    [InlineData("a.jpg")]
    public void KarpathysPicturesMayLieInOtherFolders(string picture)
    {
        _on.Paint(picture);
        _on.Write(
            "annotations/dataset_coco.json",
            """{"images": [{"filepath": "val2014", "filename": "a.jpg", "split": "val", "sentences": [{"raw": "one"}]}]}""");

        Assert.Equal([$"{picture}: one"], Rows(_on.Load("coco", "val")));
    }

    [Theory]
    [InlineData("test", "b.jpg: of b")]
    [InlineData("val", "a.jpg: of a")]
    [InlineData("train", "c.jpg: of c")]
    public void FlickrEightKsOwnPartsAreListsOfPictures(string split, string row)
    {
        _on.Paint("Flicker8k_Dataset/a.jpg", "Flicker8k_Dataset/b.jpg", "Flicker8k_Dataset/c.jpg");
        _on.Write("Flickr8k.token.txt", "a.jpg#0\tof a", "b.jpg#0\tof b", "c.jpg#0\tof c");
        _on.Write("Flickr_8k.devImages.txt", "a.jpg");
        _on.Write("Flickr_8k.testImages.txt", "b.jpg");
        _on.Write("Flickr_8k.trainImages.txt", "c.jpg");

        Assert.Equal([$"Flicker8k_Dataset/{row}"], Rows(_on.Load("flickr8k", split)));
        Assert.Equal(3, _on.Load("flickr8k", "all").Count);
    }

    /// <summary>As on Kaggle: with commas, or with lines between the columns. Pictures come in the order of their first lines.</summary>
    [Theory]
    [InlineData("flickr8k", "captions.txt", "image,caption", "b.jpg,one, two", "a.jpg,three", "b.jpg,four")]
    [InlineData(
        "flickr30k", "results.csv", "image_name| comment_number| comment", "b.jpg| 0| one, two", "a.jpg| 0| three", "b.jpg| 1| four")]
    public void FlickrIsReadInKagglesForms(string set, string list, params string[] lines)
    {
        _on.Paint("Images/a.jpg", "Images/b.jpg");
        _on.Write(list, lines);

        Assert.Equal(["Images/b.jpg: one, two|four", "Images/a.jpg: three"], Rows(_on.Load(set, "all")));
    }

    /// <summary>One of Flickr8k's pictures has a name with an end of its own.</summary>
    [Fact]
    public void APicturesNameMayEndInANumber()
    {
        _on.Paint("Images/2258277193_586949ec62.jpg");
        File.Move(_on["Images/2258277193_586949ec62.jpg"], _on["Images/2258277193_586949ec62.jpg.1"]);
        _on.Write("Flickr8k.token.txt", "2258277193_586949ec62.jpg.1#0\tpeople waiting");

        Assert.Equal(["Images/2258277193_586949ec62.jpg.1: people waiting"], Rows(_on.Load("flickr8k", "all")));
    }

    [Fact]
    public void OnlyTheFirstLineMayBeAHeader()
    {
        _on.Paint("Images/a.jpg");
        _on.Write("captions.txt", "image,caption", "a.jpg,one", "and no picture");

        Assert.Equal(
            $"{_on["captions.txt"]} has the line 'and no picture', which is not a picture and a caption; get the file again.",
            _on.Error("flickr8k", "all"));
    }

    [Fact]
    public void AllOfFlickrIsNotKarpathysDivision()
    {
        _on.Paint("flickr30k_images/a.jpg", "flickr30k_images/b.jpg");
        _on.Write(
            "dataset_flickr30k.json", """{"images": [{"filename": "a.jpg", "split": "test", "sentences": [{"raw": "Karpathy's"}]}]}""");
        _on.Write("results_20130124.token", "a.jpg#0\tof a", "b.jpg#0\tof b");

        Assert.Equal(["flickr30k_images/a.jpg: Karpathy's"], Rows(_on.Load("flickr30k")));
        Assert.Equal(["flickr30k_images/a.jpg: of a", "flickr30k_images/b.jpg: of b"], Rows(_on.Load("flickr30k", "all")));
    }

    [Theory]
    [InlineData("""{"raw": "  "}""", "val2014/a.jpg has no caption in")]
    [InlineData("", "val2014/a.jpg has no caption in")]
    public void APictureHasACaption(string sentence, string error)
    {
        _on.Paint("val2014/a.jpg");
        _on.Write(
            "dataset_coco.json",
            $$"""{"images": [{"filepath": "val2014", "filename": "a.jpg", "split": "test", "sentences": [{{sentence}}]}]}""");

        Assert.StartsWith(error, _on.Error("coco"));
    }

    [Theory]
    [InlineData("dataset_coco.json", """{"images": [{"filepath": "val2014", "filename": "a.jpg", "split": "test"}]}""", "has no caption")]
    [InlineData("coco_test_karpathy.json", """{"images": [{"id": 7, "file_name": "a.jpg"}]}""", "has no caption")]
    [InlineData("coco_test_karpathy.json", """{"annotations": [{"image_id": 7, "caption": "one"}]}""", "has no pictures")]
    [InlineData("dataset_coco.json", "{}", "has no pictures")]
    public void AListHasPicturesAndCaptions(string list, string json, string error)
    {
        _on.Paint("val2014/a.jpg");
        _on.Write(list, json);

        Assert.Contains(error, _on.Error("coco"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, "1 of its pictures have other than five captions; all of them count")]
    [InlineData(5)]
    [InlineData(6, "1 of its pictures have other than five captions; all of them count")]
    public void FiveCaptionsAreAsPublished(int count, params string[] told)
    {
        var sentences = string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"raw": "caption {{i}}"}"""));
        _on.Paint("images/a.jpg");
        _on.Write("dataset_flickr8k.json", $$"""{"images": [{"filename": "a.jpg", "split": "test", "sentences": [{{sentences}}]}]}""");

        var test = _on.Load("flickr8k");

        Assert.Equal(count, test.Captioned[0].Captions.Count);
        Assert.Equal(told, test.Notices.Where(notice => notice.Contains("five captions", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("flickr30k", "flickr30k-images/a.jpg")]
    [InlineData("flickr30k", "flickr30k_images/a.jpg")]
    [InlineData("flickr30k", "Images/a.jpg")]
    [InlineData("flickr30k", "a.jpg")]
    [InlineData("flickr8k", "Flicker8k_Dataset/a.jpg")]
    [InlineData("flickr8k", "Flickr8k_Dataset/a.jpg")]
    [InlineData("flickr8k", "Images/a.jpg")]
    [InlineData("flickr8k", "a.jpg")]
    public void FlickrsPicturesMayLieInOtherFolders(string set, string picture)
    {
        _on.Paint(picture);
        _on.Write($"dataset_{set}.json", """{"images": [{"filename": "a.jpg", "split": "test", "sentences": [{"raw": "one"}]}]}""");

        Assert.Equal([$"{picture}: one"], Rows(_on.Load(set)));
    }

    [Fact]
    public void APictureIsListedOnce()
    {
        const string One = """{"filepath": "val2014", "filename": "a.jpg", "split": "test", "sentences": [{"raw": "one"}]}""";
        _on.Paint("val2014/a.jpg");
        _on.Write("dataset_coco.json", $$"""{"images": [{{One}}, {{One}}]}""");

        Assert.Equal(
            $"{_on["val2014/a.jpg"]} comes twice in {_on["dataset_coco.json"]}; get the list again.", _on.Error("coco"));
    }

    private string[] Rows(LoadedDataSet loaded) =>
        [.. loaded.Captioned.Select(row =>
            $"{Path.GetRelativePath(_on.Path, row.Path).Replace('\\', '/')}: {string.Join('|', row.Captions)}")];
}
