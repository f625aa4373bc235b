using System.Globalization;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Initialization;
using Clip.Trainer.Objectives;
using Clip.Trainer.Tests.Modeling;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Objectives;

public class SigmoidLossTests
{
    [SkippableTheory]
    [InlineData("2.302585", "-10.0")]
    [InlineData("2.000000", "0.5")]
    public void LossAndGradientsAreOpenClips(string scale, string bias)
    {
        var golden = SafetensorsReader.Load(Golden.Path("golden/openclip.safetensors"));
        using var scope = NewDisposeScope();
        var image = Features("image");
        var text = Features("text");
        var logitScale = new Parameter(tensor(float.Parse(scale, CultureInfo.InvariantCulture)));
        var logitBias = new Parameter(tensor(float.Parse(bias, CultureInfo.InvariantCulture)));

        var loss = SigmoidLoss.Compute(image, text, logitScale.exp(), logitBias);
        loss.backward();

        Is(loss, "value");
        Is(image.grad!, "d_image");
        Is(text.grad!, "d_text");
        Is(logitScale.grad!, "d_logit_scale_log");
        Is(logitBias.grad!, "d_logit_bias");

        Tensor Features(string tower) =>
            nn.functional.normalize(GoldenModel.Floats(golden[$"quickgelu.argmax.{tower}_features"]), dim: -1).requires_grad_();

        void Is(Tensor actual, string name) =>
            Assert.InRange(GoldenModel.RelativeDifference(actual, golden[$"sigliploss.scale{scale}.bias{bias}.{name}"]), 0, 6e-6);
    }
}
