using System.Diagnostics;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip.Tests.Inference;

/// <summary>
/// One process opens a tower once. A session with 33 threads to an operator starts 32, so sessions show in the number of threads.
/// </summary>
[Collection(Alone.Name)]
public sealed class SharedSessionTests : IDisposable
{
    private const int Threads = 32;

    private readonly TinyFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;

    public SharedSessionTests() => _data = _ml.Data.LoadFromEnumerable(PictureRow.From(_folder, 15));

    private static ClipSessionOptions ManyThreads => new() { IntraOpThreads = Threads + 1 };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void StepsFromOneFolderShareASession_WhichTheLastCloses()
    {
        var before = CountThreads();
        var (first, second) = (Featurizer().Fit(_data), Featurizer().Fit(_data));
        using var model = ClipModel.Open(_folder.Path, new() { Session = ManyThreads });
        var expected = model.EmbedImages(_folder.Pictures(15));
        Assert.Equal(1, Sessions(before));

        first.Dispose();
        Assert.Equal(expected, second.Transform(_data).Vectors("Features"));
        second.Dispose();
        Assert.Equal(expected, model.EmbedImages(_folder.Pictures(15)));
        Assert.Equal(1, Sessions(before));
        model.Dispose();
        Assert.Equal(0, Sessions(before));
    }

    /// <summary>Of a graph of both towers, or of towers that are refused for what they put out.</summary>
    [Fact]
    public void NothingStaysOpenOfAModelThatIsClosed()
    {
        var before = CountThreads();
        using var both = new TinyFolder(path =>
        {
            TinyFolder.LayTransformersJs(path);
            foreach (var tower in new[] { "vision", "text" }) File.Delete(Path.Combine(path, "onnx", $"{tower}_model.onnx"));
            TinyClip.SaveCombined(Path.Combine(path, "onnx", "model.onnx"));
        });
        using (var model = ClipModel.Open(both.Path, new() { Session = ManyThreads }))
        {
            model.EmbedText("red");
            model.EmbedImages(_folder.Pictures(1));
            Assert.Equal(1, Sessions(before));
        }

        Assert.Equal(0, Sessions(before));

        TinyClip.SaveVision(_folder["onnx/vision_model.onnx"], dimension: "open", width: 5);
        using var unlike = ClipModel.Open(_folder.Path, new() { Session = ManyThreads });
        unlike.EmbedText("red");
        Assert.Throws<InvalidDataException>(() => unlike.EmbedImages(_folder.Pictures(1)));
        Assert.Equal(1, Sessions(before));
    }

    /// <summary>Of steps over a model of the caller's, who closes it, and of a classifier with other labels.</summary>
    [Fact]
    public void NothingStaysOpenOfStepsThatBorrowATower()
    {
        var before = CountThreads();
        using (var model = ClipModel.Open(_folder.Path, new() { Session = ManyThreads }))
        {
            var labels = ClipLabelEmbeddings.Create(model, ["blue", "red"]);
            using var images = _ml.Transforms.ClipFeaturizeImage("Features", model, "ImagePath").Fit(_data);
            using var texts = _ml.Transforms.ClipFeaturizeText("Features", model, "Color").Fit(_data);
            using var classifier = _ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", model, TinyFolder.Colors).Fit(_data);
            using var relabeled = classifier.WithLabels(labels);
            Assert.Equal(2, relabeled.Transform(_data).Vectors("Score")[0].Length);
            Assert.Equal(2, Sessions(before));
        }

        Assert.Equal(0, Sessions(before));
        var own = _ml.Transforms.ClipClassifyZeroShot(new ClipZeroShotEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = _folder.Path,
            ModelOptions = new() { Session = ManyThreads },
            Labels = TinyFolder.Colors,
        }).Fit(_data);
        var other = own.WithLabels(own.LabelEmbeddings);
        own.Dispose();
        Assert.Equal(1, Sessions(before));
        other.Dispose();
        Assert.Equal(0, Sessions(before));
    }

    [Fact]
    public void OtherSettingsAreAnotherSession()
    {
        var before = CountThreads();
        using var one = Featurizer().Fit(_data);
        using var other = Featurizer(ManyThreads with { GraphOptimization = ClipGraphOptimization.Basic }).Fit(_data);
        Assert.Equal(2, Sessions(before));
    }

    /// <summary>Each writes a file of its own.</summary>
    [Fact]
    public void WhatIsProfiledIsSharedWithNobody()
    {
        var before = CountThreads();
        var profiled = ManyThreads with { ProfilePrefix = _folder["profile"] };
        using (Featurizer(profiled).Fit(_data))
        using (Featurizer(profiled).Fit(_data)) Assert.Equal(2, Sessions(before));
    }

    [Fact]
    public void ACopyOfTheFolderIsTheSameContent_AndOutlivesTheOriginal()
    {
        var before = CountThreads();
        using var copy = new TinyFolder();
        var first = Featurizer().Fit(_data);
        var expected = first.Transform(_data).Vectors("Features");
        using var second = Featurizer(folder: copy.Path).Fit(_data);
        Assert.Equal(1, Sessions(before));

        File.Delete(_folder["onnx/vision_model.onnx"]);
        first.Dispose();
        Assert.Equal(expected, second.Transform(_data).Vectors("Features"));
        _ml.Model.Save(second, _data.Schema, copy["model.zip"]);
        using var loaded = (IDisposable)_ml.Model.Load(copy["model.zip"], out _);
        Assert.Equal(1, Sessions(before));
    }

    /// <summary>A model trained anew has the same name and the same length: the old session is not its.</summary>
    [Theory]
    [InlineData("vision_model.onnx", null)]
    [InlineData("weights", "weights")]
    public void ATowerWrittenAnewIsAnotherSession(string file, string? external)
    {
        TinyClip.SaveVision(_folder["onnx/vision_model.onnx"], external: external);
        using var old = Featurizer().Fit(_data);
        var before = old.Transform(_data).Vectors("Features");
        var path = _folder[$"onnx/{file}"];
        var written = File.GetLastWriteTimeUtc(path);
        var bytes = File.ReadAllBytes(path);
        // The last weight's sign, or one within the graph's: every picture has other features.
        Flip(bytes, external is null);
        File.WriteAllBytes(path + ".new", bytes);
        File.SetLastWriteTimeUtc(path + ".new", written);
        File.Move(path + ".new", path, overwrite: true);

        using var anew = Featurizer().Fit(_data);
        Assert.NotEqual(before, anew.Transform(_data).Vectors("Features"));
        Assert.Equal(before, old.Transform(_data).Vectors("Features"));
    }

    [Fact]
    public void FiveFoldCrossValidationStartsOneSession()
    {
        var before = CountThreads();
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label", "Color")
            .Append(Featurizer())
            .AppendCacheCheckpoint(_ml)
            .Append(_ml.MulticlassClassification.Trainers.NaiveBayes());
        var folds = _ml.MulticlassClassification.CrossValidate(_data, pipeline, numberOfFolds: 5);
        Assert.Equal(5, folds.Count);
        Assert.Equal(1, Sessions(before));
        foreach (var fold in folds) (fold.Model as IDisposable)?.Dispose();
        Assert.Equal(0, Sessions(before));
    }

    /// <summary>The text tower, which a fit opens and closes, is needed by the first fold alone.</summary>
    [Fact]
    public void FiveFitsOfAClassifierEmbedTheLabelsOnce_UntilTheFolderChanges()
    {
        var classifier = _ml.Transforms.ClipClassifyZeroShot(new ClipZeroShotEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = _folder.Path,
            Labels = TinyFolder.Colors,
        });
        var fitted = Enumerable.Range(0, 5).Select(_ => classifier.Fit(_data)).ToArray();
        Assert.All(fitted, f => Assert.Same(fitted[0].LabelEmbeddings, f.LabelEmbeddings));

        File.SetLastWriteTimeUtc(_folder["vocab.json"], DateTime.UtcNow.AddMinutes(1));
        using var anew = classifier.Fit(_data);
        Assert.NotSame(fitted[0].LabelEmbeddings, anew.LabelEmbeddings);
        foreach (var one in fitted) one.Dispose();
    }

    [Fact]
    public void AFileThatCannotBeOpenedIsRefusedEachTime_AndNothingOfItIsKept()
    {
        var good = File.ReadAllBytes(_folder["onnx/vision_model.onnx"]);
        var graph = new OnnxGraph();
        graph.Node("NoSuchOperator", "out", ["in"]);
        graph.Save(_folder["onnx/vision_model.onnx"]);
        for (var i = 0; i < 2; i++) Assert.Throws<InvalidDataException>(() => Featurizer().Fit(_data));
        File.WriteAllBytes(_folder["onnx/vision_model.onnx"], good);
        using var fitted = Featurizer().Fit(_data);
        Assert.Equal(15, fitted.Transform(_data).Vectors("Features").Length);
    }

    /// <summary>Many open, use and close at once, in every order: all get the same features, and nothing stays open.</summary>
    [Fact]
    public async Task UnderLoadEveryHolderIsServed_AndTheLastCloses()
    {
        var before = CountThreads();
        float[][] expected;
        using (var alone = Featurizer().Fit(_data)) expected = alone.Transform(_data).Vectors("Features");
        using var go = new ManualResetEventSlim();
        var workers = Enumerable.Range(0, 8).Select(worker => Task.Factory.StartNew(
            () =>
            {
                go.Wait();
                for (var round = 0; round < 12; round++)
                {
                    using var fitted = Featurizer().Fit(_data);
                    Assert.Equal(expected, fitted.Transform(_data).Vectors("Features"));
                    if ((round + worker) % 3 == 0) Thread.Yield();
                }
            },
            default, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        go.Set();
        await Task.WhenAll(workers);
        Assert.Equal(0, Sessions(before));
    }

    /// <summary>One holder's closing, in the middle of its own passes and of another's, is none of the other's concern.</summary>
    [Fact]
    public async Task ClosingOneHolderWhileBothAreReadLeavesTheOtherRunning()
    {
        using var stays = Featurizer().Fit(_data);
        var expected = stays.Transform(_data).Vectors("Features");
        for (var round = 0; round < 10; round++)
        {
            var goes = Featurizer().Fit(_data);
            using ManualResetEventSlim isRead = new(), isOtherRead = new();
            // On threads of their own: where all of the pool's are taken, and the machine is busy, it starts no more for long.
            var reader = OnItsOwnThread(() =>
            {
                try
                {
                    while (true)
                    {
                        Assert.Equal(expected, goes.Transform(_data).Vectors("Features"));
                        isRead.Set();
                    }
                }
                catch (ObjectDisposedException) when (isRead.IsSet)
                {
                    // It was closed, and said so.
                }
                finally
                {
                    isRead.Set();
                }
            });
            var other = OnItsOwnThread(() =>
            {
                isOtherRead.Set();
                for (var pass = 0; pass < 5; pass++) Assert.Equal(expected, stays.Transform(_data).Vectors("Features"));
            });
            Assert.True(isRead.Wait(TimeSpan.FromMinutes(2)) && isOtherRead.Wait(TimeSpan.FromMinutes(2)));
            goes.Dispose();
            await Task.WhenAll(reader, other);
        }

        static Task OnItsOwnThread(Action action) =>
            Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>What a program forgets to dispose must not be kept open by the sharing.</summary>
    [Fact]
    public void ForgottenSessionsAreCollected()
    {
        var before = CountThreads();
        Forget();
        for (var i = 0; i < 20 && Sessions(before) > 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(0, Sessions(before));

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        void Forget()
        {
            Featurizer().Fit(_data);
            Assert.Equal(1, Sessions(before));
        }
    }

    private static void Flip(byte[] bytes, bool isGraph)
    {
        if (!isGraph)
        {
            for (var i = 3; i < bytes.Length; i += 4) bytes[i] ^= 0x80;
            return;
        }

        // Twenty-four floats of the projection, as raw data: a pattern that stands nowhere else in the file.
        var projection = TinyClip.ProjectionBytes();
        var start = bytes.AsSpan().IndexOf(projection);
        Assert.True(start > 0);
        for (var i = start + 3; i < start + projection.Length; i += 4) bytes[i] ^= 0x80;
    }

    private ClipImageFeaturizingEstimator Featurizer(ClipSessionOptions? session = null, string? folder = null) =>
        _ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
        {
            InputColumnName = "ImagePath",
            ModelFolder = folder ?? _folder.Path,
            ModelOptions = new() { Session = session ?? ManyThreads },
        });

    /// <summary>How many sessions there are above the threads before; other threads come and go, though not so many.</summary>
    private static int Sessions(int before) => (int)Math.Round((CountThreads() - before) / (double)Threads);

    private static int CountThreads()
    {
        using var process = Process.GetCurrentProcess();
        return process.Threads.Count;
    }
}
