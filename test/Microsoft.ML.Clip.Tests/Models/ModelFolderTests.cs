using System.Numerics.Tensors;
using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Tests.DataViews;

namespace Microsoft.ML.Clip.Tests.Models;

public sealed class ModelFolderTests
{
    public static TheoryData<string> Layouts() =>
        ["towers in onnx", "towers in the root", "visual and textual", "combined", "fixed sizes", "int32 ids", "mask"];

    [Theory]
    [MemberData(nameof(Layouts))]
    public void EveryLayoutGivesTheSameNumbers(string layout)
    {
        using var reference = new TinyFolder();
        using var folder = new TinyFolder(path => Lay(path, layout));
        using var expected = ClipModel.Open(reference.Path);
        using var model = ClipModel.Open(folder.Path);

        string[] texts = ["a photo of a red thing", "blue", "green green"];
        var pictures = reference.Pictures(5);
        model.EmbedTexts(texts).ShouldBe(expected.EmbedTexts(texts));
        model.EmbedImages(pictures).ShouldBe(expected.EmbedImages(pictures));
    }

    [Fact]
    public void ABarePairOfFilesIsNamedByOptions()
    {
        using var folder = new TinyFolder(path =>
        {
            TinyClip.SaveVision(Path.Combine(path, "eyes.onnx"), input: "image", output: "out");
            TinyClip.SaveText(Path.Combine(path, "ears.onnx"), input: "text", output: "out");
            TinyVocabulary.Save(path);
        });
        Assert.Throws<FileNotFoundException>(() => ClipModel.Open(folder.Path));
        using var model = ClipModel.Open(folder.Path, new()
        {
            VisionModelFile = "eyes.onnx",
            TextModelFile = "ears.onnx",
            Preprocessing = ClipImagePreprocessing.ForSize(TinyClip.ImageSize),
        });
        Assert.Equal(TinyClip.Dimension, model.EmbedText("red").Length);
        Assert.Equal(TinyClip.ImageSize, model.ImageSize);
    }

    [Fact]
    public void AFileThatOptionsNameMustBeThere()
    {
        using var folder = new TinyFolder();

        foreach (var options in new ClipModelOptions[] { new() { VisionModelFile = "eyes.onnx" }, new() { TextModelFile = "eyes.onnx" } })
        {
            var error = Assert.Throws<FileNotFoundException>(() => ClipModel.Open(folder.Path, options));
            Assert.Equal($"Model folder '{folder.Path}' has no file 'eyes.onnx'.", error.Message);
        }
    }

    [Fact]
    public void TokenizerJsonAloneIsEnough()
    {
        using var reference = new TinyFolder();
        using var folder = new TinyFolder(path =>
        {
            TinyFolder.LayTransformersJs(path);
            TinyVocabulary.SaveTokenizerJson(path);
            File.Delete(Path.Combine(path, "vocab.json"));
            File.Delete(Path.Combine(path, "merges.txt"));
        });
        using var expected = ClipModel.Open(reference.Path);
        using var model = ClipModel.Open(folder.Path);
        model.EmbedTexts(TinyFolder.Colors).ShouldBe(expected.EmbedTexts(TinyFolder.Colors));
    }

    [Fact]
    public void StepsThatShareAModelOpenEachTowerOnce()
    {
        using var folder = new TinyFolder();
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(PictureRow.From(folder, 3));
        using (var model = ClipModel.Open(folder.Path, new() { Session = new() { ProfilePrefix = folder["session"] } }))
        {
            var result = ml.Transforms.ClipFeaturizeImage("Image", model, "ImagePath")
                .Append(ml.Transforms.ClipFeaturizeText("Text", model, "Caption"))
                .Append(ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", model, TinyFolder.Colors))
                .Fit(data).Transform(data);
            foreach (var column in new[] { "Image", "Text", "Score" }) Assert.Equal(3, result.Vectors(column).Length);
        }

        // A session that profiles writes one file when it closes.
        Assert.Equal(2, Directory.GetFiles(folder.Path, "session*").Length);
    }

    [Fact]
    public void PrecisionChoosesTheFile()
    {
        using var folder = new TinyFolder(path =>
        {
            TinyFolder.LayTransformersJs(path);
            foreach (var tower in new[] { "vision", "text" })
                File.Move(Path.Combine(path, "onnx", $"{tower}_model.onnx"), Path.Combine(path, "onnx", $"{tower}_model_quantized.onnx"));
        });
        using (var found = ClipModel.Open(folder.Path)) Assert.Equal(TinyClip.Dimension, found.Dimension);
        using (var int8 = ClipModel.Open(folder.Path, new() { Precision = ClipPrecision.Int8 }))
            Assert.Equal(TinyClip.Dimension, int8.Dimension);
        var e = Assert.Throws<FileNotFoundException>(() => ClipModel.Open(folder.Path, new() { Precision = ClipPrecision.Fp16 }));
        Assert.Contains("vision_model_fp16.onnx", e.Message);
    }

    [Fact]
    public void WeightsMayLieInAnotherFile()
    {
        using var folder = new TinyFolder(path =>
        {
            TinyFolder.LayTransformersJs(path);
            TinyClip.SaveVision(Path.Combine(path, "onnx", "vision_model.onnx"), external: "vision_model.onnx_data");
        });
        using var model = ClipModel.Open(folder.Path);
        Assert.Equal(TinyClip.Dimension, model.EmbedImage(folder.Pictures(1)[0]).Length);
        Assert.Equal(["vision_model.onnx_data"], OnnxExternalData.Locations(folder["onnx/vision_model.onnx"]));
        Assert.Empty(OnnxExternalData.Locations(folder["onnx/text_model.onnx"]));
    }

    [Fact]
    public void HalfPrecisionInputsAndOutputsAreConverted()
    {
        using var folder = new TinyFolder(path =>
        {
            TinyFolder.LayTransformersJs(path);
            TinyClip.SaveVision(Path.Combine(path, "onnx", "vision_model_fp16.onnx"), type: OnnxGraph.Float16);
            TinyClip.SaveText(Path.Combine(path, "onnx", "text_model_fp16.onnx"));
        });
        using var single = ClipModel.Open(folder.Path);
        using var half = ClipModel.Open(folder.Path, new() { Precision = ClipPrecision.Fp16 });
        var cosine = TensorPrimitives.Dot(single.EmbedImage(folder.Pictures(1)[0]), half.EmbedImage(folder.Pictures(1)[0]));
        Assert.InRange(cosine, 0.9999f, 1.0001f);
    }

    [Theory]
    [InlineData("vision", "text")]
    [InlineData("vision")]
    [InlineData("text")]
    public void ADimensionThatGraphsLeaveOpenIsFoundByARun(params string[] towers)
    {
        using var folder = new TinyFolder(path =>
        {
            TinyFolder.LayTransformersJs(path);
            TinyClip.SaveVision(Path.Combine(path, "onnx", "vision_model.onnx"), dimension: "dimension");
            TinyClip.SaveText(Path.Combine(path, "onnx", "text_model.onnx"), dimension: "dimension");
            foreach (var absent in new[] { "vision", "text" }.Except(towers))
                File.Delete(Path.Combine(path, "onnx", $"{absent}_model.onnx"));
        });
        using var model = ClipModel.Open(folder.Path);
        Assert.Equal(TinyClip.Dimension, model.Dimension);
    }

    [Fact]
    public void OnlyTheFilesThatAUseNeedsMustBeThere()
    {
        using var folder = new TinyFolder(path => TinyClip.SaveVision(Path.Combine(path, "vision_model.onnx")));
        using var model = ClipModel.Open(folder.Path, new() { Preprocessing = ClipImagePreprocessing.ForSize(TinyClip.ImageSize) });
        Assert.Equal(TinyClip.Dimension, model.EmbedImage(folder.Pictures(1)[0]).Length);
        Assert.Contains("has no text model", Assert.Throws<FileNotFoundException>(() => model.EmbedText("red")).Message);
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedInOneSentence()
    {
        var absent = Assert.Throws<DirectoryNotFoundException>(() => ClipModel.Open("/no/such/folder"));
        Assert.Contains("'/no/such/folder' does not exist", absent.Message);
        Refused<FileNotFoundException>(_ => { }, "has no ONNX model");
        Refused<FileNotFoundException>(path => File.Delete(Path.Combine(path, "vocab.json")), "has no tokenizer", lay: true);
        Refused<FormatException>(Overwrite("preprocessor_config.json", """{"resample": 9}"""), "'resample' is 9", lay: true);
        Refused<InvalidDataException>(Overwrite("onnx/text_model.onnx", "x"), "text_model.onnx", lay: true);
        Refused<InvalidDataException>(
            path => TinyClip.SaveVision(Path.Combine(path, "onnx", "text_model.onnx")), "is no text tower", lay: true);
        Refused<InvalidDataException>(Overwrite("config.json", "{"), "config.json", lay: true);
        Refused<InvalidDataException>(Overwrite("model.safetensors", "cut"), "model.safetensors", lay: true);
    }

    private static Action<string> Overwrite(string file, string content) => path => File.WriteAllText(Path.Combine(path, file), content);

    private static void Refused<TException>(Action<string> spoil, string sentence, bool lay = false)
        where TException : Exception
    {
        using var folder = new TinyFolder(path =>
        {
            if (lay) TinyFolder.LayTransformersJs(path);
            spoil(path);
        });
        var e = Assert.Throws<TException>(() =>
        {
            using var model = ClipModel.Open(folder.Path);
            model.EmbedText("red");
            model.EmbedImage(TinyFolder.Picture(0, 0));
        });
        Assert.Contains(sentence, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    private static void Lay(string path, string layout)
    {
        TinyFolder.LayTransformersJs(path);
        string vision = Path.Combine(path, "onnx", "vision_model.onnx"), text = Path.Combine(path, "onnx", "text_model.onnx");
        switch (layout)
        {
            case "towers in the root":
                File.Move(vision, Path.Combine(path, "vision_model.onnx"));
                File.Move(text, Path.Combine(path, "text_model.onnx"));
                break;
            case "visual and textual":
                File.Delete(vision);
                File.Delete(text);
                TinyClip.SaveVision(Path.Combine(path, "visual.onnx"), input: "image", output: "image_embedding");
                TinyClip.SaveText(Path.Combine(path, "textual.onnx"), "text", "text_embedding", OnnxGraph.Int32, length: 16);
                break;
            case "combined":
                File.Delete(vision);
                File.Delete(text);
                TinyClip.SaveCombined(Path.Combine(path, "onnx", "model.onnx"));
                break;
            case "fixed sizes":
                TinyClip.SaveVision(vision, batch: 2);
                TinyClip.SaveText(text, batch: 2, length: 16);
                break;
            case "int32 ids":
                TinyClip.SaveText(text, idType: OnnxGraph.Int32);
                break;
            case "mask":
                TinyClip.SaveText(text, mask: true);
                break;
        }
    }
}
