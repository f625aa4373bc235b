namespace Clip.Evaluation.Tests.DataSets;

public sealed class YouTubeFramesTests : IDisposable
{
    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    [Fact]
    public void FramesWhereTheObjectIsPresentCountAndKnowTheirVideo()
    {
        _on.Paint("frames/AAB6lO-XiKE/238000.jpg", "frames/AAB6lO-XiKE/239000.jpg", "frames/AAB6lO-XiKE/240000.jpg", "frames/zzz_1000.png");
        _on.Write(
            "youtube_boundingboxes_classification_validation.csv", "AAB6lO-XiKE,238000,0,person,present",
            "AAB6lO-XiKE,239000,0,person,present", "AAB6lO-XiKE,240000,0,person,absent", "zzz,1000,9,potted plant,present",
            "gone,5000,6,cow,present", "other,0,22,none,absent");

        var val = _on.Load("youtube-bb");

        Assert.Equal(
            [
                "frames/AAB6lO-XiKE/238000.jpg: person", "frames/AAB6lO-XiKE/239000.jpg: person", "frames/zzz_1000.png: potted plant",
            ],
            _on.Rows(val));
        Assert.Equal(["AAB6lO-XiKE", "AAB6lO-XiKE", "zzz"], val.Images.Select(image => image.Group));
        Assert.Equal(["person", "cow", "potted plant"], val.Labels);
        Assert.Contains("1 of its 4 frames are not there, the first gone at 5000 ms", val.Notices);
    }

    [Fact]
    public void DetectionsTellTheSameAndAFrameOfTwoClassesHasNoRightAnswer()
    {
        _on.Paint("frames/a/1000.jpg", "frames/a/2000.jpg");
        _on.Write(
            "yt_bb_detection_validation.csv", "a,1000,0,person,0,present,0.1,0.2,0.3,0.4", "a,1000,0,person,1,present,0.5,0.6,0.3,0.4",
            "a,2000,0,person,0,present,0.1,0.2,0.3,0.4", "a,2000,19,dog,0,present,0.1,0.2,0.3,0.4", "a,3000,0,person,0,absent,-1,-1,-1,-1");

        var val = _on.Load("ytbb");

        Assert.Equal(["frames/a/1000.jpg: person"], _on.Rows(val));
        Assert.Contains("2 rows are left out, for their frames show several classes", val.Notices);
    }

    [Fact]
    public void WithoutAnyFrameTheLayoutIsTold()
    {
        _on.Write("yt_bb_classification_validation.csv", "a,1000,0,person,present");

        Assert.Contains("has no pictures in its split val; it takes youtube_boundingboxes_classification_validation.csv",
            _on.Error("youtube-bb"));
    }

    [Fact]
    public void ALineOfAnotherFormIsShown()
    {
        _on.Write("yt_bb_classification_validation.csv", "youtube_id,timestamp_ms,class_id,class_name,object_presence");

        Assert.Contains("which is not as 'AAB6lO-XiKE,238000,0,person,present'", _on.Error("youtube-bb"));
    }
}
