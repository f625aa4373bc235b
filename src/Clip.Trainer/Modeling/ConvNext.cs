using Clip.Conversion.Configs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// ConvNeXt (arXiv:2201.03545) as open_clip has it by way of timm: the mean over the last grid, normalized, goes through one linear layer
/// or two into the shared space. Parameters have timm's names, starting values are timm's.
/// </summary>
public sealed class ConvNext : ImageTower
{
    private readonly ConvNextTrunk trunk;
    private readonly ConvNextHead head;

    /// <summary>Creates the tower with random weights.</summary>
    /// <param name="config">The tower's sizes.</param>
    /// <param name="embedDim">Width D of the features.</param>
    public ConvNext(ConvNextConfig config, int embedDim)
        : base(nameof(ConvNext), (config ?? throw new ArgumentNullException(nameof(config))).Widths[^1])
    {
        trunk = new ConvNextTrunk(config);
        head = new ConvNextHead(config, embedDim);
        RegisterComponents();
    }

    /// <summary>Encodes images.</summary>
    /// <param name="input">[B, 3, S, S] normalized pixels.</param>
    /// <returns>[B, D] projected features, not normalized.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return head.forward(trunk.Pool(trunk.forward(input))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override (Tensor Feature, Tensor Grid) WithGrid(Tensor input)
    {
        using var scope = NewDisposeScope();
        var grid = trunk.forward(input);
        return (head.forward(trunk.Pool(grid)).MoveToOuterDisposeScope(), grid.flatten(1, 2).MoveToOuterDisposeScope());
    }
}

/// <summary>Stem, stages, and the norm of their mean.</summary>
internal sealed class ConvNextTrunk : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<nn.Module<Tensor, Tensor>> stem;
    private readonly ModuleList<ConvNextStage> stages;
    private readonly ConvNextNorm head;

    public ConvNextTrunk(ConvNextConfig config)
        : base(nameof(ConvNextTrunk))
    {
        var eps = config.LayerNormEps;
        stem = nn.ModuleList<nn.Module<Tensor, Tensor>>(
            new ConvNextConvolution(3, config.Widths[0], 4, stride: 4), nn.LayerNorm(config.Widths[0], eps: eps));
        var (blocks, first) = (config.Depths.Sum(), 0);
        stages = nn.ModuleList(config.Widths.Select((width, i) =>
        {
            // The last block of all has the whole probability, the first none (timm's calculate_drop_path_rates).
            double[] drops = [.. Enumerable.Range(first, config.Depths[i]).Select(n => config.DropPath * n / Math.Max(1, blocks - 1))];
            first += config.Depths[i];
            return new ConvNextStage(i == 0 ? null : config.Widths[i - 1], width, drops, eps);
        }).ToArray());
        head = new ConvNextNorm(config.Widths[^1], eps);
        RegisterComponents();
    }

    /// <summary>[B, 3, S, S] → the last grid [B, S/32, S/32, C].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = stem[1].forward(stem[0].forward(input.permute(0, 2, 3, 1)));
        return stages.Aggregate(x, (grid, stage) => stage.forward(grid)).MoveToOuterDisposeScope();
    }

    /// <summary>A grid's mean, normalized: [B, C].</summary>
    public Tensor Pool(Tensor grid) => head.forward(grid.mean([1, 2]));
}

/// <summary>A LayerNorm by the name that timm's head gives it.</summary>
internal sealed class ConvNextNorm : nn.Module<Tensor, Tensor>
{
    private readonly LayerNorm norm;

    public ConvNextNorm(long width, double eps)
        : base(nameof(ConvNextNorm))
    {
        norm = nn.LayerNorm(width, eps: eps);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => norm.forward(input);
}

/// <summary>open_clip's way out of a timm trunk: one linear layer, or two with GELU between them; they start as PyTorch's do.</summary>
internal sealed class ConvNextHead : nn.Module<Tensor, Tensor>
{
    private readonly Linear? proj;
    private readonly ConvNextHeadMlp? mlp;

    public ConvNextHead(ConvNextConfig config, long embedDim)
        : base(nameof(ConvNextHead))
    {
        if (config.HasTwoLayers) mlp = new ConvNextHeadMlp(config.Widths[^1], embedDim, config.HasProjectionBias);
        else proj = nn.Linear(config.Widths[^1], embedDim, config.HasProjectionBias);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => mlp is not null ? mlp.forward(input) : ConvNextHeadMlp.Linear(input, proj!);
}

/// <summary>The two layers.</summary>
internal sealed class ConvNextHeadMlp : nn.Module<Tensor, Tensor>
{
    private readonly Linear fc1;
    private readonly Linear fc2;

    public ConvNextHeadMlp(long inputs, long embedDim, bool hasBias)
        : base(nameof(ConvNextHeadMlp))
    {
        fc1 = nn.Linear(inputs, 2 * embedDim);
        fc2 = nn.Linear(2 * embedDim, embedDim, hasBias);
        RegisterComponents();
    }

    /// <summary>A linear layer that may have no bias, in the precision of the moment.</summary>
    public static Tensor Linear(Tensor x, Linear layer) =>
        layer.bias is { } bias ? Autocast.Linear(x, layer.weight, bias) : Autocast.Product(x, layer.weight);

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Linear(nn.functional.gelu(Linear(input, fc1)), fc2).MoveToOuterDisposeScope();
    }
}
