using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Tests.Inference;

public sealed class SessionOptionsTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    public static TheoryData<ClipSessionOptions> All() =>
    [
        new ClipSessionOptions { IntraOpThreads = 1 },
        new ClipSessionOptions { InterOpThreads = 2 },
        new ClipSessionOptions { AllowSpinning = false },
        new ClipSessionOptions { GraphOptimization = ClipGraphOptimization.None },
        new ClipSessionOptions { GraphOptimization = ClipGraphOptimization.Basic },
        new ClipSessionOptions { GraphOptimization = ClipGraphOptimization.Extended },
        new ClipSessionOptions { ExecutionProvider = ClipExecutionProvider.Cpu },
        new ClipSessionOptions { ExecutionProvider = ClipExecutionProvider.Cuda, FallbackToCpu = true },
    ];

    [Theory]
    [InlineData(true, "the CPU is used. For the GPU, reference Microsoft.ML.OnnxRuntime.Gpu in place of Microsoft.ML.OnnxRuntime.")]
    [InlineData(false, "reference Microsoft.ML.OnnxRuntime.Gpu in place of Microsoft.ML.OnnxRuntime, or set FallbackToCpu.")]
    public void WhyAGpuCannotBeUsedIsOneSentenceAndTheRemedyAnother(bool fallback, string remedy)
    {
        var options = new ClipSessionOptions { GpuDeviceId = 3, FallbackToCpu = fallback };
        var why = new NotSupportedException(" no driver\nwas found.\n");

        Assert.Equal(
            $"ONNX Runtime cannot use GPU 3 (no driver was found): {remedy}", SessionOptionsFactory.CannotUseGpu(options, why));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void NoneChangesTheNumbers(ClipSessionOptions options)
    {
        using var plain = ClipModel.Open(folder.Path);
        using var model = ClipModel.Open(folder.Path, new() { Session = options });
        model.EmbedTexts(TinyFolder.Colors).ShouldBe(plain.EmbedTexts(TinyFolder.Colors));
    }

    [SkippableFact]
    public void AGpuThatCannotBeUsedIsToldOf()
    {
        Skip.If(OnnxRuntimeHasAGpu(), "This machine has a GPU that ONNX Runtime can use.");
        var data = new MLContext().Data.LoadFromEnumerable(PictureRow.From(folder, 1));
        var context = new MLContext { GpuDeviceId = 0, FallbackToCpu = false };
        var error = Assert.Throws<NotSupportedException>(() => Featurizer(context).Fit(data));
        Assert.Contains("cannot use GPU 0", error.Message, StringComparison.Ordinal);
        Assert.Contains("Microsoft.ML.OnnxRuntime.Gpu", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [SkippableFact]
    public void AFallbackToTheCpuIsLoggedWhereverAPipelineOpensATower()
    {
        Skip.If(OnnxRuntimeHasAGpu(), "This machine has a GPU that ONNX Runtime can use.");
        var images = new MLContext().Data.LoadFromEnumerable(PictureRow.From(folder, 1));
        var texts = new MLContext().Data.LoadFromEnumerable(new[] { new { Text = "red" } });
        using var saved = new MemoryStream();
        Assert.Single(Warnings(ml =>
        {
            using var fitted = Featurizer(ml).Fit(images);
            Assert.Single(fitted.Transform(images).Vectors("Features"));
            ml.Model.Save(fitted, images.Schema, saved);
        }));
        Assert.Single(Warnings(ml => Assert.IsAssignableFrom<IDisposable>(ml.Model.Load(saved, out _)).Dispose()));
        Assert.Single(Warnings(ml => ml.Transforms.ClipFeaturizeText("Features", folder.Path, "Text").Fit(texts).Dispose()));
        Assert.Single(Warnings(ml =>
            ml.Transforms.ClipClassifyZeroShot("Score", "ImagePath", folder.Path, labels: ["red", "blue"]).Fit(images).Dispose()));

        // A model that the user opened, with the fallback among its own settings.
        var session = new ClipSessionOptions { ExecutionProvider = ClipExecutionProvider.Cuda, FallbackToCpu = true };
        using var model = ClipModel.Open(folder.Path, new() { Session = session });
        Assert.Single(Warnings(ml => ml.Transforms.ClipFeaturizeImage("Features", model, "ImagePath").Fit(images).Dispose()));
    }

    private ClipImageFeaturizingEstimator Featurizer(MLContext context) =>
        context.Transforms.ClipFeaturizeImage("Features", folder.Path, "ImagePath");

    private static List<string> Warnings(Action<MLContext> use)
    {
        var context = new MLContext { GpuDeviceId = 0, FallbackToCpu = true };
        List<string> warnings = [];
        context.Log += (_, log) =>
        {
            if (log.Kind != ChannelMessageKind.Warning) return;
            if (log.Message.Contains("GPU 0", StringComparison.Ordinal)) warnings.Add(log.Message);
        };
        use(context);
        return warnings;
    }

    /// <summary>Asked of ONNX Runtime itself.</summary>
    private bool OnnxRuntimeHasAGpu()
    {
        if (!OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider")) return false;
        try
        {
            using var options = new SessionOptions();
            options.AppendExecutionProvider_CUDA(0);
            using var session = new InferenceSession(Path.Combine(folder.Path, "onnx/vision_model.onnx"), options);
            return true;
        }
        catch (OnnxRuntimeException)
        {
            return false;
        }
    }
}
