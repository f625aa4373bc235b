using Microsoft.ML.Clip.Experiments.Features;

namespace Microsoft.ML.Clip.Experiments.Tests;

public sealed class FeatureVariantTests
{
    [Fact]
    public void ANameTellsInputsViewsAndModels()
    {
        Assert.Equal("image (b32)", new FeatureVariant(["models/b32/"], ClipImageViews.Center, true, false).Name);
        Assert.Equal(
            "image mirrored + text (2 models)", new FeatureVariant(["a", "b"], ClipImageViews.Mirrored, true, true).Name);
    }
}
