using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Modeling;

/// <summary>Holds the modules, the loss and the optimizer against openai/CLIP and transformers on the same weights.</summary>
public class ClipModelGoldenTests
{
    public static TheoryData<string> Models => GoldenModel.Names;

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void FeaturesLogitsAndLossAreTheOriginals(string name)
    {
        using var golden = new GoldenModel(name);
        using var scope = NewDisposeScope();
        golden.Model.eval();
        var expected = golden.File("golden.safetensors");
        var (image, text) = (GoldenModel.Floats(expected["image"]), GoldenModel.Ids(expected["text"]));

        Assert.InRange(GoldenModel.Difference(golden.Model.EncodeImage(image), expected["image_features"]), 0, 1e-5);
        Assert.InRange(GoldenModel.Difference(golden.Model.EncodeText(text), expected["text_features"]), 0, 1e-5);
        var (imageFeatures, textFeatures, scale) = golden.Model.Forward(image, text);
        Assert.InRange(GoldenModel.Difference(scale * imageFeatures.matmul(textFeatures.t()), expected["logits_per_image"]), 0, 1e-5);
        Assert.InRange(GoldenModel.Difference(ContrastiveLoss.Compute(imageFeatures, textFeatures, scale), expected["loss"]), 0, 1e-5);
    }

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void GradientsAreTheOriginals(string name)
    {
        using var golden = new GoldenModel(name);
        using var scope = NewDisposeScope();
        var inputs = golden.File("train_inputs.safetensors");
        var expected = golden.File("grads_step0.safetensors");

        Backward(golden.Model, GoldenModel.Floats(inputs["images"])[0], GoldenModel.Ids(inputs["texts"])[0]);

        foreach (var (parameter, value) in golden.Model.named_parameters())
        {
            // A key's bias moves all of a query's scores alike, so its gradient is zero but for noise: compared absolutely.
            if (parameter.EndsWith("in_proj_bias", StringComparison.Ordinal) || parameter.EndsWith("k_proj.bias", StringComparison.Ordinal))
                Assert.InRange(GoldenModel.Difference(value.grad!.to_dense(), expected[parameter]), 0, 1e-4);
            else
                Assert.True(GoldenModel.RelativeDifference(value.grad!.to_dense(), expected[parameter]) < 1e-4, parameter);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void ThreeStepsOfAdamWEndWhereTheOriginalsDo(string name)
    {
        using var golden = new GoldenModel(name);
        using var scope = NewDisposeScope();
        var inputs = golden.File("train_inputs.safetensors");
        var (images, texts) = (GoldenModel.Floats(inputs["images"]), GoldenModel.Ids(inputs["texts"]));
        using var optimizer = new AdamW(golden.Model.named_parameters(), new AdamWOptions(0.9, 0.98, 1e-6, 0.2));

        for (var step = 0; step < 3; step++)
        {
            optimizer.ZeroGrad();
            Backward(golden.Model, images[step], texts[step]);
            optimizer.Step(1e-3);
            golden.Model.ClampLogitScale();
        }

        var expected = golden.File("params_after3.safetensors");
        var trained = golden.Model.state_dict(); // a ResNet's batch norm statistics and their count included
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), trained.Keys.Order(StringComparer.Ordinal));
        foreach (var (weight, value) in trained)
            Assert.True(GoldenModel.Difference(value, expected[weight]) < 2e-4, weight);
    }

    private static void Backward(ClipModel model, Tensor images, Tensor texts)
    {
        var (image, text, scale) = model.Forward(images, texts);
        ContrastiveLoss.Compute(image, text, scale).backward();
    }
}
