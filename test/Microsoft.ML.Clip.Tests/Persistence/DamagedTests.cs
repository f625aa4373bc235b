using Microsoft.ML.Clip.Persistence;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Tests.Persistence;

/// <summary>Saved models that are not whole, and towers of which a part has gone.</summary>
public sealed class DamagedTests : IDisposable
{
    private readonly TinyFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WithoutItsSettingsAModelIsCutOff()
    {
        SavedZip.Remove(Saved(), "settings.json");

        Assert.Contains("no entry 'settings.json'", LoadFails());
    }

    [Theory]
    [InlineData("{\"BatchSize\": ")]
    [InlineData("{\"BatchSize\": \"many\"}")]
    public void SettingsThatAreNoneAreToldSo(string json)
    {
        SavedZip.Replace(Saved(), "settings.json", System.Text.Encoding.UTF8.GetBytes(json));

        Assert.Contains("'settings.json' was not written by Microsoft.ML.Clip", LoadFails());
    }

    [Fact]
    public void SettingsThatAreNoObjectAreNone()
    {
        SavedZip.Replace(Saved(), "settings.json", "[]"u8.ToArray());

        Assert.Contains("no entry 'settings.json'", LoadFails());
    }

    [Fact]
    public void WeightsThatHaveGoneFromBesideTheTowerAreNamed()
    {
        TinyClip.SaveVision(_folder["onnx/vision_model.onnx"], external: "weights");
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(_folder, 3));
        using var fitted = _ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = _folder.Path,
            TowerStorage = ClipTowerStorage.ByReference,
        }).Fit(data);
        File.Delete(_folder["onnx/weights"]);

        var error = Assert.Throws<FileNotFoundException>(() => _ml.Model.Save(fitted, data.Schema, _folder["saved.zip"]));

        Assert.Contains("keeps weights in 'weights', which is not beside it", error.Message);
    }

    /// <summary>
    /// The context's GPU counts where the session's settings say nothing of one; the session's own number goes before it, and either may
    /// allow the CPU.
    /// </summary>
    [Theory]
    [InlineData(ClipExecutionProvider.Default, null, null, ClipExecutionProvider.Default, null)]
    [InlineData(ClipExecutionProvider.Default, 3, null, ClipExecutionProvider.Cuda, 3)]
    [InlineData(ClipExecutionProvider.Default, 3, 5, ClipExecutionProvider.Cuda, 5)]
    [InlineData(ClipExecutionProvider.Cuda, null, null, ClipExecutionProvider.Cuda, null)]
    [InlineData(ClipExecutionProvider.Cuda, null, 5, ClipExecutionProvider.Cuda, 5)]
    [InlineData(ClipExecutionProvider.Cuda, 3, null, ClipExecutionProvider.Cuda, 3)]
    [InlineData(ClipExecutionProvider.Cpu, 3, 5, ClipExecutionProvider.Cpu, 5)]
    public void TheContextsGpuIsTakenWhereNoneIsNamed(
        ClipExecutionProvider provider, int? contexts, int? own, ClipExecutionProvider expected, int? gpu)
    {
        var context = new MLContext { GpuDeviceId = contexts };

        var resolved = MlNet.Resolve(context, new ClipSessionOptions { ExecutionProvider = provider, GpuDeviceId = own });

        Assert.Equal((expected, gpu), (resolved.ExecutionProvider, resolved.GpuDeviceId));
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    [InlineData(true, true, true)]
    public void EitherMayAllowTheCpu(bool contexts, bool own, bool expected)
    {
        var context = new MLContext { GpuDeviceId = 0, FallbackToCpu = contexts };

        Assert.Equal(expected, MlNet.Resolve(context, new ClipSessionOptions { FallbackToCpu = own }).FallbackToCpu);
    }

    private string Saved()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(_folder, 3));
        using var fitted = _ml.Transforms.ClipFeaturizeImage("Features", _folder.Path, "ImagePath").Fit(data);
        _ml.Model.Save(fitted, data.Schema, _folder["saved.zip"]);
        return _folder["saved.zip"];
    }

    /// <summary>The sentence of a load that fails, which is in the log, too.</summary>
    private string LoadFails()
    {
        var errors = new List<string>();
        var ml = new MLContext();
        ml.Log += (_, e) =>
        {
            if (e.Kind == ChannelMessageKind.Error) errors.Add(e.Message);
        };

        var told = Assert.ThrowsAny<Exception>(() => ml.Model.Load(_folder["saved.zip"], out _)).GetBaseException().Message;
        // Behind a fault of the reader stands the reader's own word.
        return errors.Count > 0 ? errors[0] : told;
    }
}
