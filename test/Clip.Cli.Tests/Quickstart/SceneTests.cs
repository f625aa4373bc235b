using Clip.Cli.Quickstart;
using Clip.Conversion.Initialization;

namespace Clip.Cli.Tests.Quickstart;

public class SceneTests
{
    [Fact]
    public void ACaptionNamesTextureColorAndShapeInVariedWords()
    {
        var scene = new Scene(new Combination("large", "striped", "orange", "star"), "grey", "left");
        var captions = Enumerable.Range(0, 300).Select(i =>
        {
            var random = new SampleRandom(1, i);
            return SceneCaptions.Write(scene, ref random);
        }).ToArray();

        Assert.All(captions, c => Assert.Contains("orange star", c, StringComparison.Ordinal));
        Assert.All(captions, c => Assert.Matches("strip", c));
        Assert.True(captions.Distinct().Count() > 100);
    }

    [Fact]
    public void EveryCombinationDrawsItsOwnPicture()
    {
        var pictures = from thing in Combination.All select Paint(new Scene(thing, "white", "middle"));

        Assert.Equal(Combination.All.Count, pictures.Select(Convert.ToHexString).Distinct().Count());

        static byte[] Paint(Scene scene)
        {
            var random = new SampleRandom(1);
            return ScenePainter.Paint(scene, ref random);
        }
    }
}
