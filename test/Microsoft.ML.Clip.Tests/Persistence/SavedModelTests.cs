using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Clip.Tests.Settings;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.Persistence;

/// <summary>Saved models as other versions wrote them, as damage leaves them, and as a hostile hand would make them.</summary>
public sealed class SavedModelTests : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter() } };

    private readonly TinyFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;
    private readonly string _temporary;

    public SavedModelTests()
    {
        _data = _ml.Data.LoadFromEnumerable(PictureRow.From(_folder, 4));
        _temporary = Directory.CreateDirectory(_folder["temporary"]).FullName;
    }

    private string Zip => _folder["model.zip"];

    public void Dispose() => _folder.Dispose();

    /// <summary>Numbers of enums would change their meaning with the next value that is added.</summary>
    [Fact]
    public void ChoicesAreSavedByTheirNames()
    {
        Save(new ClipImageFeaturizingEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = _folder.Path,
            OnError = ClipErrorHandling.Missing,
            TowerStorage = ClipTowerStorage.ByReference,
            ModelOptions = new()
            {
                Session = new() { GraphOptimization = ClipGraphOptimization.Basic, ExecutionProvider = ClipExecutionProvider.Cpu },
                Preprocessing = ClipImagePreprocessing.ForSize(TinyClip.ImageSize) with { Resample = ImageResample.Lanczos },
            },
        });
        var settings = SavedZip.Settings(Zip);
        Assert.Equal("Missing", (string?)settings["OnError"]);
        Assert.Equal("ByReference", (string?)settings["TowerStorage"]);
        Assert.Equal("Basic", (string?)settings["Session"]!["GraphOptimization"]);
        Assert.Equal("Cpu", (string?)settings["Session"]!["ExecutionProvider"]);
        Assert.Equal("Lanczos", (string?)settings["Preprocessing"]!["Resample"]);
    }

    /// <summary>Named with its version, a library could load no model that another version has saved.</summary>
    [Fact]
    public void TheLibraryIsNamedWithoutItsVersion()
    {
        Save(new ClipImageFeaturizingEstimator.Options { InputColumnName = "ImagePath", ModelFolder = _folder.Path });

        using var archive = ZipFile.OpenRead(Zip);
        var headers = archive.Entries.Where(entry => entry.Name == "Model.key").Select(entry =>
        {
            using var stream = entry.Open();
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            return Encoding.Latin1.GetString(copy.ToArray()).Replace("\0", "", StringComparison.Ordinal);
        }).Where(header => header.Contains("Microsoft.ML.Clip", StringComparison.Ordinal)).ToArray();

        Assert.NotEmpty(headers);
        Assert.All(headers, header => Assert.DoesNotContain("Microsoft.ML.Clip, Version", header, StringComparison.Ordinal));
    }

    /// <summary>What is done to images is a part of the model: each setting of it is saved, and comes back.</summary>
    [Fact]
    public void ThePreprocessingIsSavedToTheLastSetting()
    {
        var size = ClipImagePreprocessing.ForSize(TinyClip.ImageSize);
        ClipImagePreprocessing[] unusual =
        [
            size with
            {
                ShortestEdge = 40,
                Resample = ImageResample.Lanczos,
                RescaleFactor = 0.5,
                Mean = [1, 2, 3],
                Std = [4, 5, 6],
                Order = PreprocessingOrder.HuggingFace,
                Gray16 = Gray16Conversion.Clip,
                Background = [1, 2, 3],
                MaxPixels = 5000,
                ApplyExifOrientation = true,
                Decode = ImageDecoding.Scaled,
            },
            new() { ResizeHeight = TinyClip.ImageSize, ResizeWidth = TinyClip.ImageSize, DoCenterCrop = false, DoNormalize = false },
            size with { DoResize = false, ShortestEdge = null, DoRescale = false },
        ];
        Assert.Empty(SettingRows.Untouched(unusual));
        foreach (var preprocessing in unusual)
        {
            Save(Plain with { ModelOptions = new() { Preprocessing = preprocessing } });
            Assert.Equal(preprocessing, SavedZip.Settings(Zip)["Preprocessing"].Deserialize<ClipImagePreprocessing>(Json));
            using var model = ClipModel.Open(_folder.Path, new() { Preprocessing = preprocessing });
            Load().ShouldBe(model.EmbedImages(_folder.Pictures(4)));
        }
    }

    [Fact]
    public void SettingsThatAModelOfAnEarlierVersionLacksHaveTheirDefaults()
    {
        Save(Plain);
        var expected = Load();
        SavedZip.ChangeSettings(Zip, settings =>
        {
            settings.Remove("OnError");
            settings.Remove("TowerStorage");
            settings.Remove("ImageFolder");
            settings["Session"]!.AsObject().Remove("AllowSpinning");
            settings.Add("SomethingOfALaterVersion", 1);
        });
        Assert.Equal(expected, Load());
    }

    [Fact]
    public void ATowerThatOnnxRuntimeRefusesLeavesNothingBehind()
    {
        Save(Plain);
        var graph = new OnnxGraph();
        graph.Node("NoSuchOperator", "out", ["in"]);
        graph.Save(_folder["refused.onnx"]);
        SavedZip.Replace(Zip, "image.onnx", File.ReadAllBytes(_folder["refused.onnx"]));
        Refused("ONNX Runtime cannot open");

        // Opened, but no image tower.
        SavedZip.Replace(Zip, "image.onnx", File.ReadAllBytes(_folder["onnx/text_model.onnx"]));
        Refused("is no image tower");
        SavedZip.Replace(Zip, "image.onnx", [1, 2, 3]);
        Refused("is not an ONNX file, or it is cut off");
    }

    [Theory]
    [InlineData("../stolen")]
    [InlineData("/tmp/stolen")]
    [InlineData("a/../../stolen")]
    public void WeightsAreNotUnpackedOutsideOfTheFolder(string name)
    {
        TinyClip.SaveVision(_folder["onnx/vision_model.onnx"], external: "weights");
        Save(Plain);
        SavedZip.ChangeSettings(Zip, settings => settings["Tower"]!["ExternalData"]![0] = name);
        Refused($"names a weights file '{name}' outside its own folder");
    }

    [Fact]
    public void SeveralFilesOfWeightsAndFoldersOfThemTravelAlong()
    {
        Directory.CreateDirectory(_folder["onnx/deep"]);
        TinyClip.SaveVision(_folder["onnx/vision_model.onnx"], external: "deep/weights");
        Save(Plain);
        Assert.Contains("image.onnx.data0", SavedZip.Entries(Zip));
        using var model = ClipModel.Open(_folder.Path);
        Assert.Equal(model.EmbedImages(_folder.Pictures(4)), Load());
    }

    /// <summary>The labels' tower is shared: a refused change of labels must not keep it open.</summary>
    [Fact]
    public void LabelsThatDoNotFitKeepNothingOpen()
    {
        var fitted = _ml.Transforms.ClipClassifyZeroShot(new ClipZeroShotEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = _folder.Path,
            Labels = TinyFolder.Colors,
        }).Fit(_data);
        _ml.Model.Save(fitted, _data.Schema, Zip);
        fitted.Dispose();
        var loaded = (ClipZeroShotTransformer)new MLContext { TempFilePath = _temporary }.Model.Load(Zip, out _);
        var foreign = ClipLabelEmbeddings.FromVectors(["a"], [[1, 0, 0]]);
        Assert.Throws<ArgumentException>(() => loaded.WithLabels(foreign));
        var own = loaded.WithLabels(ClipLabelEmbeddings.FromVectors(["a"], [[1, 0, 0, 0, 0, 0, 0, 0]]));
        loaded.Dispose();
        loaded.Dispose();
        Assert.Single(Directory.EnumerateDirectories(_temporary));
        Assert.Equal(4, own.Transform(_data).Vectors("Score").Length);
        own.Dispose();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_temporary));
    }

    /// <summary>A run in flight ends well, or says that the transformer was closed; the files go with the last of them.</summary>
    [Fact]
    public async Task ClosingWaitsForTheRunsInFlight()
    {
        Save(Plain);
        for (var round = 0; round < 5; round++)
        {
            var loaded = new MLContext { TempFilePath = _temporary }.Model.Load(Zip, out _);
            var expected = loaded.Transform(_data).Vectors("Features");
            using var started = new CountdownEvent(3);
            var readers = Enumerable.Range(0, 3)
                .Select(_ => Task.Factory.StartNew(Read, default, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
            Assert.True(started.Wait(TimeSpan.FromSeconds(30)));
            ((IDisposable)loaded).Dispose();
            await Task.WhenAll(readers);
            Assert.Empty(Directory.EnumerateFileSystemEntries(_temporary));

            void Read()
            {
                Assert.Equal(expected, loaded.Transform(_data).Vectors("Features"));
                started.Signal();
                try
                {
                    while (true) Assert.Equal(expected, loaded.Transform(_data).Vectors("Features"));
                }
                catch (ObjectDisposedException)
                {
                    // It was closed, and said so.
                }
            }
        }
    }

    private ClipImageFeaturizingEstimator.Options Plain => new() { InputColumnName = "ImagePath", ModelFolder = _folder.Path };

    private void Save(ClipImageFeaturizingEstimator.Options options)
    {
        using var fitted = _ml.Transforms.ClipFeaturizeImage(options).Fit(_data);
        _ml.Model.Save(fitted, _data.Schema, Zip);
    }

    private float[][] Load()
    {
        var loaded = new MLContext { TempFilePath = _temporary }.Model.Load(Zip, out _);
        using ((IDisposable)loaded) return loaded.Transform(_data).Vectors("Features");
    }

    private void Refused(string sentence)
    {
        var error = Assert.ThrowsAny<Exception>(() => new MLContext { TempFilePath = _temporary }.Model.Load(Zip, out _));
        while (error is not InvalidDataException) error = error.InnerException ?? throw error;
        Assert.Contains(sentence, error.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_temporary));
    }
}
