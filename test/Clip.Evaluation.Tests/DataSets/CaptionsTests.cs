using Clip.Evaluation.DataSets;

namespace Clip.Evaluation.Tests.DataSets;

public sealed class CaptionsTests : IDisposable
{
    private const string FiveSentences =
        """[{"raw": "one"}, {"raw": " two "}, {"raw": "three"}, {"raw": "four"}, {"raw": "five"}]""";

    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    [Fact]
    public void CocoIsReadInKarpathysDivision()
    {
        _on.Paint("val2014/COCO_val2014_000000391895.jpg", "val2014/COCO_val2014_000000000002.jpg",
            "train2014/COCO_train2014_000000000003.jpg");
        _on.Write("dataset_coco.json", $$"""
            {"images": [
              {"filepath": "val2014", "sentids": [1], "filename": "COCO_val2014_000000391895.jpg", "split": "test",
                  "sentences": {{FiveSentences}}},
              {"filepath": "val2014", "filename": "COCO_val2014_000000000002.jpg", "split": "restval", "sentences": {{FiveSentences}}},
              {"filepath": "train2014", "filename": "COCO_train2014_000000000003.jpg", "split": "train", "sentences": [{"raw": "alone"}]}],
             "dataset": "coco"}
            """);

        var test = _on.Load("coco");

        Assert.Equal(["val2014/COCO_val2014_000000391895.jpg: one|two|three|four|five"], Rows(test));
        Assert.Equal(DataSetTask.Retrieval, test.Set.Task);
        var train = _on.Load("mscoco_captions", "train");
        Assert.Equal(2, train.Count);
        Assert.Equal(["1 of its pictures have other than five captions; all of them count"], train.Notices);
    }

    [Fact]
    public void CocoIsReadInClipBenchmarksAndItsOwnForm()
    {
        const string Own = """
            {"info": {}, "images": [{"id": 7, "file_name": "x.jpg", "height": 4}],
             "annotations": [{"image_id": 7, "id": 1, "caption": "one"}, {"image_id": 7, "id": 2, "caption": "two"}]}
            """;
        _on.Paint("val2014/x.jpg", "val2017/x.jpg");
        _on.Write("coco_test_karpathy.json", Own);
        _on.Write("annotations/captions_val2017.json", Own);

        Assert.Equal(["val2014/x.jpg: one|two"], Rows(_on.Load("coco")));
        Assert.Equal(1, _on.Load("coco", "val2017").Count);
    }

    [Fact]
    public void ACaptionedPictureThatIsAbsentIsNamed()
    {
        _on.Write("coco_test_karpathy.json", """
            {"images": [{"id": 7, "file_name": "x.jpg"}], "annotations": [{"image_id": 7, "caption": "one"}]}
            """);

        Assert.Equal(
            $"val2014/x.jpg is listed in {_on["coco_test_karpathy.json"]} and is not there; unpack the pictures again.", _on.Error("coco"));
    }

    [Fact]
    public void AnotherJsonIsRefused()
    {
        _on.Write("coco_test_karpathy.json", """{"images": [{"file_name": "x.jpg"}]}""");

        Assert.StartsWith($"{_on["coco_test_karpathy.json"]} is not the list that is expected in its place:", _on.Error("coco"));
    }

    [Fact]
    public void Flickr30KIsReadInClipBenchmarksForm()
    {
        _on.Paint("flickr30k-images/1007129816.jpg");
        _on.Write(
            "flickr30k_test_karpathy.txt", "image,caption", "1007129816.jpg,A man, in a hat.",
            "1007129816.jpg,\"He says \"\"hi\"\", smiling.\"");

        Assert.Equal(["flickr30k-images/1007129816.jpg: A man, in a hat.|He says \"hi\", smiling."], Rows(_on.Load("flickr30k")));
    }

    [Fact]
    public void Flickr30KAsAWholeIsReadInItsOwnForm()
    {
        _on.Paint("flickr30k-images/1000092795.jpg");
        _on.Write("results_20130124.token", "1000092795.jpg#0\tTwo young guys # 1 .", "1000092795.jpg#1\tTwo men");

        Assert.Equal(["flickr30k-images/1000092795.jpg: Two young guys # 1 .|Two men"], Rows(_on.Load("flickr30k", "all")));
    }

    [Fact]
    public void Flickr8KIsReadInItsOwnFormAndKarpathys()
    {
        _on.Paint("Flicker8k_Dataset/a_1.jpg", "Flicker8k_Dataset/b_2.jpg");
        _on.Write("Flickr8k.token.txt", "a_1.jpg#0\tA child .", "b_2.jpg#0\tA dog .");
        _on.Write("Flickr_8k.testImages.txt", "b_2.jpg");
        Assert.Equal(["Flicker8k_Dataset/b_2.jpg: A dog ."], Rows(_on.Load("flickr8k")));

        _on.Write("Flickr_8k.testImages.txt", "c_3.jpg");
        Assert.Contains("names c_3.jpg, which has no caption in", _on.Error("flickr8k"));

        _on.Write("dataset_flickr8k.json", $$"""{"images": [{"filename": "a_1.jpg", "split": "test", "sentences": {{FiveSentences}}}]}""");
        Assert.Equal(["Flicker8k_Dataset/a_1.jpg: one|two|three|four|five"], Rows(_on.Load("flickr8k")));
    }

    private string[] Rows(LoadedDataSet loaded) =>
        [.. loaded.Captioned.Select(row =>
            $"{Path.GetRelativePath(_on.Path, row.Path).Replace('\\', '/')}: {string.Join('|', row.Captions)}")];
}
