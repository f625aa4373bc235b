using Clip.Conversion.Configs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// CLIP's residual bottleneck (openai/CLIP model.py): 1×1, 3×3 and 1×1 convolutions, each with a batch norm. All have stride 1;
/// where the block halves the image, an average pool does, before the third convolution and before the shortcut's, for that
/// does not alias as a strided convolution would.
/// </summary>
public sealed class Bottleneck : nn.Module<Tensor, Tensor>
{
    private readonly Convolution conv1;
    private readonly BatchNorm2d bn1;
    private readonly Convolution conv2;
    private readonly BatchNorm2d bn2;
    private readonly Convolution conv3;
    private readonly BatchNorm2d bn3;
    private readonly ModuleList<nn.Module<Tensor, Tensor>>? downsample;
    private readonly long _stride;

    /// <summary>Creates the block with bn3's gains zero: it starts as its shortcut (OpenAI's initialize_parameters).</summary>
    /// <param name="inputs">Channels coming in.</param>
    /// <param name="planes">Channels of the 3×3 convolution; <see cref="ResNetConfig.Expansion"/> times as many go out.</param>
    /// <param name="stride">1, or 2 to halve the image.</param>
    public Bottleneck(long inputs, long planes, long stride)
        : base(nameof(Bottleneck))
    {
        var outputs = planes * ResNetConfig.Expansion;
        _stride = stride;
        conv1 = new Convolution(inputs, planes, kernel: 1);
        bn1 = new BatchNorm2d(planes);
        conv2 = new Convolution(planes, planes, kernel: 3);
        bn2 = new BatchNorm2d(planes);
        conv3 = new Convolution(planes, outputs, kernel: 1);
        bn3 = new BatchNorm2d(outputs, zeroGain: true);
        if (stride > 1 || inputs != outputs)
            downsample = nn.ModuleList<nn.Module<Tensor, Tensor>>(new Convolution(inputs, outputs, kernel: 1), new BatchNorm2d(outputs));
        RegisterComponents();
    }

    /// <summary>Runs the block.</summary>
    /// <param name="input">[B, inputs, H, W].</param>
    /// <returns>[B, 4 · planes, H/stride, W/stride].</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = bn1.forward(conv1.forward(input)).relu_();
        x = bn2.forward(conv2.forward(x)).relu_();
        x = bn3.forward(conv3.forward(Shrink(x)));
        var shortcut = input;
        if (downsample is not null) shortcut = downsample[1].forward(downsample[0].forward(Shrink(input)));
        return x.Plus(shortcut).relu_().MoveToOuterDisposeScope();
    }

    private Tensor Shrink(Tensor x) => _stride > 1 ? nn.functional.avg_pool2d(x, _stride) : x;
}
