using System.Text.Json;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>A folder of a SigLIP model, from opening to saved scores.</summary>
public sealed class SiglipTests : IDisposable
{
    private const string Template = "a photo of {}.";

    private readonly TinyFolder _folder = new(TinySiglip.Lay);
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheFolderTellsAllThereIsToKnow()
    {
        using var model = ClipModel.Open(_folder.Path);
        Assert.Equal(TinyClip.Dimension, model.Dimension);
        Assert.Equal(TinySiglip.ContextLength, model.ContextLength);
        Assert.Equal(TinySiglip.LogitScale, model.LogitScale, 4);
        Assert.Equal(TinySiglip.LogitBias, model.LogitBias!.Value, 4);
        Assert.IsType<SiglipTokenizer>(model.Tokenizer);
        var preprocessing = model.Preprocessing;
        Assert.Equal((32, 32, false), (preprocessing.ResizeHeight, preprocessing.ResizeWidth, preprocessing.DoCenterCrop));
        Assert.Equal([0.5f, 0.5f, 0.5f], preprocessing.Mean);
    }

    [Fact]
    public void AScaleOfOnesOwnLeavesTheTrainedBias_AndTheOtherWayRound()
    {
        using ClipModel scaled = ClipModel.Open(_folder.Path, new() { LogitScale = 7 }),
            biased = ClipModel.Open(_folder.Path, new() { LogitBias = -1 });

        Assert.Equal((7, TinySiglip.LogitBias), (scaled.LogitScale, scaled.LogitBias!.Value), (a, b) => Near(a, b));
        Assert.Equal((TinySiglip.LogitScale, -1), (biased.LogitScale, biased.LogitBias!.Value), (a, b) => Near(a, b));

        static bool Near((float, float) a, (float, float) b) =>
            MathF.Abs(a.Item1 - b.Item1) < 1e-4f && MathF.Abs(a.Item2 - b.Item2) < 1e-4f;
    }

    [Fact]
    public void EveryTextIsFilledUpToTheContext()
    {
        using var model = ClipModel.Open(_folder.Path);
        var alone = model.EmbedText("Red!", normalize: false);

        // A longer neighbour changes nothing, and what padding adds is there.
        new[] { model.EmbedTexts(["red", "a photo of a green thing"], normalize: false)[0] }.ShouldBe([alone]);
        using var shorter = ClipModel.Open(_folder.Path, new() { ContextLength = 2 });
        Assert.NotEqual(alone[2], shorter.EmbedText("red", normalize: false)[2], 0.1f);
    }

    [Fact]
    public void ScoresAreSigmoids_EachByItself()
    {
        var rows = PictureRow.From(_folder, 6);
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var model = ClipModel.Open(_folder.Path);
        var texts = model.EmbedTexts([.. TinyFolder.Colors.Select(c => $"a photo of {c}.")]);
        var expected = model.EmbedImages([.. rows.Select(r => r.ImagePath)]).Select(image => texts.Select(text =>
            Sigmoid((TinySiglip.LogitScale * Dot(image, text)) + TinySiglip.LogitBias)).ToArray()).ToArray();

        using var classifier = Fit(data, TinyFolder.Colors);
        classifier.Transform(data).Vectors("Score").ShouldBe(expected);
        Assert.Equal([1u, 2u, 3u, 1u, 2u, 3u], classifier.Transform(data).GetColumn<uint>("PredictedLabel"));

        using var redOnly = Fit(data, ["red"]);
        redOnly.Transform(data).Vectors("Score").ShouldBe([.. expected.Select(scores => scores[..1])]);
    }

    [Fact]
    public void ASavedPipelineKeepsTokenizerPaddingAndMode()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(_folder, 6));
        var pipeline = _ml.Transforms.ClipFeaturizeText("Text", _folder.Path, "Caption")
            .Append(_ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", _folder.Path, TinyFolder.Colors));
        var fitted = pipeline.Fit(data);
        _ml.Model.Save(fitted, data.Schema, _folder["saved.zip"]);
        var loaded = new MLContext().Model.Load(_folder["saved.zip"], out _);
        foreach (var column in new[] { "Text", "Score" })
            Assert.Equal(fitted.Transform(data).Vectors(column), loaded.Transform(data).Vectors(column));
        Assert.Equal(TinySiglip.LogitBias, ((TransformerChain<ITransformer>)loaded).OfType<ClipZeroShotTransformer>().Single().LogitBias);
    }

    /// <summary>open_clip's cleanings read HTML; Hugging Face's rules leave it as it is.</summary>
    [Fact]
    public void ASavedPipelineKeepsOpenClipsCleaning()
    {
        File.WriteAllText(_folder["open_clip_config.json"], """
            {"model_cfg": {"text_cfg": {"hf_tokenizer_name": "x", "tokenizer_kwargs": {"clean": "whitespace"}}}}
            """);
        var data = _ml.Data.LoadFromEnumerable([new PictureRow { Caption = "a r&#101;d thing" }]);
        var fitted = _ml.Transforms.ClipFeaturizeText("Text", _folder.Path, "Caption").Fit(data);
        _ml.Model.Save(fitted, data.Schema, _folder["saved.zip"]);

        var loaded = new MLContext().Model.Load(_folder["saved.zip"], out _);

        Assert.Equal(fitted.Transform(data).Vectors("Text"), loaded.Transform(data).Vectors("Text"));
        File.Delete(_folder["open_clip_config.json"]);
        var other = _ml.Transforms.ClipFeaturizeText("Text", _folder.Path, "Caption").Fit(data);
        Assert.NotEqual(fitted.Transform(data).Vectors("Text")[0], other.Transform(data).Vectors("Text")[0]);
    }

    [Fact]
    public void WithoutTheTrainedScaleAndBias_ClassifyingAsksForThem()
    {
        File.Delete(_folder["model.safetensors"]);
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(_folder, 3));
        using (var features = ClipModel.Open(_folder.Path)) Assert.Equal(TinyClip.Dimension, features.EmbedText("red").Length);
        var e = Assert.Throws<InvalidDataException>(() => Fit(data, TinyFolder.Colors));
        Assert.Contains("set ClipModelOptions.LogitScale and LogitBias", e.Message);
        foreach (var half in new ClipModelOptions[] { new() { LogitScale = 5 }, new() { LogitBias = -2 } })
        {
            using var known = ClipModel.Open(_folder.Path, half);
            Assert.Throws<InvalidDataException>(
                () => _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", known, ["red"]).Fit(data));
        }

        using var model = ClipModel.Open(_folder.Path, new() { LogitScale = TinySiglip.LogitScale, LogitBias = TinySiglip.LogitBias });
        var scores = _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", model, ["red", "red thing"]).Fit(data).Transform(data);
        Assert.All(scores.Vectors("Score")[0], s => Assert.InRange(s, 0.5f, 1));
    }

    [Fact]
    public void AClipWithATrainedBiasIsScoredBySigmoids()
    {
        using var folder = new TinyFolder();
        Safetensors.Save(folder["model.safetensors"], ("logit_scale", MathF.Log(10)), ("logit_bias", -7));
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 3));
        using var model = ClipModel.Open(folder.Path);
        var cosine = Dot(model.EmbedImage(folder.Pictures(1)[0]), model.EmbedText("red"));
        var classifier = _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", model, ["red"], ["{}"]).Fit(data);
        Assert.Equal(Sigmoid((10 * cosine) - 7), classifier.Transform(data).Vectors("Score")[0][0], 5);
    }

    /// <summary>Pictures of the model's own size: transformers.js resizes by other rules.</summary>
    [SkippableFact]
    public void TransformersJsComputesTheSameScores()
    {
        string[] pictures = [.. TinyFolder.Colors.Select((color, i) => SavePicture(i, color))];
        var data = _ml.Data.LoadFromEnumerable(pictures.Select(path => new PictureRow { ImagePath = path }));
        using var classifier = Fit(data, TinyFolder.Colors);
        var theirs = NodeScript.Run(
            "classify.cjs", _folder.Path, JsonSerializer.Serialize(TinyFolder.Colors), Template, JsonSerializer.Serialize(pictures));
        classifier.Transform(data).Vectors("Score").ShouldBe(JsonSerializer.Deserialize<float[][]>(theirs)!);
    }

    private static float Sigmoid(float logit) => 1 / (1 + MathF.Exp(-logit));

    private static float Dot(float[] a, float[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private string SavePicture(int index, string color)
    {
        var path = _folder[$"{color}.png"];
        using var bitmap = new SkiaSharp.SKBitmap(32, 32);
        bitmap.Erase(new SkiaSharp.SKColor((byte)(index == 0 ? 220 : 30), (byte)(index == 1 ? 210 : 20), (byte)(index == 2 ? 200 : 10)));
        using var png = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, png.ToArray());
        return path;
    }

    private ClipZeroShotTransformer Fit(IDataView data, string[] labels) =>
        _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", _folder.Path, labels, [Template]).Fit(data);
}
