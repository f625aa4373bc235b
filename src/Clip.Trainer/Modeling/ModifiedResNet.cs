using Clip.Conversion.Configs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// CLIP's ResNet (CLIP paper, section 2.4; openai/CLIP model.py): a stem of three 3×3 convolutions and an average pool, four
/// stages of bottlenecks with anti-aliased strides, and attention pooling in place of the global average.
/// </summary>
/// <remarks>
/// Batch norm makes a batch's samples depend on each other and keeps running statistics in training mode, which a new module
/// is in; call <c>eval()</c> on the model before its features are used for anything but training.
/// </remarks>
public sealed class ModifiedResNet : ImageTower
{
    private readonly Convolution conv1;
    private readonly BatchNorm2d bn1;
    private readonly Convolution conv2;
    private readonly BatchNorm2d bn2;
    private readonly Convolution conv3;
    private readonly BatchNorm2d bn3;
    private readonly ModuleList<Bottleneck> layer1;
    private readonly ModuleList<Bottleneck> layer2;
    private readonly ModuleList<Bottleneck> layer3;
    private readonly ModuleList<Bottleneck> layer4;
    private readonly AttentionPool2d attnpool;

    /// <summary>Creates the tower with random weights.</summary>
    /// <param name="config">The tower's sizes.</param>
    /// <param name="embedDim">Width D of the features.</param>
    public ModifiedResNet(ResNetConfig config, int embedDim)
        : base(nameof(ModifiedResNet), (config ?? throw new ArgumentNullException(nameof(config))).Features)
    {
        var width = config.Width;
        conv1 = new Convolution(3, width / 2, kernel: 3, stride: 2);
        bn1 = new BatchNorm2d(width / 2);
        conv2 = new Convolution(width / 2, width / 2, kernel: 3);
        bn2 = new BatchNorm2d(width / 2);
        conv3 = new Convolution(width / 2, width, kernel: 3);
        bn3 = new BatchNorm2d(width);
        layer1 = Stage(width, width, config.Blocks[0], stride: 1);
        layer2 = Stage(4 * width, 2 * width, config.Blocks[1], stride: 2);
        layer3 = Stage(8 * width, 4 * width, config.Blocks[2], stride: 2);
        layer4 = Stage(16 * width, 8 * width, config.Blocks[3], stride: 2);
        attnpool = new AttentionPool2d(config.Tokens, config.Features, config.Heads, embedDim);
        RegisterComponents();
    }

    /// <summary>Encodes images.</summary>
    /// <param name="input">[B, 3, S, S] normalized pixels.</param>
    /// <returns>[B, D] projected features, not normalized.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return attnpool.forward(Stages(input)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override (Tensor Feature, Tensor Grid) WithGrid(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = Stages(input);
        return (attnpool.forward(x).MoveToOuterDisposeScope(), x.flatten(2).transpose(1, 2).MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Trains or evaluates; a batch norm whose gain is frozen keeps its statistics too, for they are part of what it computes.
    /// </summary>
    public override void train(bool train = true)
    {
        base.train(train);
        if (!train) return;
        foreach (var norm in modules().OfType<BatchNorm2d>().Where(norm => norm.IsFrozen)) norm.eval();
    }

    /// <summary>The grid of the last stage, [B, 32 · width, S/32, S/32].</summary>
    private Tensor Stages(Tensor input)
    {
        // Channels last in memory, which every layer keeps: a fifth off a training step on a CPU.
        var x = input.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        x = bn1.forward(conv1.forward(x)).relu_();
        x = bn2.forward(conv2.forward(x)).relu_();
        x = bn3.forward(conv3.forward(x)).relu_();
        x = nn.functional.avg_pool2d(x, 2);
        foreach (var stage in new[] { layer1, layer2, layer3, layer4 })
        {
            foreach (var block in stage) x = block.forward(BackwardMarks.Before(block, x));
        }

        return x;
    }

    private static ModuleList<Bottleneck> Stage(long inputs, long planes, int blocks, long stride) => nn.ModuleList(
        Enumerable.Range(0, blocks)
            .Select(i => new Bottleneck(i == 0 ? inputs : planes * ResNetConfig.Expansion, planes, i == 0 ? stride : 1))
            .ToArray());
}
