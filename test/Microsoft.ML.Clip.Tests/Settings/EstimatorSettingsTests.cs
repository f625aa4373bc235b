using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Clip.Tests.Persistence;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using ImageOptions = Microsoft.ML.Clip.ClipImageFeaturizingEstimator.Options;
using TextOptions = Microsoft.ML.Clip.ClipTextFeaturizingEstimator.Options;
using ZeroShotOptions = Microsoft.ML.Clip.ClipZeroShotEstimator.Options;

namespace Microsoft.ML.Clip.Tests.Settings;

/// <summary>
/// Every setting of every estimator, given an unusual value, is seen to arrive in the fitted transformer, and in the one that was saved and
/// loaded. A setting that is added fails here until it has a row.
/// </summary>
public sealed class EstimatorSettingsTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TinyFolder _folder = new();
    private readonly TinyFolder _other = new(LayOther);
    private readonly PictureRow[] _rows;
    private readonly IDataView _data;
    private readonly ClipModel _model;
    private readonly ClipModel _otherModel;

    public EstimatorSettingsTests()
    {
        _rows = PictureRow.From(_folder, 6);
        var data = _ml.Data.LoadFromEnumerable(_rows);
        _data = _ml.Transforms.Conversion.MapValueToKey(
            "Label", nameof(PictureRow.Color), keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue).Fit(data).Transform(data);
        _model = ClipModel.Open(_folder.Path);
        _otherModel = ClipModel.Open(_other.Path);
    }

    public static TheoryData<string> ImageSettings => SettingRows.Of<ImageOptions>();

    public static TheoryData<string> TextSettings => SettingRows.Of<TextOptions>();

    public static TheoryData<string> ZeroShotSettings => SettingRows.Of<ZeroShotOptions>();

    public void Dispose()
    {
        _model.Dispose();
        _otherModel.Dispose();
        _other.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(ImageSettings))]
    public void OfTheImageFeaturizer(string setting)
    {
        var options = new ImageOptions { InputColumnName = "ImagePath", ModelFolder = _folder.Path };
        Arrives(ImageRows().Find(setting), options, o => _ml.Transforms.ClipFeaturizeImage(o));
    }

    [Theory]
    [MemberData(nameof(TextSettings))]
    public void OfTheTextFeaturizer(string setting)
    {
        var options = new TextOptions { InputColumnName = "Caption", ModelFolder = _folder.Path };
        Arrives(TextRows().Find(setting), options, o => _ml.Transforms.ClipFeaturizeText(o));
    }

    [Theory]
    [MemberData(nameof(ZeroShotSettings))]
    public void OfTheZeroShotClassifier(string setting)
    {
        var options = new ZeroShotOptions { InputColumnName = "ImagePath", ModelFolder = _folder.Path, Labels = TinyFolder.Colors };
        Arrives(ZeroShotRows().Find(setting), options, o => _ml.Transforms.ClipClassifyZeroShot(o));
    }

    private Dictionary<string, SettingRow<ImageOptions, ITransformer>> ImageRows() => new()
    {
        [nameof(ImageOptions.OutputColumnName)] = new(o => o with { OutputColumnName = "Picture" }, t => Adds(t, "Picture")),
        [nameof(ImageOptions.InputColumnName)] = new(
            o => o with { InputColumnName = "Bytes" }, t => Same(t, Images(_model), Changed(NoPaths))),
        [nameof(ImageOptions.ModelFolder)] = new(o => o with { ModelFolder = _other.Path }, t => Same(t, Images(_otherModel))),
        [nameof(ImageOptions.Model)] = new(o => o with { ModelFolder = null, Model = _otherModel }, t => Same(t, Images(_otherModel))),
        [nameof(ImageOptions.ModelOptions)] = new(o => o with { ModelOptions = Dark }, t =>
        {
            using var model = ClipModel.Open(_folder.Path, Dark);
            Same(t, Images(model));
        }),
        [nameof(ImageOptions.Normalize)] = new(o => o with { Normalize = false }, t => Same(t, Images(_model, normalize: false))),
        [nameof(ImageOptions.BatchSize)] = new(o => o with { BatchSize = 3 }, t => ReadsInBatchesOf3(t, "Features")),
        [nameof(ImageOptions.ImageFolder)] = new(
            o => o with { ImageFolder = _folder["pictures"] }, t => Same(t, Images(_model), Changed(NamesAlone))),
        [nameof(ImageOptions.OnError)] = new(
            o => o with { OnError = ClipErrorHandling.Missing },
            t => Assert.All(t.Transform(Changed(NoPaths)).Vectors("Features"), row => Assert.All(row, f => Assert.True(float.IsNaN(f))))),
        [nameof(ImageOptions.TowerStorage)] = new(o => o with { TowerStorage = ClipTowerStorage.ByReference }, HoldsNoTower),
        [nameof(ImageOptions.Views)] = new(
            o => o with { Views = ClipImageViews.Crops },
            t => Assert.NotEqual(Images(_model).SelectMany(row => row), t.Transform(_data).Vectors("Features").SelectMany(row => row))),
    };

    private Dictionary<string, SettingRow<TextOptions, ITransformer>> TextRows() => new()
    {
        [nameof(TextOptions.OutputColumnName)] = new(o => o with { OutputColumnName = "Words" }, t => Adds(t, "Words")),
        [nameof(TextOptions.InputColumnName)] = new(
            o => o with { InputColumnName = "Color" }, t => Same(t, _model.EmbedTexts([.. _rows.Select(r => r.Color)]))),
        [nameof(TextOptions.ModelFolder)] = new(o => o with { ModelFolder = _other.Path }, t => Same(t, Texts(_otherModel))),
        [nameof(TextOptions.Model)] = new(o => o with { ModelFolder = null, Model = _otherModel }, t => Same(t, Texts(_otherModel))),
        [nameof(TextOptions.ModelOptions)] = new(o => o with { ModelOptions = Short }, t =>
        {
            Same(t, Texts(_otherModel));
            Assert.Contains("longer than the model's context", Log(() => t.Transform(_data).Vectors("Features")));
        }),
        [nameof(TextOptions.Normalize)] = new(o => o with { Normalize = false }, t => Same(t, Texts(_model, normalize: false))),
        [nameof(TextOptions.BatchSize)] = new(o => o with { BatchSize = 3 }, t => ReadsInBatchesOf3(t, "Features")),
        [nameof(TextOptions.OnEmptyText)] = new(
            o => o with { OnEmptyText = ClipEmptyTextHandling.Missing },
            t => Assert.All(t.Transform(Changed(NoCaptions)).Vectors("Features"), row => Assert.True(float.IsNaN(row[0])))),
        [nameof(TextOptions.TowerStorage)] = new(o => o with { TowerStorage = ClipTowerStorage.ByReference }, HoldsNoTower),
    };

    private Dictionary<string, SettingRow<ZeroShotOptions, ITransformer>> ZeroShotRows() => new()
    {
        [nameof(ZeroShotOptions.ScoreColumnName)] = new(o => o with { ScoreColumnName = "Probabilities" }, t => Adds(t, "Probabilities")),
        [nameof(ZeroShotOptions.PredictedLabelColumnName)] = new(o => o with { PredictedLabelColumnName = "Guess" }, t => Adds(t, "Guess")),
        [nameof(ZeroShotOptions.SimilarityColumnName)] = new(o => o with { SimilarityColumnName = "Cosines" }, t => Adds(t, "Cosines")),
        [nameof(ZeroShotOptions.InputColumnName)] = new(
            o => o with { InputColumnName = "Bytes" }, t => Assert.Equal([1u, 2, 3, 1, 2, 3], Guesses(t, Changed(NoPaths)))),
        [nameof(ZeroShotOptions.ModelFolder)] = new(
            o => o with { ModelFolder = _other.Path }, t => LabelsAre(t, ClipLabelEmbeddings.Create(_otherModel, TinyFolder.Colors))),
        [nameof(ZeroShotOptions.Model)] = new(
            o => o with { ModelFolder = null, Model = _otherModel },
            t => LabelsAre(t, ClipLabelEmbeddings.Create(_otherModel, TinyFolder.Colors))),
        [nameof(ZeroShotOptions.ModelOptions)] = new(
            o => o with { ModelOptions = new() { LogitScale = 3, LogitBias = -1 } },
            t => Assert.Equal((3, -1f), (((ClipZeroShotTransformer)t).LogitScale, ((ClipZeroShotTransformer)t).LogitBias))),
        [nameof(ZeroShotOptions.Labels)] = new(
            o => o with { Labels = ["blue", "red"] }, t => Assert.Equal(["blue", "red"], ((ClipZeroShotTransformer)t).Labels)),
        [nameof(ZeroShotOptions.LabelColumnName)] = new(
            o => o with { Labels = [], LabelColumnName = "Label" },
            t => Assert.Equal(["blue", "green", "red"], ((ClipZeroShotTransformer)t).Labels)),
        [nameof(ZeroShotOptions.Templates)] = new(
            o => o with { Templates = ["{} of {}", "a {}"] },
            t => LabelsAre(t, ClipLabelEmbeddings.Create(_model, TinyFolder.Colors, ["{} of {}", "a {}"]))),
        [nameof(ZeroShotOptions.Prompts)] = new(o => o with { Prompts = Prompts }, t => LabelsAre(
            t, ClipLabelEmbeddings.Create(_model, TinyFolder.Colors, prompts: Prompts))),
        [nameof(ZeroShotOptions.Threshold)] = new(
            o => o with { Threshold = 0.999f, ModelOptions = new() { LogitScale = 1 } },
            t => Assert.Equal(new uint[6], Guesses(t, _data))),
        [nameof(ZeroShotOptions.BatchSize)] = new(o => o with { BatchSize = 3 }, t => ReadsInBatchesOf3(t, "Score")),
        [nameof(ZeroShotOptions.ImageFolder)] = new(
            o => o with { ImageFolder = _folder["pictures"] }, t => Assert.Equal([1u, 2, 3, 1, 2, 3], Guesses(t, Changed(NamesAlone)))),
        [nameof(ZeroShotOptions.OnError)] = new(
            o => o with { OnError = ClipErrorHandling.Missing }, t => Assert.Equal(new uint[6], Guesses(t, Changed(NoPaths)))),
        [nameof(ZeroShotOptions.TowerStorage)] = new(o => o with { TowerStorage = ClipTowerStorage.ByReference }, HoldsNoTower),
    };

    private static ClipModelOptions Dark { get; } =
        new() { Preprocessing = ClipImagePreprocessing.ForSize(TinyClip.ImageSize) with { Mean = [0.1f, 0.9f, 0.2f] } };

    /// <summary>As <see cref="_other"/> has in its config.</summary>
    private static ClipModelOptions Short { get; } = new() { ContextLength = 7 };

    private static Dictionary<string, IReadOnlyList<string>> Prompts { get; } = new() { ["red"] = ["a blue thing"] };

    /// <summary>Another image tower, and texts of seven tokens only.</summary>
    private static void LayOther(string path)
    {
        TinyFolder.LayTransformersJs(path);
        File.WriteAllText(Path.Combine(path, "config.json"), """{"text_config": {"max_position_embeddings": 7}}""");
        var preprocessing = Path.Combine(path, "preprocessor_config.json");
        File.WriteAllText(preprocessing, File.ReadAllText(preprocessing).Replace("0.48145466", "0.9", StringComparison.Ordinal));
    }

    private void Arrives<TOptions, T>(SettingRow<TOptions, ITransformer> row, TOptions options, Func<TOptions, IEstimator<T>> create)
        where T : class, ITransformer
    {
        var usual = create(options).Fit(_data);
        Assert.ThrowsAny<Exception>(() => row.Arrives(usual));
        (usual as IDisposable)!.Dispose();
        var fitted = create(row.Set(options)).Fit(_data);
        row.Arrives(fitted);
        var settings = Save(fitted, "fitted.zip");
        (fitted as IDisposable)!.Dispose();
        var loaded = _ml.Model.Load(_folder["fitted.zip"], out _);
        row.Arrives(loaded);
        Assert.Equal(settings, Save(loaded, "loaded.zip"));
        (loaded as IDisposable)!.Dispose();
    }

    /// <summary>Saves, and gives the settings that were saved, less those of the tower's file, which lies elsewhere when loaded.</summary>
    private string Save(ITransformer transformer, string zip)
    {
        _ml.Model.Save(transformer, _data.Schema, _folder[zip]);
        var settings = SavedZip.Settings(_folder[zip]);
        settings.Remove("Tower");
        return settings.ToJsonString();
    }

    private void Adds(ITransformer transformer, string column)
    {
        var schema = transformer.GetOutputSchema(_data.Schema);
        Assert.NotNull(schema.GetColumnOrNull(column));
        Assert.Equal(column switch { "Cosines" => 3, "Probabilities" or "Guess" => 2, _ => 1 }, schema.Count - _data.Schema.Count);
    }

    private void Same(ITransformer transformer, float[][] expected, IDataView? data = null) =>
        transformer.Transform(data ?? _data).Vectors("Features").ShouldBe(expected);

    private static void LabelsAre(ITransformer transformer, ClipLabelEmbeddings expected) => new[]
    {
        ((ClipZeroShotTransformer)transformer).LabelEmbeddings.Rows.ToArray(),
    }.ShouldBe([expected.Rows.ToArray()]);

    private static uint[] Guesses(ITransformer transformer, IDataView data) =>
        [.. transformer.Transform(data).GetColumn<uint>("PredictedLabel")];

    /// <summary>One row, three, and while these are computed three more.</summary>
    private void ReadsInBatchesOf3(ITransformer transformer, string column)
    {
        var input = new TrackedView(_ml.Data.LoadFromEnumerable(PictureRow.From(_folder, 40)));
        Assert.Equal(2, transformer.Transform(input).GetColumn<float[]>(column).Take(2).Count());
        Assert.Equal(7, input.Rows);
    }

    private void HoldsNoTower(ITransformer transformer)
    {
        Save(transformer, "small.zip");
        Assert.DoesNotContain(SavedZip.Entries(_folder["small.zip"]), e => e.EndsWith(".onnx", StringComparison.Ordinal));
        var path = (string?)SavedZip.Settings(_folder["small.zip"])["Tower"]!["Path"];
        Assert.StartsWith(_folder["onnx"], path, StringComparison.Ordinal);
    }

    private string Log(Action action)
    {
        var messages = new List<string>();
        void Keep(object? sender, LoggingEventArgs log) => messages.Add(log.Message);
        _ml.Log += Keep;
        action();
        _ml.Log -= Keep;
        return string.Join('\n', messages);
    }

    private float[][] Images(ClipModel model, bool normalize = true) =>
        model.EmbedImages([.. _rows.Select(r => r.ImagePath)], normalize);

    private float[][] Texts(ClipModel model, bool normalize = true) => model.EmbedTexts([.. _rows.Select(r => r.Caption)], normalize);

    private static void NoPaths(PictureRow row) => row.ImagePath = "absent.png";

    private static void NamesAlone(PictureRow row) => row.ImagePath = Path.GetFileName(row.ImagePath);

    private static void NoCaptions(PictureRow row) => row.Caption = " ";

    private IDataView Changed(Action<PictureRow> change)
    {
        var rows = PictureRow.From(_folder, 6);
        foreach (var row in rows) change(row);
        return _ml.Data.LoadFromEnumerable(rows);
    }
}
