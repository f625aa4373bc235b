using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Clip.Tests.ImageFeaturizing;

public sealed class ImageFeaturizingTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void PathsBytesAndImagesGiveTheSame()
    {
        var rows = PictureRow.From(folder, 7);
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var model = ClipModel.Open(folder.Path);
        var expected = model.EmbedImages([.. rows.Select(r => r.ImagePath)]);

        Transform(_ml.Transforms.ClipFeaturizeImage("Features", folder.Path, "ImagePath"), data).ShouldBe(expected);
        Transform(_ml.Transforms.ClipFeaturizeImage("Features", folder.Path, "Bytes"), data).ShouldBe(expected);
        Transform(_ml.Transforms.LoadImages("Image", null, "ImagePath")
            .Append(_ml.Transforms.ClipFeaturizeImage("Features", folder.Path, "Image")), data).ShouldBe(expected);
        Transform(_ml.Transforms.ClipFeaturizeImage("Features", model, "ImagePath"), data).ShouldBe(expected);
        Transform(_ml.Transforms.CopyColumns("Features", "ImagePath")
            .Append(_ml.Transforms.ClipFeaturizeImage("Features", folder.Path)), data).ShouldBe(expected);
    }

    [Fact]
    public void PathsMayBeRelativeToAFolder()
    {
        var paths = folder.Pictures(3);
        var data = _ml.Data.LoadFromEnumerable(paths.Select(p => new PictureRow { ImagePath = Path.GetFileName(p) }));
        var estimator = _ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = folder.Path,
            ImageFolder = Path.GetDirectoryName(paths[0]),
        });
        Assert.Equal(3, Transform(estimator, data).Length);
    }

    [Fact]
    public void TheTowerAlsoRunsInMlNetsOwnOnnxStep()
    {
        using var model = ClipModel.Open(folder.Path);
        var preprocessor = ClipImagePreprocessor.Create(model.Preprocessing);
        var pictures = folder.Pictures(4);
        var data = _ml.Data.LoadFromEnumerable(pictures.Select(path =>
        {
            var row = new PixelRow();
            preprocessor.Preprocess(File.ReadAllBytes(path), row.Pixels);
            return row;
        }));
        var plain = _ml.Transforms.ApplyOnnxModel("image_embeds", "pixel_values", folder["onnx/vision_model.onnx"]);
        plain.Fit(data).Transform(data).Vectors("image_embeds").ShouldBe(model.EmbedImages(pictures, normalize: false));
    }

    [Fact]
    public void FeaturesAreAVectorOfKnownSizeWithSlotNames()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 1));
        var transformer = _ml.Transforms.ClipFeaturizeImage("Features", folder.Path, "ImagePath").Fit(data);
        var column = transformer.GetOutputSchema(data.Schema)["Features"];
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, TinyClip.Dimension), column.Type);
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        Assert.Equal(Enumerable.Range(0, TinyClip.Dimension).Select(i => $"{i}"), names.DenseValues().Select(name => name.ToString()));
    }

    [Fact]
    public void AnEngineGivesWhatTransformGives()
    {
        var rows = PictureRow.From(folder, 5);
        var data = _ml.Data.LoadFromEnumerable(rows);
        var transformer = _ml.Transforms.ClipFeaturizeImage("Features", folder.Path, "ImagePath").Fit(data);
        var expected = transformer.Transform(data).Vectors("Features");
        using var engine = _ml.Model.CreatePredictionEngine<PictureRow, FeatureRow>(transformer);
        rows.Select(r => engine.Predict(r).Features).ToArray().ShouldBe(expected);
    }

    [Fact]
    public void EightThreadsWithAnEngineEach()
    {
        var rows = PictureRow.From(folder, 9);
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var transformer = _ml.Transforms.ClipFeaturizeImage("Features", folder.Path, "ImagePath").Fit(data);
        var expected = transformer.Transform(data).Vectors("Features");
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            var engine = _ml.Model.CreatePredictionEngine<PictureRow, FeatureRow>(
                transformer, new PredictionEngineOptions { OwnsTransformer = false });
            for (var round = 0; round < 5; round++) rows.Select(r => engine.Predict(r).Features).ToArray().ShouldBe(expected);
        });
    }

    [Fact]
    public void ATrainerLearnsFromTheFeatures()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 60));
        var split = _ml.Data.TrainTestSplit(data, testFraction: 0.3);
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label", "Color")
            .Append(_ml.Transforms.ClipFeaturizeImage("Features", folder.Path, "ImagePath"))
            .AppendCacheCheckpoint(_ml)
            .Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy());
        var metrics = _ml.MulticlassClassification.Evaluate(pipeline.Fit(split.TrainSet).Transform(split.TestSet));
        Assert.Equal(1, metrics.MicroAccuracy);
    }

    [Fact]
    public void OtherStepsMayFollow()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 30));
        using var model = ClipModel.Open(folder.Path);
        var pipeline = _ml.Transforms.ClipFeaturizeImage("Image", model, "ImagePath")
            .Append(_ml.Transforms.ClipFeaturizeText("Text", model, "Caption"))
            .Append(_ml.Transforms.Concatenate("Features", "Image", "Text", "Extra"))
            .AppendCacheCheckpoint(_ml)
            .Append(_ml.Clustering.Trainers.KMeans(numberOfClusters: 3));
        var result = pipeline.Fit(data).Transform(data);
        Assert.Equal((2 * TinyClip.Dimension) + 2, result.Vectors("Features")[0].Length);

        // One cluster a color.
        var clusters = result.GetColumn<uint>("PredictedLabel").ToArray();
        Assert.Equal(3, clusters.Take(3).Distinct().Count());
        Assert.All(Enumerable.Range(0, 30), i => Assert.Equal(clusters[i % 3], clusters[i]));
    }

    [Theory]
    [InlineData(40, 36)] // one picture in five has this size
    [InlineData(24, 24)]
    public void MlNetsOwnLoadingAndResizingMayGoBefore(int width, int height)
    {
        var rows = PictureRow.From(folder, 45);
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var model = ClipModel.Open(folder.Path);
        var images = _ml.Transforms.LoadImages("Loaded", null, "ImagePath")
            .Append(_ml.Transforms.ResizeImages("Image", width, height, "Loaded", ImageResizingEstimator.ResizingKind.Fill));
        var chain = images.Append(_ml.Transforms.ClipFeaturizeImage("Features", model, "Image"));

        var result = chain.Fit(data).Transform(data);
        var features = result.Vectors("Features");

        var expected = new List<float[]>();
        var resized = images.Fit(data).Transform(data);
        using (var cursor = resized.GetRowCursor(resized.Schema))
        {
            var getter = cursor.GetGetter<MLImage>(cursor.Schema["Image"]);
            MLImage image = null!;
            while (cursor.MoveNext())
            {
                getter(ref image);
                expected.Add(model.EmbedImage(image));
            }
        }

        features.ShouldBe([.. expected]);

        // The image column itself is passed on as well, with each row's own pixels.
        var sizes = result.GetColumn<MLImage>("Image").Select(i => i.Pixels.Length).ToArray();
        Assert.Equal(Enumerable.Repeat(4 * width * height, rows.Length), sizes);
    }

    [Fact]
    public void ImagesInMemoryStayTheUsers()
    {
        MLImage[] images =
            [.. Enumerable.Range(0, 40).Select(i => MLImage.CreateFromStream(new MemoryStream(TinyFolder.Picture(i % 3, i))))];
        var data = _ml.Data.LoadFromEnumerable(images.Select(i => new ImageRow { Image = i }));
        using var model = ClipModel.Open(folder.Path);

        var features = _ml.Transforms.ClipFeaturizeImage("Features", model, "Image").Fit(data).Transform(data).Vectors("Features");

        features.ShouldBe(model.EmbedImages(images));
    }

    private sealed class ImageRow
    {
        [ImageType(36, 40)]
        public MLImage Image { get; set; } = null!;
    }

    [Fact]
    public void CrossValidation()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 45));
        using var model = ClipModel.Open(folder.Path);
        var features = _ml.Transforms.Conversion.MapValueToKey("Label", "Color")
            .Append(_ml.Transforms.ClipFeaturizeImage("Features", model, "ImagePath")).AppendCacheCheckpoint(_ml);
        var folds = _ml.MulticlassClassification.CrossValidate(
            data, features.Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy()), numberOfFolds: 3);
        Assert.All(folds, f => Assert.Equal(1, f.Metrics.MicroAccuracy));
    }

    [Fact]
    public void AWrongColumnIsNamedWithItsTypeAndWhatItMustBe()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 1));
        var e = Assert.Throws<ArgumentException>(() => _ml.Transforms.ClipFeaturizeImage("Features", folder.Path, "Number").Fit(data));
        Assert.Contains("Column 'Number' is of type Int32; it must be an image (MLImage), text", e.Message);
        Assert.Contains("There is no input column 'Nope'", Assert.Throws<ArgumentException>(
            () => _ml.Transforms.ClipFeaturizeImage("Features", folder.Path, "Nope").Fit(data)).Message);

        // Keys may be numbers of a byte each: classes, and not what is in a file.
        var keys = _ml.Data.LoadFromEnumerable([new KeyRow { Classes = [1, 2] }]);
        Assert.Contains("it must be an image (MLImage), text", Assert.Throws<ArgumentException>(
            () => _ml.Transforms.ClipFeaturizeImage("Features", folder.Path, "Classes").Fit(keys)).Message);

        // In a chain the shape is checked before anything is fitted.
        var chain = _ml.Transforms.CopyColumns("Copy", "Extra").Append(_ml.Transforms.ClipFeaturizeImage("Features", folder.Path, "Copy"));
        Assert.Contains("Column 'Copy' is of type Vector", Assert.Throws<ArgumentException>(
            () => chain.GetOutputSchema(data.Schema.Shape())).Message);
    }

    [Fact]
    public void ABadImageEndsThePass_NamingIt()
    {
        var rows = PictureRow.From(folder, 3);
        File.WriteAllText(folder["broken.png"], "no image");
        rows[1].ImagePath = folder["broken.png"];
        rows[2].Bytes = [1, 2, 3];
        var data = _ml.Data.LoadFromEnumerable(rows);
        Assert.Contains(folder["broken.png"], Message("ImagePath"));
        Assert.Contains("column 'Bytes', row 2", Message("Bytes"));

        string Message(string column) => Assert.Throws<InvalidDataException>(
            () => Transform(_ml.Transforms.ClipFeaturizeImage("Features", folder.Path, column), data)).Message;
    }

    [Fact]
    public void ABadImageMayBeMissingInstead()
    {
        var rows = PictureRow.From(folder, 20);
        (rows[4].ImagePath, rows[11].ImagePath) = ("absent.png", "");
        var data = _ml.Data.LoadFromEnumerable(rows);
        var warnings = new List<string>();
        _ml.Log += (_, e) => warnings.Add(e.Message);
        var features = Transform(_ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = folder.Path,
            BatchSize = 4,
            OnError = ClipErrorHandling.Missing,
        }), data);
        Assert.All(features[4].Concat(features[11]), v => Assert.True(float.IsNaN(v)));
        Assert.Equal(18, features.Count(f => !f.Any(float.IsNaN)));
        Assert.Single(warnings, w => w.Contains("2 image(s) of column 'ImagePath'"));
    }

    [Fact]
    public void APictureOfTooManyPixelsIsRefused_OrMissing()
    {
        var data = _ml.Data.LoadFromEnumerable(PictureRow.From(folder, 2));
        var strict = ClipImagePreprocessing.Load(folder["preprocessor_config.json"]) with { MaxPixels = 1000 };
        var options = new ClipImageFeaturizingEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = folder.Path,
            ModelOptions = new() { Preprocessing = strict },
        };
        var e = Assert.Throws<InvalidDataException>(() => Transform(_ml.Transforms.ClipFeaturizeImage(options), data));
        Assert.Contains("more than the 1000 allowed (MaxPixels)", e.Message);
        Assert.Contains("000-red.png", e.Message);
        var missing = _ml.Transforms.ClipFeaturizeImage(options with { OnError = ClipErrorHandling.Missing });
        Assert.All(Transform(missing, data), features => Assert.All(features, f => Assert.True(float.IsNaN(f))));
    }

    [Fact]
    public void OptionsAreChecked()
    {
        Assert.Throws<DirectoryNotFoundException>(() => _ml.Transforms.ClipFeaturizeImage("Features", "/no/such/folder", "ImagePath"));
        Assert.Throws<ArgumentException>(() => _ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options()));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.ClipFeaturizeImage(
            new ClipImageFeaturizingEstimator.Options { ModelFolder = folder.Path, BatchSize = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>("Views", () => _ml.Transforms.ClipFeaturizeImage(
            new ClipImageFeaturizingEstimator.Options { ModelFolder = folder.Path, Views = (ClipImageViews)7 }));
    }

    private sealed class PixelRow
    {
        [ColumnName("pixel_values"), VectorType(3 * TinyClip.ImageSize * TinyClip.ImageSize)]
        public float[] Pixels { get; set; } = new float[3 * TinyClip.ImageSize * TinyClip.ImageSize];
    }

    private static float[][] Transform<T>(IEstimator<T> estimator, IDataView data)
        where T : class, ITransformer => estimator.Fit(data).Transform(data).Vectors("Features");

    private sealed class KeyRow
    {
        [KeyType(5)]
        [VectorType(2)]
        public byte[] Classes { get; set; } = [];
    }
}
