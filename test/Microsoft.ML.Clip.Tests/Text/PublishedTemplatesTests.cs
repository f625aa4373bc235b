namespace Microsoft.ML.Clip.Tests.Text;

public class PublishedTemplatesTests
{
    [Fact]
    public void ImageNetHasEighty()
    {
        Assert.Equal(80, PromptTemplates.ImageNet.Distinct().Count());
        Assert.Equal("a bad photo of a {}.", PromptTemplates.ImageNet[0]);
        Assert.Equal("a tattoo of the {}.", PromptTemplates.ImageNet[79]);
        Assert.Empty(PromptTemplates.ImageNetSimple.Except(PromptTemplates.ImageNet));
    }

    [Fact]
    public void TheSetsHaveAsManyAsPublishedAndInTheirOrder()
    {
        Assert.Equal(18, PromptTemplates.Cifar.Distinct().Count());
        Assert.Equal(["a photo of the {}.", "a blurry photo of the {}."], PromptTemplates.Cifar.Skip(9).Take(2));
        Assert.Equal("a photo of the big {}.", PromptTemplates.Cifar[17]);
        Assert.Equal(34, PromptTemplates.Caltech101.Distinct().Count());
        Assert.Equal(8, PromptTemplates.DescribableTextures.Count);
        Assert.Equal("a photo of the {} texture.", PromptTemplates.DescribableTextures[4]);
        Assert.Equal(
            ["a centered satellite photo of {}.", "a centered satellite photo of a {}.", "a centered satellite photo of the {}."],
            PromptTemplates.EuroSat);
        Assert.Equal(18, PromptTemplates.Resisc45.Distinct().Count());
        Assert.Equal("satellite imagery of a {}.", PromptTemplates.Resisc45[6]);
        Assert.Equal("aerial view of the {}.", PromptTemplates.Resisc45[17]);
        Assert.Equal("a photo of the number: \"{}\".", PromptTemplates.Mnist[0]);
    }
}
