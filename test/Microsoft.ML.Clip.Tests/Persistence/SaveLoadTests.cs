using System.IO.Compression;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.Persistence;

public sealed class SaveLoadTests : IDisposable
{
    private readonly TinyFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);
    private readonly PictureRow[] _rows;
    private readonly IDataView _data;

    public SaveLoadTests()
    {
        _rows = PictureRow.From(_folder, 7);
        _data = _ml.Data.LoadFromEnumerable(_rows);
    }

    private string Zip => _folder["model.zip"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ImageFeaturesAreTheSameAfterLoading() =>
        SaysTheSameAfterLoading(_ml.Transforms.ClipFeaturizeImage("Features", _folder.Path, "ImagePath"), "Features");

    [Fact]
    public void TextFeaturesAreTheSameAfterLoading() =>
        SaysTheSameAfterLoading(_ml.Transforms.ClipFeaturizeText("Features", _folder.Path, "Caption"), "Features");

    [Fact]
    public void ScoresAreTheSameAfterLoading() =>
        SaysTheSameAfterLoading(_ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", _folder.Path, TinyFolder.Colors), "Score");

    [Fact]
    public void AWholeChainIsSaved()
    {
        var chain = _ml.Transforms.Conversion.MapValueToKey("Label", "Color")
            .Append(_ml.Transforms.ClipFeaturizeImage("Image", _folder.Path, "ImagePath"))
            .Append(_ml.Transforms.ClipFeaturizeText("Text", _folder.Path, "Caption"))
            .Append(_ml.Transforms.Concatenate("Features", "Image", "Text"))
            .AppendCacheCheckpoint(_ml)
            .Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy());
        SaysTheSameAfterLoading(chain, "Score");
    }

    [Fact]
    public void ACombinedFileIsSavedToo()
    {
        using var combined = new TinyFolder(path =>
        {
            TinyFolder.LayTransformersJs(path);
            Directory.Delete(Path.Combine(path, "onnx"), recursive: true);
            TinyClip.SaveCombined(Path.Combine(path, "model.onnx"));
        });
        SaysTheSameAfterLoading(_ml.Transforms.ClipFeaturizeImage("Image", combined.Path, "ImagePath")
            .Append(_ml.Transforms.ClipFeaturizeText("Features", combined.Path, "Caption")), "Features");
    }

    [Fact]
    public void ExternalWeightsTravelAlong()
    {
        TinyClip.SaveVision(_folder["onnx/vision_model.onnx"], external: "vision_model.onnx_data");
        SaysTheSameAfterLoading(_ml.Transforms.ClipFeaturizeImage("Features", _folder.Path, "ImagePath"), "Features");
    }

    [Fact]
    public void ASavedClassifierHoldsNoTextTower()
    {
        Save(_ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", _folder.Path, TinyFolder.Colors).Fit(_data));
        using var zip = ZipFile.OpenRead(Zip);
        var entries = zip.Entries.Select(e => e.Name).ToList();
        Assert.Contains("image.onnx", entries);
        Assert.Contains("labels.f32", entries);
        Assert.DoesNotContain("text.onnx", entries);
        Assert.DoesNotContain("vocab.json", entries);
    }

    [Fact]
    public void TheTowerInsideIsTheFileItself()
    {
        Save(_ml.Transforms.ClipFeaturizeImage("Features", _folder.Path, "ImagePath").Fit(_data));
        using var zip = ZipFile.OpenRead(Zip);
        using var entry = zip.Entries.Single(e => e.Name == "image.onnx").Open();
        using var copy = new MemoryStream();
        entry.CopyTo(copy);
        Assert.Equal(File.ReadAllBytes(_folder["onnx/vision_model.onnx"]), copy.ToArray());
    }

    /// <summary>Weights do not compress: trying takes ten times as long as a copy. What ML.NET writes itself stays as it was.</summary>
    [Fact]
    public void TowersAreStoredAsTheyAre()
    {
        TinyClip.SaveVision(_folder["onnx/vision_model.onnx"], external: "weights");
        Save(_ml.Transforms.ClipFeaturizeImage("Features", _folder.Path, "ImagePath").Fit(_data));
        using var zip = ZipFile.OpenRead(Zip);
        Assert.All(
            zip.Entries.Where(e => e.Name.StartsWith("image.onnx", StringComparison.Ordinal)),
            e => Assert.Equal(e.Length, e.CompressedLength));
        var settings = zip.Entries.Single(e => e.Name == "settings.json");
        Assert.True(settings.CompressedLength < settings.Length);
    }

    /// <summary>Earlier builds compressed towers, and a tool may have zipped the model anew.</summary>
    [Fact]
    public void ACompressedTowerIsReadToo()
    {
        var fitted = _ml.Transforms.ClipFeaturizeImage("Features", _folder.Path, "ImagePath").Fit(_data);
        var expected = fitted.Transform(_data).Vectors("Features");
        Save(fitted);
        SavedZip.Replace(Zip, "image.onnx", File.ReadAllBytes(_folder["onnx/vision_model.onnx"]));
        using (var zip = ZipFile.OpenRead(Zip))
        {
            var tower = zip.Entries.Single(e => e.Name == "image.onnx");
            Assert.True(tower.CompressedLength < tower.Length);
        }

        Assert.Equal(expected, new MLContext().Model.Load(Zip, out _).Transform(_data).Vectors("Features"));
    }

    /// <summary>To a stream that cannot be wound back, such as a web request's body, and twice the same step in one pipeline.</summary>
    [Fact]
    public void AStreamThatOnlyGoesForwardTakesItToo()
    {
        var chain = _ml.Transforms.ClipFeaturizeImage("Features", _folder.Path, "ImagePath")
            .Append(_ml.Transforms.ClipFeaturizeImage("More", _folder.Path, "ImagePath")).Fit(_data);
        using var saved = new MemoryStream();
        using (var forward = new System.IO.Compression.BrotliStream(saved, CompressionLevel.NoCompression, leaveOpen: true))
            _ml.Model.Save(chain, _data.Schema, forward);
        saved.Position = 0;
        using var unpacked = new MemoryStream();
        using (var back = new System.IO.Compression.BrotliStream(saved, CompressionMode.Decompress)) back.CopyTo(unpacked);
        unpacked.Position = 0;
        var loaded = new MLContext().Model.Load(unpacked, out _);
        Assert.Equal(chain.Transform(_data).Vectors("More"), loaded.Transform(_data).Vectors("More"));
    }

    [Fact]
    public void ByReference_TheFolderMustStay()
    {
        var options = new ClipImageFeaturizingEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = _folder.Path,
            TowerStorage = ClipTowerStorage.ByReference,
        };
        Save(_ml.Transforms.ClipFeaturizeImage(options).Fit(_data));
        using (var zip = ZipFile.OpenRead(Zip)) Assert.DoesNotContain(zip.Entries, e => e.Name.EndsWith(".onnx", StringComparison.Ordinal));
        Assert.Equal(7, new MLContext().Model.Load(Zip, out _).Transform(_data).Vectors("Features").Length);

        File.AppendAllText(_folder["onnx/vision_model.onnx"], "x");
        Assert.Contains("another file now", Innermost(() => new MLContext().Model.Load(Zip, out _)).Message);
        File.Delete(_folder["onnx/vision_model.onnx"]);
        var e = Innermost(() => new MLContext().Model.Load(Zip, out _));
        Assert.Contains("vision_model.onnx", e.Message);
        Assert.Contains("put the folder back", e.Message);
    }

    [Fact]
    public void ByReference_ATowerOfTheSameLengthTrainedAnewIsNoticed()
    {
        var vision = _folder["onnx/vision_model.onnx"];
        TinyClip.SaveVision(vision, external: "weights");
        Save(_ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = _folder.Path,
            TowerStorage = ClipTowerStorage.ByReference,
        }).Fit(_data));
        foreach (var file in new[] { vision, _folder["onnx/weights"] })
        {
            var bytes = File.ReadAllBytes(file);
            bytes[^2] ^= 1;
            File.WriteAllBytes(file, bytes);
            Assert.Contains("another file now", Innermost(() => new MLContext().Model.Load(Zip, out _)).Message);
            bytes[^2] ^= 1;
            File.WriteAllBytes(file, bytes);
            Assert.Equal(7, new MLContext().Model.Load(Zip, out _).Transform(_data).Vectors("Features").Length);
        }
    }

    [Theory]
    [InlineData(ClipTowerStorage.Embedded)]
    [InlineData(ClipTowerStorage.ByReference)]
    public void ATowerTrainedAnewSinceTheFitIsNotSaved(ClipTowerStorage storage)
    {
        var model = _ml.Transforms.ClipFeaturizeText(new ClipTextFeaturizingEstimator.Options
        {
            InputColumnName = "Caption",
            ModelFolder = _folder.Path,
            TowerStorage = storage,
        }).Fit(_data);
        File.SetLastWriteTimeUtc(_folder["onnx/text_model.onnx"], DateTime.UtcNow.AddMinutes(1));

        Assert.Contains("has changed, or gone, since it was opened", Innermost(() => Save(model)).Message);
    }

    /// <summary>Weights in a file of their own are the tower as well, though its own file is as it was.</summary>
    [Fact]
    public void NeitherIsOneWhoseWeightsInAnotherFileAreNew()
    {
        TinyClip.SaveVision(_folder["onnx/vision_model.onnx"], external: "weights.bin");
        var model = _ml.Transforms.ClipFeaturizeImage("Features", _folder.Path, "ImagePath").Fit(_data);
        Save(model);
        File.SetLastWriteTimeUtc(_folder["onnx/weights.bin"], DateTime.UtcNow.AddMinutes(1));

        Assert.Contains("has changed, or gone, since it was opened", Innermost(() => Save(model)).Message);
    }

    [Fact]
    public void AnIncompleteFileIsRefused_AndLeavesNothingBehind()
    {
        Save(_ml.Transforms.ClipFeaturizeImage("Features", _folder.Path, "ImagePath").Fit(_data));
        using (var zip = ZipFile.Open(Zip, ZipArchiveMode.Update)) zip.Entries.Single(e => e.Name == "image.onnx").Delete();
        var ml = new MLContext { TempFilePath = Directory.CreateDirectory(_folder["temporary"]).FullName };
        Assert.Contains("has no entry 'image.onnx'", Innermost(() => ml.Model.Load(Zip, out _)).Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(ml.TempFilePath));
    }

    [Fact]
    public void SessionSettingsAreSavedAsPlainText()
    {
        Save(_ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = _folder.Path,
            ModelOptions = new() { Session = new() { IntraOpThreads = 1, ProfilePrefix = _folder["profile"] } },
        }).Fit(_data));
        using (var zip = ZipFile.OpenRead(Zip))
        {
            using var model = new StreamReader(zip.Entries.Single(e => e.Name == "settings.json").Open());
            var text = model.ReadToEnd();
            Assert.Contains("\"IntraOpThreads\": 1", text);
            Assert.DoesNotContain("OnnxRuntime", text);
        }

        // The loaded session profiles too: its settings came along.
        var before = Directory.GetFiles(_folder.Path, "profile*").Length;
        (new MLContext().Model.Load(Zip, out _) as IDisposable)!.Dispose();
        Assert.True(Directory.GetFiles(_folder.Path, "profile*").Length > before);
    }

    [Fact]
    public void AStepOverAnOpenedModelIsSavedWithTheModelsSessionSettings()
    {
        using var model = ClipModel.Open(_folder.Path, new() { Session = new() { IntraOpThreads = 3 } });
        Save(_ml.Transforms.ClipFeaturizeImage("Features", model, "ImagePath").Fit(_data));
        Assert.Contains("\"IntraOpThreads\": 3", SavedZip.Settings(Zip).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void DisposingRemovesTheUnpackedFiles()
    {
        Save(_ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", _folder.Path, TinyFolder.Colors).Fit(_data));
        var temporary = Directory.CreateDirectory(_folder["temporary"]).FullName;
        var ml = new MLContext { TempFilePath = temporary };
        var loaded = ml.Model.Load(Zip, out _);
        Assert.Single(Directory.EnumerateDirectories(temporary));

        // What was loaded can be saved again, from those files.
        ml.Model.Save(loaded, _data.Schema, _folder["again.zip"]);
        ((IDisposable)loaded).Dispose();
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary));
        Assert.Throws<ObjectDisposedException>(() => loaded.Transform(_data).Vectors("Score"));
        Assert.Equal(7, new MLContext().Model.Load(_folder["again.zip"], out _).Transform(_data).Vectors("Score").Length);
    }

    [Theory]
    [InlineData("image")]
    [InlineData("text")]
    [InlineData("label")]
    public void AnEngineDisposesWhatItLoaded(string step)
    {
        IEstimator<ITransformer> estimator = step switch
        {
            "image" => _ml.Transforms.ClipFeaturizeImage("Features", _folder.Path, "ImagePath"),
            "text" => _ml.Transforms.ClipFeaturizeText("Features", _folder.Path, "Caption"),
            _ => _ml.Transforms.ClipClassifyZeroShot("Features", "ImagePath", _folder.Path, TinyFolder.Colors),
        };
        Save(estimator.Fit(_data));
        var temporary = Directory.CreateDirectory(_folder["temporary"]).FullName;
        var ml = new MLContext { TempFilePath = temporary };
        using (var engine = ml.Model.CreatePredictionEngine<PictureRow, FeatureRow>(ml.Model.Load(Zip, out _)))
        {
            Assert.NotEmpty(Directory.EnumerateFileSystemEntries(temporary));
            Assert.NotEmpty(engine.Predict(_rows[0]).Features);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary));
    }

    [Fact]
    public void ABorrowedModelStaysOpen()
    {
        using var model = ClipModel.Open(_folder.Path);
        _ml.Transforms.ClipFeaturizeImage("Features", model, "ImagePath").Fit(_data).Dispose();
        Assert.Equal(TinyClip.Dimension, model.EmbedImage(_rows[0].ImagePath).Length);
    }

    private void SaysTheSameAfterLoading<T>(IEstimator<T> estimator, string column)
        where T : class, ITransformer
    {
        var fitted = estimator.Fit(_data);
        var expected = fitted.Transform(_data).Vectors(column);
        Save(fitted);
        var loaded = new MLContext().Model.Load(Zip, out var schema);
        Assert.NotNull(schema.GetColumnOrNull("ImagePath"));
        Assert.Equal(expected, loaded.Transform(_data).Vectors(column));
        (loaded as IDisposable)?.Dispose();
    }

    private void Save(ITransformer transformer) => _ml.Model.Save(transformer, _data.Schema, Zip);

    private static Exception Innermost(Action action)
    {
        var e = Assert.ThrowsAny<Exception>(action);
        while (e.InnerException is { } inner && e is not FileNotFoundException and not InvalidDataException) e = inner;
        return e;
    }
}
