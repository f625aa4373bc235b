using Clip.Conversion.Architectures;
using Clip.Conversion.Configs;

namespace Clip.Conversion.Tests.ModelFolders;

public class ModelCostTests
{
    /// <summary>Millions of parameters and billions of operations, from open_clip's docs/model_profile.csv.</summary>
    [Theory]
    [InlineData("RN50", 102.01, 38.32, 12.22, 5.96)]
    [InlineData("RN101", 119.69, 56.26, 19.54, 5.96)]
    [InlineData("RN50x4", 178.3, 87.14, 42.56, 9.27)]
    [InlineData("RN50x16", 290.98, 167.33, 149.39, 13.3)]
    [InlineData("RN50x64", 623.26, 420.38, 529.11, 23.55)]
    [InlineData("ViT-B-32", 151.28, 87.85, 8.82, 5.96)]
    [InlineData("ViT-B-16", 149.62, 86.19, 35.13, 5.96)]
    [InlineData("ViT-L-14", 427.62, 303.97, 162.03, 13.3)]
    [InlineData("ViT-L-14-336", 427.94, 304.29, 381.92, 13.3)]
    public void SizesAndCostsAreThoseThatOpenClipPublishes(
        string name, double parameters, double imageParameters, double image, double text)
    {
        var config = ClipConfigJson.Load(name);
        var cost = ModelCost.Of(config);

        Assert.Equal(parameters, ParameterLayout.Of(config).ParameterCount() / 1e6, 0.006);
        Assert.Equal(imageParameters, ParameterLayout.Of(config).ParameterCount(Tower.Image) / 1e6, 0.006);
        Assert.Equal(image, cost.Image / 1e9, 0.006 + 1e-4 * image); // there ViT-L/14 counts 6 million more
        Assert.Equal(text, cost.Text / 1e9, 0.006);
    }
}
