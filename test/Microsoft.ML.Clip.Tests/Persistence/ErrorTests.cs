using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Tests.Persistence;

/// <summary>What goes wrong in a pipeline's life is said in a sentence where the user looks.</summary>
public sealed class ErrorTests : IDisposable
{
    private readonly TinyFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;

    public ErrorTests() => _data = _ml.Data.LoadFromEnumerable(PictureRow.From(_folder, 6));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFailedLoadTellsItsSentenceInTheLog()
    {
        var chain = _ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = _folder.Path,
            TowerStorage = ClipTowerStorage.ByReference,
        }).Append(_ml.Transforms.NormalizeMinMax("Features")).Fit(_data);
        _ml.Model.Save(chain, _data.Schema, _folder["model.zip"]);
        File.Delete(_folder["onnx/vision_model.onnx"]);
        var errors = new List<string>();
        var ml = new MLContext();
        ml.Log += (_, e) =>
        {
            if (e.Kind == ChannelMessageKind.Error) errors.Add(e.Message);
        };

        var thrown = Assert.ThrowsAny<Exception>(() => ml.Model.Load(_folder["model.zip"], out _));

        Assert.Contains("put the folder back", Assert.Single(errors));
        Assert.Contains("put the folder back", thrown.GetBaseException().Message);
    }

    [Fact]
    public void NoModelAndTwoModelsAreToldApart()
    {
        using var model = ClipModel.Open(_folder.Path);
        var none = Assert.Throws<ArgumentNullException>(() => _ml.Transforms.ClipFeaturizeImage("F", (string)null!, "ImagePath"));
        var two = Assert.Throws<ArgumentException>(() => _ml.Transforms.ClipFeaturizeText(new ClipTextFeaturizingEstimator.Options
        {
            ModelFolder = _folder.Path,
            Model = model,
        }));

        Assert.Equal("modelFolder", none.ParamName);
        Assert.Contains("There is no model", Assert.Throws<ArgumentException>(
            () => _ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options())).Message);
        Assert.Contains("give one of them", two.Message);
    }

    [Fact]
    public void ADisposedTransformerIsNamed()
    {
        var row = PictureRow.From(_folder, 1)[0];
        Disposed<FeatureRow>(_ml.Transforms.ClipFeaturizeImage("Features", _folder.Path, "ImagePath").Fit(_data), "Image");
        Disposed<FeatureRow>(_ml.Transforms.ClipFeaturizeText("Features", _folder.Path, "Caption").Fit(_data), "Text");
        var classifier = _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", _folder.Path, TinyFolder.Colors).Fit(_data);
        Disposed<ZeroShotRow>(classifier, "ClipZeroShotTransformer");

        using var model = ClipModel.Open(_folder.Path);
        var borrowed = _ml.Transforms.ClipFeaturizeImage("Features", model, "ImagePath").Fit(_data);
        model.Dispose();
        Assert.Equal("ClipModel", Assert.Throws<ObjectDisposedException>(() => borrowed.Transform(_data).Vectors("Features")).ObjectName);

        void Disposed<T>(ITransformer transformer, string name)
            where T : class, new()
        {
            var other = _ml.Model.CreatePredictionEngine<PictureRow, T>(
                transformer, new PredictionEngineOptions { OwnsTransformer = false });
            _ml.Model.CreatePredictionEngine<PictureRow, T>(transformer).Dispose();
            var error = Assert.Throws<ObjectDisposedException>(() => other.Predict(row));
            Assert.Contains(name, error.ObjectName);
            Assert.Contains("OwnsTransformer", error.Message);
        }
    }

    [Fact]
    public void AnExportToOnnxIsRefusedWithTheWayToShip()
    {
        var chain = _ml.Transforms.ClipFeaturizeImage("Features", _folder.Path, "ImagePath")
            .Append(_ml.Transforms.NormalizeMinMax("Features")).Fit(_data);
        using var onnx = new MemoryStream();

        var error = Assert.Throws<NotSupportedException>(() => _ml.Model.ConvertToOnnx(chain, _data, onnx));

        Assert.Contains("ClipImageFeaturizingTransformer cannot become a part of another ONNX file", error.Message);
        Assert.Contains("onnx/vision_model.onnx", error.Message);
        Assert.Equal(0, onnx.Length);

        // What the sentence says works.
        var features = _ml.Data.Cache(chain.First().Transform(_data));
        _ml.Model.ConvertToOnnx(chain.LastTransformer, features, onnx);
        Assert.True(onnx.Length > 0);
    }

    [Fact]
    public void ADamagedPictureIsToldByItsPlace()
    {
        using var model = ClipModel.Open(_folder.Path);
        ReadOnlyMemory<byte>[] pictures = [TinyFolder.Picture(0, 0), TinyFolder.Picture(1, 0), new byte[] { 1, 2, 3 }];

        Assert.StartsWith("Image 2 of 3 cannot be read: ", Assert.Throws<InvalidDataException>(() => model.EmbedImages(pictures)).Message);
    }
}
