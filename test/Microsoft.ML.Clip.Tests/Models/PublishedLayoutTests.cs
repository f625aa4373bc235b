using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Microsoft.ML.Clip.Tests.DataViews;

namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>Layouts in which others publish models, each as a tiny folder.</summary>
public sealed class PublishedLayoutTests
{
    private const string NoNormalization = """
        {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32},
         "do_normalize": false, "image_mean": [0, 0, 0], "image_std": [1, 1, 1]}
        """;

    public static TheoryData<string> Layouts() =>
        ["immich", "jina-clip", "Chinese-CLIP", "multilingual", "padded on the left", "CLIPA", "MobileCLIP"];

    [Theory]
    [MemberData(nameof(Layouts))]
    public void TextsLieWhereTheirColorsDo_AloneAndInABatch(string layout)
    {
        using var folder = new TinyFolder(path => Lay(path, layout));
        using var model = ClipModel.Open(folder.Path);
        var captions = layout == "MobileCLIP" ? [("a photo of a red thing", 0), ("green", 1), ("blue blue", 2)] : TinyBert.Captions;
        var texts = model.EmbedTexts([.. captions.Select(c => c.Item1)]);
        var images = model.EmbedImages(folder.Pictures(3));

        foreach (var ((text, color), row) in captions.Zip(texts))
        {
            Assert.Equal(color, TensorPrimitives.IndexOfMax<float>([.. images.Select(image => TensorPrimitives.Dot(image, row))]));
            new[] { model.EmbedText(text) }.ShouldBe([row]);
        }
    }

    [Theory]
    [InlineData("immich", 16)]
    [InlineData("jina-clip", 77)]
    [InlineData("Chinese-CLIP", 52)]
    [InlineData("multilingual", 128)]
    [InlineData("CLIPA", 12)]
    public void TheContextIsTheSmallerOfWhatModelAndTokenizerTake(string layout, int expected)
    {
        using var folder = new TinyFolder(path => Lay(path, layout));
        using var model = ClipModel.Open(folder.Path);
        Assert.Equal(expected, model.ContextLength);
        Assert.IsType<PipelineTokenizer>(model.Tokenizer);
    }

    [Theory]
    [InlineData("immich")]
    [InlineData("Chinese-CLIP")]
    [InlineData("padded on the left")]
    [InlineData("CLIPA")]
    public void APipelineCarriesTheTokenizer(string layout)
    {
        var ml = new MLContext();
        using var folder = new TinyFolder(path => Lay(path, layout));
        using var elsewhere = new TinyFolder(_ => { });
        var rows = ml.Data.LoadFromEnumerable(TinyBert.Captions.Select(c => new PictureRow { Caption = c.Text }));
        var fitted = ml.Transforms.ClipFeaturizeText("Features", folder.Path, "Caption").Fit(rows);
        ml.Model.Save(fitted, rows.Schema, elsewhere["model.zip"]);
        var expected = fitted.Transform(rows).Vectors("Features");

        var loaded = ml.Model.Load(elsewhere["model.zip"], out _);

        loaded.Transform(rows).Vectors("Features").ShouldBe(expected);
    }

    [Fact]
    public void TheFingerprintTellsHowTextsAreCleaned()
    {
        using var folder = new TinyFolder(path => Lay(path, "immich"));
        using var before = ClipModel.Open(folder.Path);
        var fingerprint = before.Fingerprint;
        File.WriteAllText(folder["config.json"], File.ReadAllText(folder["config.json"]).Replace("whitespace", "canonicalize"));
        using var after = ClipModel.Open(folder.Path);
        Assert.NotEqual(fingerprint, after.Fingerprint);
    }

    [Fact]
    public void ASiglipOfOpenClipsLayoutIsNotScoredWithAGuess()
    {
        using var folder = new TinyFolder(path => Lay(path, "immich"));
        var ml = new MLContext();
        var rows = ml.Data.LoadFromEnumerable(PictureRow.From(folder, 1));
        ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", folder.Path, TinyFolder.Colors).Fit(rows);
        var config = File.ReadAllText(folder["config.json"]);
        File.WriteAllText(folder["config.json"], config.Replace("\"embed_dim\"", "\"init_logit_bias\": -10, \"embed_dim\""));

        var e = Assert.ThrowsAny<Exception>(
            () => ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", folder.Path, TinyFolder.Colors).Fit(rows));

        Assert.Contains("holds a SigLIP model, but no model.safetensors with its logit_scale and logit_bias", e.Message);
    }

    [Fact]
    public void APlaceThatNobodyFillsIsRefusedByName()
    {
        using var folder = new TinyFolder(path =>
        {
            Lay(path, "Chinese-CLIP");
            TinyBert.Save(Path.Combine(path, "onnx", "model.onnx"), "text_embeds", "image_embeds", ids: "position_ids");
        });
        using var model = ClipModel.Open(folder.Path);
        Assert.Contains("no integer input", Assert.Throws<InvalidDataException>(() => model.EmbedText("red")).Message);
    }

    private static void Lay(string path, string layout)
    {
        string At(string name)
        {
            var full = Path.Combine(path, name);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            return full;
        }

        switch (layout)
        {
            case "immich":
                // open_clip's config; the graph does not know a mask, and takes texts of one length
                File.WriteAllText(At("config.json"), """
                    {"embed_dim": 8, "vision_cfg": {"image_size": 32}, "text_cfg": {"context_length": 16, "vocab_size": 19,
                     "hf_model_name": "bert", "hf_tokenizer_name": "bert", "tokenizer_kwargs": {"clean": "whitespace"}}}
                    """);
                File.WriteAllText(At("visual/preprocess_cfg.json"), """
                    {"size": [32, 32], "mode": "RGB", "mean": [0, 0, 0], "std": [1, 1, 1], "interpolation": "bicubic",
                     "resize_mode": "shortest", "fill_color": 0}
                    """);
                TinyBert.Save(At("visual/model.onnx"), image: "embedding", pixels: "image");
                TinyBert.Save(At("textual/model.onnx"), text: "embedding", ids: "text", idType: OnnxGraph.Int32, length: 16);
                TinyBert.SaveTokenizer(At("textual"));
                // Here an unknown word fills up, and shows as little as a word can.
                File.WriteAllText(At("textual/tokenizer_config.json"), """{"pad_token": "[UNK]", "model_max_length": 512}""");
                break;
            case "jina-clip":
                File.WriteAllText(At("preprocessor_config.json"), NoNormalization);
                File.WriteAllText(At("config.json"), """{"model_type": "jina_clip", "projection_dim": 8}""");
                TinyBert.Save(At("onnx/model.onnx"), "text_embeddings", "image_embeddings", normalized: true);
                TinyBert.SaveTokenizer(path);
                break;
            case "Chinese-CLIP":
                File.WriteAllText(At("preprocessor_config.json"), """
                    {"feature_extractor_type": "ChineseCLIPFeatureExtractor", "do_resize": true, "size": {"height": 32, "width": 32},
                     "do_center_crop": false, "do_normalize": false, "resample": 3}
                    """);
                File.WriteAllText(At("config.json"), """
                    {"model_type": "chinese_clip", "projection_dim": 8, "text_config": {"max_position_embeddings": 512}}
                    """);
                File.WriteAllText(At("tokenizer_config.json"), """{"tokenizer_class": "BertTokenizer", "model_max_length": 52}""");
                TinyBert.Save(At("onnx/model.onnx"), "text_embeds", "image_embeds", mask: true, types: true);
                TinyBert.SaveTokenizer(path);
                break;
            case "multilingual":
                File.WriteAllText(At("preprocessor_config.json"), NoNormalization);
                File.WriteAllText(At("config.json"), """{"model_type": "distilbert", "max_position_embeddings": 512}""");
                TinyBert.Save(At("onnx/vision_model.onnx"), image: "image_embeds");
                TinyBert.Save(At("onnx/text_model.onnx"), text: "sentence_embedding", mask: true);
                TinyBert.SaveTokenizer(path, ("truncation", new JsonObject
                {
                    ["max_length"] = 128,
                    ["strategy"] = "LongestFirst",
                    ["stride"] = 0,
                    ["direction"] = "Right",
                }));
                break;
            case "padded on the left":
                Lay(path, "multilingual");
                TinyBert.SaveTokenizer(path, ("padding", new JsonObject
                {
                    ["strategy"] = "BatchLongest",
                    ["direction"] = "Left",
                    ["pad_id"] = 0,
                    ["pad_token"] = "[PAD]",
                    ["pad_type_id"] = 0,
                }));
                break;
            case "CLIPA":
                // The separator becomes 0, which fills up as well, and a text is read with it.
                Lay(path, "immich");
                File.Delete(At("textual/tokenizer_config.json"));
                File.WriteAllText(At("config.json"), """
                    {"embed_dim": 8, "vision_cfg": {"image_size": 32}, "text_cfg": {"context_length": 12, "no_causal_mask": true,
                     "pool_type": "last", "tokenizer_kwargs": {"strip_sep_token": true}}}
                    """);
                TinyBert.Save(At("textual/model.onnx"), text: "embedding", ids: "text", idType: OnnxGraph.Int32, mask: true);
                break;
            case "MobileCLIP":
                TinyFolder.LayTransformersJs(path);
                File.WriteAllText(At("preprocessor_config.json"), NoNormalization);
                TinyBert.Save(At("onnx/vision_model.onnx"), image: "image_embeds");
                break;
        }
    }
}
