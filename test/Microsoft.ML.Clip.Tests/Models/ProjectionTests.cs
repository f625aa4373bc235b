using Clip.Testing;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>Features that are not projected lie in another space, whatever their width; they are refused.</summary>
public sealed class ProjectionTests : IDisposable
{
    private readonly TinyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("pooler_output", "{}")]
    [InlineData("pooled_output", "{}")]
    [InlineData("Hidden_state", "{}")]
    [InlineData("pooler_output", """{"model_type": "clip", "projection_dim": 8}""")]
    [InlineData("pooler_output", """{"projection_dim": 8, "text_config": {"hidden_size": 8}, "vision_config": {"hidden_size": 8}}""")]
    [InlineData("out", """{"projection_dim": 16, "text_config": {"hidden_size": 8}, "vision_config": {"hidden_size": 8}}""")]
    [InlineData("out", """{"model_cfg": {"embed_dim": 16, "text_cfg": {"width": 8}, "vision_cfg": {"width": 8}}}""")]
    public void UnprojectedFeaturesAreRefused(string output, string config)
    {
        File.WriteAllText(_folder["config.json"], config);
        TinyClip.SaveText(_folder["onnx/text_model.onnx"], output: output);
        TinyClip.SaveVision(_folder["onnx/vision_model.onnx"], output: output);
        using var model = ClipModel.Open(_folder.Path);

        var text = Assert.Throws<InvalidDataException>(() => model.EmbedText("red"));
        var image = Assert.Throws<InvalidDataException>(() => model.EmbedImage(TinyFolder.Picture(0, 0)));

        Assert.Contains($"text_model.onnx' puts out unprojected features ('{output}', 8 numbers)", text.Message, StringComparison.Ordinal);
        Assert.Contains("CLIPTextModelWithProjection", text.Message, StringComparison.Ordinal);
        Assert.Contains($"vision_model.onnx' puts out unprojected features ('{output}', 8", image.Message, StringComparison.Ordinal);
        Assert.Contains("CLIPVisionModelWithProjection", image.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pooler_output", """{"projection_dim": 8, "text_config": {"hidden_size": 16}, "vision_config": {"hidden_size": 16}}""")]
    [InlineData("pooler_output", """{"model_type": "siglip"}""")]
    [InlineData("out", "{}")]
    [InlineData("text_embeds", """{"projection_dim": 8, "text_config": {"hidden_size": 8}}""")]
    public void ProjectedFeaturesAreTaken(string output, string config)
    {
        File.WriteAllText(_folder["config.json"], config);
        TinyClip.SaveText(_folder["onnx/text_model.onnx"], output: output);

        using var model = ClipModel.Open(_folder.Path);

        Assert.Equal(TinyClip.Dimension, model.EmbedText("red").Length);
    }

    [Fact]
    public void TheOtherTowersFeaturesAreNotTaken()
    {
        TinyClip.SaveText(_folder["onnx/text_model.onnx"], output: "image_embeds");
        using var model = ClipModel.Open(_folder.Path);

        Assert.Contains("has no output 'text_embeds'", Assert.Throws<InvalidDataException>(() => model.EmbedText("red")).Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TowersOfDifferentWidthsAreNotOfOneModel(bool isTextFirst)
    {
        TinyClip.SaveVision(_folder["onnx/vision_model.onnx"], dimension: "open", width: 5);
        using var model = ClipModel.Open(_folder.Path);
        Func<float[]> text = () => model.EmbedText("red"), image = () => model.EmbedImage(TinyFolder.Picture(0, 0));
        (isTextFirst ? text : image)();

        var error = Assert.Throws<InvalidDataException>(isTextFirst ? image : text);

        Assert.Contains("vision_model.onnx' puts out 5 numbers and", error.Message, StringComparison.Ordinal);
        Assert.Contains("text_model.onnx' 8:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ASavedSiglipNeedsNoConfig()
    {
        using var siglip = new TinyFolder(TinySiglip.Lay);
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable([new { Text = "red" }]);
        var model = ml.Transforms.ClipFeaturizeText("Features", siglip.Path, "Text").Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;

        var loaded = ml.Model.Load(file, out _);

        Assert.Equal(model.Transform(data).GetColumn<float[]>("Features"), loaded.Transform(data).GetColumn<float[]>("Features"));
    }

    [SkippableTheory]
    [InlineData("projected", true)]
    [InlineData("unprojected", false)]
    public void TheCaseFromOutsideIsRefusedAndItsControlTaken(string name, bool isTaken)
    {
        using var model = ClipModel.Open(Golden.Path($"cases/24-unprojected-onnx/{name}"));

        if (isTaken) Assert.Equal(32, model.EmbedText("red").Length);
        else Assert.Throws<InvalidDataException>(() => model.EmbedText("red"));
    }
}
