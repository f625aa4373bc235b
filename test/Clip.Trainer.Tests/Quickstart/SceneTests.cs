using Clip.Trainer.Data;
using Clip.Trainer.Quickstart;

namespace Clip.Trainer.Tests.Quickstart;

public class SceneTests
{
    [Fact]
    public void ACaptionNamesTextureColourAndShapeInVariedWords()
    {
        var scene = new Scene("star", "orange", "striped", "large", "grey", "left");
        var captions = Enumerable.Range(0, 300).Select(i =>
        {
            var random = new SampleRandom(1, i);
            return SceneCaptions.Write(scene, ref random);
        }).ToArray();

        Assert.All(captions, c => Assert.Contains("orange star", c, StringComparison.Ordinal));
        Assert.All(captions, c => Assert.Matches("strip", c));
        Assert.All(captions, c => Assert.DoesNotContain(" a orange", c, StringComparison.Ordinal));
        Assert.True(captions.Distinct().Count() > 100);
    }

    [Fact]
    public void EveryShapeAndTextureDrawsItsOwnPicture()
    {
        var pictures = from shape in Scene.Shapes from texture in Scene.Textures select Paint(new Scene(shape, "blue", texture, "large", "white", "middle"));

        Assert.Equal(Scene.Shapes.Length * Scene.Textures.Length, pictures.Select(Convert.ToHexString).Distinct().Count());

        static byte[] Paint(Scene scene)
        {
            var random = new SampleRandom(1);
            return ScenePainter.Paint(scene, ref random);
        }
    }
}
