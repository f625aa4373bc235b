using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;

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
    [MemberData(nameof(All))]
    public void NoneChangesTheNumbers(ClipSessionOptions options)
    {
        using var plain = ClipModel.Open(folder.Path);
        using var model = ClipModel.Open(folder.Path, new() { Session = options });
        model.EmbedTexts(TinyFolder.Colours).ShouldBe(plain.EmbedTexts(TinyFolder.Colours));
    }

    [SkippableFact]
    public void AGpuThatCannotBeUsedIsToldOf()
    {
        var data = new MLContext().Data.LoadFromEnumerable(PictureRow.From(folder, 1));
        var context = new MLContext { GpuDeviceId = 0, FallbackToCpu = false };
        Exception? refused = null;
        try
        {
            context.Transforms.ClipFeaturizeImage("Features", "ImagePath", folder.Path).Fit(data).Dispose();
        }
        catch (NotSupportedException e)
        {
            refused = e;
        }

        Skip.If(refused is null, "This machine has a GPU that ONNX Runtime can use.");
        Assert.Contains("cannot use GPU 0", refused!.Message);

        context.FallbackToCpu = true;
        using var transformer = context.Transforms.ClipFeaturizeImage("Features", "ImagePath", folder.Path).Fit(data);
        Assert.Single(transformer.Transform(data).Vectors("Features"));
    }
}
