using Clip.Evaluation.DataSets;
using Microsoft.ML.Clip;

namespace Clip.Evaluation.Tests.DataSets;

/// <summary>A set under other names and with other prompts: each picture keeps its class, and each class its prompts.</summary>
public sealed class OtherNamesTests
{
    [Fact]
    public void APictureThatIsRenamedIsTheSamePicture()
    {
        var image = new LabeledImage
        {
            ImagePath = "a#1",
            Container = "a",
            Group = "video",
            Content = () => [1, 2],
            Classes = ["cat", "dog"],
        };

        var renamed = Of("ytbb", ["dog", "cat"], image).Renamed(["Hund", "Katze"], "names").Images[0];

        Assert.Equal(("a#1", "a", "video", "Katze"), (renamed.ImagePath, renamed.Container, renamed.Group, renamed.Class));
        Assert.Equal(["Katze", "Hund"], renamed.Classes);
        Assert.Equal([1, 2], renamed.Read());
    }

    [Fact]
    public void APictureThatShowsNoneOfTheLabelsHasNoClass()
    {
        var image = new LabeledImage { ImagePath = "a", Classes = [] };

        Assert.Equal(("", 0), (image.Class, image.Classes.Count));
        Assert.Equal(["cat"], new LabeledImage { ImagePath = "a", Class = "cat" }.Classes);
    }

    /// <summary>Names for some of the classes or for all of the list that they are of; of any other number is a mistake.</summary>
    [Theory]
    [InlineData("y,n", "y,n")]
    [InlineData("zero,one,two,three", "one,three")]
    public void NamesAreOfTheSetsClassesOrOfTheWholeList(string names, string expected)
    {
        var set = Of("imagenet-a", ["b", "d"], new LabeledImage { ImagePath = "1", Class = "d" }) with { Numbered = ["a", "b", "c", "d"] };

        var renamed = set.Renamed(names.Split(','), "names");

        Assert.Equal(expected, string.Join(',', renamed.Labels));
        Assert.Equal(expected.Split(',')[1], renamed.Images[0].Class);
        Assert.Equal(
            "names has 3 names, and ImageNet-A 4 classes; names are taken in their order, so give as many.",
            Assert.Throws<ClipException>(() => set.Renamed(["x", "y", "z"], "names")).Message);
    }

    /// <summary>The whole list keeps its new names, so that they may be taken by number again.</summary>
    [Fact]
    public void NamesThatTwoOfTheWholeListShareAreToldApartByTheirNumber()
    {
        var set = Of("imagenet-a", ["b", "d"]) with { Numbered = ["a", "b", "c", "d"] };

        var renamed = set.Renamed(["ray", "crane", "ray", "crane"], "names");

        Assert.Equal(["ray", "crane", "ray (2)", "crane (3)"], renamed.Numbered!);
        Assert.Equal(["crane", "crane (3)"], renamed.Labels);
        // "ray (2)" is no label here.
        Assert.Equal([("crane (3)", "crane")], renamed.Spoken.Select(pair => (pair.Key, pair.Value)));
        Assert.Equal(["new b", "new d"], renamed.Renamed(["new a", "new b", "new c", "new d"], "names").Labels);
    }

    [Fact]
    public void TemplatesThatAreGivenServeForSharedNamesToo()
    {
        var set = Of("imagenet1k", ["missile", "missile (n04008634)"]) with
        {
            Spoken = new Dictionary<string, string> { ["missile (n04008634)"] = "missile" },
        };

        var labeled = set.Labeled("mine", new ClassPrompts(["ein {}", "{} da"]));

        Assert.Equal(("mine", "imagenet1k", false), (labeled.Name, labeled.Known, labeled.IsMultiLabel));
        Assert.Equal(["ein {}", "{} da"], labeled.Templates!);
        Assert.Equal(["ein missile", "missile da"], Assert.Single(labeled.Prompts!).Value);
        Assert.Equal(PromptTemplates.ImageNet, set.Labeled("mine").Templates!);
    }

    /// <summary>By the label, whatever its case; else by what it is called; else, if nothing fits but the count, in order.</summary>
    [Fact]
    public void PromptsOfAClassAreFoundByItsLabelBeforeWhatItIsCalled()
    {
        var spoken = (string label) => label.Split(" (")[0];
        var prompts = Prompts(("Missile (2)", "own"), ("missile", "shared"), ("MISSILE", "later"), ("cat", "a cat"));

        var found = prompts.For(["missile", "missile (2)"], spoken);
        Assert.Equal(["shared", "own"], found.Values.Select(texts => texts[0]));
        Assert.Equal(["shared"], prompts.For(["missile (3)"], spoken)["missile (3)"]);
        // As many as there are, but one of them fits: the others are missing, and not in order.
        Assert.Equal(
            "cupl.json has no prompts for the class 'x' and 2 more; add them.",
            Assert.Throws<ClipException>(() => prompts.For(["x", "cat", "y", "z"], spoken)).Message);
        Assert.Equal(["own", "shared", "later", "a cat"], prompts.For(["w", "x", "y", "z"], spoken).Values.Select(texts => texts[0]));
        Assert.Throws<ClipException>(() => prompts.For(["x", "y", "z"], spoken));
    }

    private static PromptsOfClass Prompts(params (string Class, string Prompt)[] entries) =>
        new("cupl.json", [.. entries.Select(e => new KeyValuePair<string, IReadOnlyList<string>>(e.Class, [e.Prompt]))]);

    private static LoadedDataSet Of(string set, string[] labels, params LabeledImage[] images) =>
        new() { Set = DataSetCatalog.Find(set)!, Labels = labels, Images = images };
}
