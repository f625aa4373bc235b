using Clip.Testing;

namespace Microsoft.ML.Clip.Tests.Models;

/// <summary>What a model folder tells of its pictures, and what is done where it tells nothing.</summary>
public sealed class FolderPreprocessingTests : IDisposable
{
    private const string Half = """
        "image_processor_type": "CLIPImageProcessorFast", "size": {"shortest_edge": 32, "height": null}, "data_format": null,
        "crop_size": {"height": 32, "width": 32}, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "background": [1, 2, 3]
        """;

    private static readonly ClipImagePreprocessing HalfSettings =
        ClipImagePreprocessing.ForSize(32) with { Mean = [0.5f, 0.5f, 0.5f], Std = [0.5f, 0.5f, 0.5f], Background = [1, 2, 3] };

    private readonly TinyFolder _folder = new();

    public FolderPreprocessingTests() => File.Delete(_folder["preprocessor_config.json"]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("processor_config.json", $$"""{"processor_class": "CLIPProcessor", "image_processor": { {{Half}} } }""")]
    [InlineData("processor_config.json", $$"""{"processor_class": "CLIPProcessor", {{Half}} }""")]
    [InlineData("preprocessor_config.json", $$"""{"processor_class": "CLIPProcessor", "image_processor": { {{Half}} } }""")]
    [InlineData("preprocessor_config.json", $$"""{ {{Half}} }""")]
    [InlineData("preprocessor_config.json", $$"""{ {{Half}} }""", """{"processor_class": "CLIPProcessor", "image_seq_length": 5}""")]
    [InlineData("preprocessor_config.json", $$"""{ {{Half}} }""", $$"""{"image_processor": { {{Half}} } }""")]
    public void EveryFormOfTransformersIsRead(string file, string json, string? processor = null)
    {
        if (processor is not null) File.WriteAllText(_folder["processor_config.json"], processor);
        File.WriteAllText(_folder[file], json);

        using var model = ClipModel.Open(_folder.Path);

        Assert.Equal(HalfSettings, model.Preprocessing);
        Assert.Equal(HalfSettings, ClipImagePreprocessing.Load(_folder[file]));
    }

    [SkippableTheory]
    [InlineData("saved-by-v4/preprocessor_config.json")]
    [InlineData("saved-by-v5/processor_config.json")]
    public void FilesThatTransformersSavedAreRead(string file)
    {
        var source = Golden.Path($"cases/03-processor-config/{file}");

        Assert.Equal(HalfSettings with { ShortestEdge = 16, CropHeight = 16, CropWidth = 16, Background = null },
            ClipImagePreprocessing.Load(source));
    }

    [Fact]
    public void TwoFilesThatContradictEachOtherAreRefused()
    {
        File.WriteAllText(_folder["processor_config.json"], $$"""{"image_processor": { {{Half}} } }""");
        File.WriteAllText(_folder["preprocessor_config.json"], """{"size": 32, "crop_size": 32}""");

        using var model = ClipModel.Open(_folder.Path);
        var error = Assert.Throws<FormatException>(() => model.Preprocessing);

        Assert.Contains("tell different preparations", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("do_pad")]
    [InlineData("do_flip_channel_order")]
    [InlineData("rescale_offset")]
    public void WhatIsNotDoneIsNotLeftOutInSilence(string key)
    {
        File.WriteAllText(_folder["preprocessor_config.json"], $$"""{ {{Half}}, "{{key}}": false }""");
        Assert.Equal(HalfSettings, ClipImagePreprocessing.Load(_folder["preprocessor_config.json"]));
        File.WriteAllText(_folder["preprocessor_config.json"], $$"""{ {{Half}}, "{{key}}": true }""");

        var error = Assert.Throws<FormatException>(() => ClipImagePreprocessing.Load(_folder["preprocessor_config.json"]));

        Assert.Contains($"'{key}' is true", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenClipsConfigWithoutPreprocessingMeansItsDefaults()
    {
        File.WriteAllText(_folder["open_clip_config.json"], """{"model_cfg": {"embed_dim": 8, "vision_cfg": {"image_size": 32}}}""");

        using var model = ClipModel.Open(_folder.Path);

        Assert.Equal(ClipImagePreprocessing.ForSize(32), model.Preprocessing);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"processor_class": "CLIPProcessor"}""")]
    [InlineData("""{"image_processor": null}""")]
    [InlineData("""{"model_type": "clip"}""")]
    public void AFileAboutOtherThingsTellsNothing(string json)
    {
        File.WriteAllText(_folder["processor_config.json"], json);

        var direct = Assert.Throws<FormatException>(() => ClipImagePreprocessing.Load(_folder["processor_config.json"]));
        using var model = ClipModel.Open(_folder.Path);
        var refused = Assert.Throws<InvalidDataException>(() => model.Preprocessing);

        Assert.Contains("tells nothing about the preparing of pictures", direct.Message, StringComparison.Ordinal);
        Assert.Contains("takes images of 32×32, which is no size of OpenAI's models", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ClipModelOptions.Preprocessing", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(224, true)]
    [InlineData(336, true)]
    [InlineData(256, false)]
    [InlineData(32, false)]
    public void WithoutAFileOnlyTheSizesOfClipsOwnModelsAreTakenForClip(int size, bool isOwn)
    {
        TinyClip.SaveVision(_folder["onnx/vision_model.onnx"], size: size);

        using var model = ClipModel.Open(_folder.Path);

        if (isOwn) Assert.Equal(ClipImagePreprocessing.ForSize(size), model.Preprocessing);
        else Assert.Throws<InvalidDataException>(() => model.Preprocessing);
        using var told = ClipModel.Open(_folder.Path, new() { Preprocessing = HalfSettings with { CropHeight = size, CropWidth = size } });
        Assert.Equal(size, told.ImageSize);
    }

    [Fact]
    public void ASiglipIsNotTakenForAClipWhateverItsSize()
    {
        TinyClip.SaveVision(_folder["onnx/vision_model.onnx"], size: 224, output: "pooler_output");
        File.WriteAllText(_folder["config.json"], """{"model_type": "siglip"}""");

        using var model = ClipModel.Open(_folder.Path);

        Assert.Contains("is a SigLIP", Assert.Throws<InvalidDataException>(() => model.Preprocessing).Message, StringComparison.Ordinal);
    }
}
