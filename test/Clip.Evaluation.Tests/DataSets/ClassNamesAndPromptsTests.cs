using Clip.Evaluation.DataSets;

namespace Clip.Evaluation.Tests.DataSets;

/// <summary>Names of classes and prompts: the sets' own, and files of CLIP_benchmark's form.</summary>
public sealed class ClassNamesAndPromptsTests : IDisposable
{
    private readonly DataSetFixture _on = new();

    public void Dispose() => _on.Dispose();

    [Fact]
    public void ASetHasThePromptsOfClipsAuthors()
    {
        var set = Food().Labeled("food");

        Assert.Equal("food101", set.Known);
        Assert.Equal(["a photo of {}, a type of food."], set.Templates);
        Assert.Null(set.Prompts);
    }

    [Fact]
    public void ClassesThatShareANameHaveThePromptsOfTheName()
    {
        _on.Paint("val/n04008634/a.JPEG");

        var set = _on.Load("imagenet").Labeled("imagenet");

        Assert.Equal("a bad photo of a missile.", set.Prompts!["missile (n04008634)"][0]);
        Assert.Equal(80, set.Prompts["missile (n04008634)"].Count);
        Assert.True(set.MayHaveTwins);
    }

    [Fact]
    public void NamesInAnotherLanguageAreTakenInTheirOrder()
    {
        _on.Write("cn_classnames.json", """{"imagenet1k": ["x"], "food101": ["苹果派", "热狗"]}""");

        var set = Food().Renamed(NamedLists.Read(_on["cn_classnames.json"], ["mine", "food101"]), "cn_classnames.json");

        Assert.Equal(["苹果派", "热狗"], set.Labels);
        Assert.Equal(["苹果派", "热狗"], set.Images.Select(image => image.Class));
    }

    [Fact]
    public void ImageNetsThousandNamesAreThoseOfASetWithSomeOfTheClassesToo()
    {
        _on.Paint("imagenet-a/n01498041/a.jpg", "imagenet-a/n15075141/b.jpg");
        var names = Enumerable.Range(0, 1000).Select(i => i is 6 or 7 ? "ray" : $"name {i}").ToArray();

        var set = _on.Load("imagenet-a").Renamed(names, "names.txt");

        Assert.Equal(["ray", "name 999"], set.Labels);
        Assert.Equal(["ray", "name 999"], set.Images.Select(image => image.Class));
    }

    [Fact]
    public void NamesThatAreTooFewAreRefused() => Assert.Equal(
        "names.txt has 3 names, and Food-101 2 classes; names are taken in their order, so give as many.",
        Assert.Throws<ClipException>(() => Food().Renamed(["a", "b", "c"], "names.txt")).Message);

    [Fact]
    public void TwoClassesMayHaveOneName()
    {
        var set = Food().Renamed(["food", "food"], "names.txt").Labeled("food");

        Assert.Equal(["food", "food (1)"], set.Labels);
        Assert.Equal(["a photo of food, a type of food."], set.Prompts!["food (1)"]);
    }

    [Fact]
    public void TemplatesAreReadByTheSetsName()
    {
        _on.Write("templates.json", """{"food101": ["a photo of {c}."], "pets": ["{c}"]}""");

        Assert.Equal(["a photo of {c}."], ClassPrompts.Read(_on["templates.json"], ["Food-101"]).Templates);
        Assert.Equal(
            $"{_on["templates.json"]} has nothing for cars or stanford-cars (it has food101, pets ...); add it.",
            Assert.Throws<ClipException>(() => ClassPrompts.Read(_on["templates.json"], ["cars", "stanford-cars"])).Message);
    }

    [Fact]
    public void PromptsOfEachClassAreFoundByItsName()
    {
        _on.Write("cupl.json", """{"food101": {"hot dog": ["A hot dog is long."], "Apple Pie": ["Pie with apples.", "A round pie."]}}""");

        var set = Food().Labeled("food", ClassPrompts.Read(_on["cupl.json"], ["food101"]));

        Assert.Equal(["Pie with apples.", "A round pie."], set.Prompts!["apple pie"]);
        Assert.Equal(["A hot dog is long."], set.Prompts["hot dog"]);
    }

    [Fact]
    public void PromptsOfEachClassInAnotherLanguageAreTakenInTheirOrder()
    {
        _on.Write("cupl.json", """{"food101": {"Apfelkuchen": ["Kuchen."], "Hotdog": ["Wurst."]}}""");

        Assert.Equal(["Wurst."], Food().Labeled("food", ClassPrompts.Read(_on["cupl.json"], ["food101"])).Prompts!["hot dog"]);
    }

    [Fact]
    public void AClassWithoutPromptsIsNamed()
    {
        _on.Write("cupl.json", """{"food101": {"hot dog": ["A hot dog is long."]}}""");

        Assert.Equal(
            $"{_on["cupl.json"]} has no prompts for the class 'apple pie'; add them.",
            Assert.Throws<ClipException>(() => Food().Labeled("food", ClassPrompts.Read(_on["cupl.json"], ["food101"]))).Message);
    }

    [Theory]
    [InlineData("""{"food101": ["a photo"]}""", "has no place for the class")]
    [InlineData("""{"food101": []}""", "is not of CLIP_benchmark's form")]
    [InlineData("""{"food101": {"hot dog": "A hot dog"}}""", "is not of CLIP_benchmark's form")]
    [InlineData("""{"food101": [1, 2]}""", "is not of CLIP_benchmark's form")]
    [InlineData("{food101", "is not the list that is expected in its place")]
    public void OtherFilesAreRefused(string json, string error)
    {
        _on.Write("templates.json", json);

        Assert.Contains(error, Assert.Throws<ClipException>(() => ClassPrompts.Read(_on["templates.json"], ["food101"])).Message);
    }

    [Fact]
    public void CaptionsAreNoClasses()
    {
        _on.Paint("flickr30k-images/1.jpg");
        _on.Write("flickr30k_test_karpathy.txt", "image,caption", "1.jpg,A man.");

        Assert.StartsWith(
            "Flickr30k has captions and no classes", Assert.Throws<ClipException>(() => _on.Load("flickr30k").Labeled("f")).Message);
    }

    private LoadedDataSet Food()
    {
        _on.Paint("images/apple_pie/1.jpg", "images/hot_dog/3.jpg");
        _on.Write("meta/classes.txt", "apple_pie", "hot_dog");
        _on.Write("meta/test.txt", "apple_pie/1", "hot_dog/3");
        return _on.Load("food101");
    }
}
