using Clip.Evaluation.DataSets;

namespace Clip.Evaluation.Tests.DataSets;

public class DataSetCatalogTests
{
    [Theory]
    [InlineData("food101", "food101")]
    [InlineData("Food-101", "food101")]
    [InlineData("imagenet", "imagenet1k")]
    [InlineData("ImageNet_A", "imagenet-a")]
    [InlineData("oxford_pets", "pets")]
    [InlineData("stanford-cars", "cars")]
    public void PeopleWriteNamesAsTheyLike(string written, string name) => Assert.Equal(name, DataSetCatalog.Find(written)?.Name);

    [Fact]
    public void NoNameIsOfTwoSetsAndNoneOfOthers()
    {
        var names = DataSetCatalog.Sets.SelectMany(set => set.Aliases.Append(set.Name));

        Assert.All(names, name => Assert.Contains(DataSetCatalog.Find(name)!.Name, DataSetCatalog.Sets.Select(set => set.Name)));
        Assert.All(DataSetCatalog.Sets, set =>
            Assert.All(set.Aliases.Append(set.Name), name => Assert.Same(set, DataSetCatalog.Find(name))));
        Assert.Null(DataSetCatalog.Find("emoji"));
    }

    [Fact]
    public void EverySetTellsWhatPeopleNeedToKnow() => Assert.All(DataSetCatalog.Sets, set =>
    {
        Assert.All([set.Title, set.License, set.Size, set.Source, set.Layout], Assert.NotEmpty);
        Assert.EndsWith(".", set.Layout);
        Assert.All(set.Counts.Keys, split => Assert.Contains(split, set.Splits));
        Assert.Equal(set.Task == DataSetTask.Retrieval, set.Templates is null);
    });
}
