namespace Clip.Conversion.Architectures;

/// <summary>
/// Collects a layout from the pieces that architectures are built of. Standard deviations are those of OpenAI's
/// <c>initialize_parameters</c> (CLIP paper, section 2.5; openai/CLIP model.py); what that leaves to PyTorch is uniform, as PyTorch's
/// layers are.
/// </summary>
internal sealed class LayoutBuilder
{
    private readonly List<LayoutParameter> _parameters = [];

    public IReadOnlyList<LayoutParameter> Parameters => _parameters;

    /// <summary>Where the parameters that follow stand.</summary>
    public Place Place { get; set; }

    public void Normal(ParameterName name, double deviation, params long[] shape) => Add(name, StartingValues.Normal(deviation), shape);

    public void Constant(ParameterName name, double value, params long[] shape) => Add(name, StartingValues.Constant(value), shape);

    /// <summary>PyTorch's default for the weights and biases of a layer with so many inputs.</summary>
    public void Uniform(ParameterName name, long inputs, params long[] shape) =>
        Add(name, StartingValues.Uniform(1 / Math.Sqrt(inputs)), shape);

    /// <summary>A matrix [outputs, inputs], uniform by the sum of both (Glorot and Bengio 2010).</summary>
    public void Glorot(ParameterName name, long outputs, long inputs) =>
        Add(name, StartingValues.Uniform(Math.Sqrt(6.0 / (inputs + outputs))), [outputs, inputs]);

    /// <summary>A matrix that projects into the shared space.</summary>
    public void Projection(ParameterName name, StartingValues start, params long[] shape) =>
        _parameters.Add(new LayoutParameter(name, shape, start, Place) { IsProjection = true });

    /// <summary>A linear layer with normal weights and a bias of zeros.</summary>
    public void Linear(ParameterName name, double deviation, long inputs, long outputs, bool isLowRankTarget = false)
    {
        Add(name.Weight, StartingValues.Normal(deviation), [outputs, inputs], isLowRankTarget);
        Constant(name.Bias, 0, outputs);
    }

    /// <summary>A LayerNorm.</summary>
    public void Norm(ParameterName name, long width)
    {
        Constant(name.Weight, 1, width);
        Constant(name.Bias, 0, width);
    }

    /// <summary>Query, key and value, stacked, and the way out of an attention.</summary>
    public void Attention(
        ParameterName inWeight, ParameterName inBias, ParameterName outProjection, long width, double outDeviation,
        bool isLowRankTarget = true)
    {
        Add(inWeight, StartingValues.Normal(Math.Pow(width, -0.5)), [3 * width, width], isLowRankTarget);
        Constant(inBias, 0, 3 * width);
        Linear(outProjection, outDeviation, width, width, isLowRankTarget);
    }

    /// <summary>The two linear layers of a residual attention block.</summary>
    public void Mlp(ParameterName widen, ParameterName narrow, long width, long mlpWidth, double widenDeviation, double narrowDeviation)
    {
        Linear(widen, widenDeviation, width, mlpWidth, isLowRankTarget: true);
        Linear(narrow, narrowDeviation, mlpWidth, width, isLowRankTarget: true);
    }

    /// <summary>A tower's residual attention blocks, layers 1, 2, …; the deeper the tower, the smaller their branches start.</summary>
    /// <param name="blocks">What the blocks' names start with; the number follows.</param>
    /// <param name="tower">Whose they are.</param>
    /// <param name="layers">How many.</param>
    /// <param name="width">Channels of the residual stream.</param>
    /// <param name="mlpWidth">Channels inside the MLP.</param>
    /// <param name="layerScale">What the factors of the branches start with; null for none.</param>
    public void Blocks(ParameterName blocks, Tower tower, int layers, long width, long mlpWidth, double? layerScale = null)
    {
        var branch = BranchDeviation(width, layers);
        for (var i = 0; i < layers; i++)
        {
            var block = blocks + $"{i}";
            Place = new Place(tower, i + 1);
            Attention(
                block + ClipNames.Block.InWeight, block + ClipNames.Block.InBias, block + ClipNames.Block.Out, width, branch);
            Norm(block + ClipNames.Block.FirstNorm, width);
            Mlp(
                block + ClipNames.Block.Widen, block + ClipNames.Block.Narrow, width, mlpWidth,
                Math.Pow(2 * width, -0.5), branch);
            Norm(block + ClipNames.Block.SecondNorm, width);
            if (layerScale is not { } scale) continue;
            Constant(block + ClipNames.Block.FirstScale, scale, width);
            Constant(block + ClipNames.Block.SecondScale, scale, width);
        }
    }

    /// <summary>The deviation that the ways out of a block's branches start with.</summary>
    public static double BranchDeviation(long width, int layers) => Math.Pow(width, -0.5) * Math.Pow(2 * layers, -0.5);

    /// <summary>A convolution without bias.</summary>
    public void Convolution(ParameterName name, long inputs, long outputs, long kernel) =>
        Uniform(name.Weight, inputs * kernel * kernel, outputs, inputs, kernel, kernel);

    /// <summary>A batch norm with its statistics.</summary>
    public void BatchNorm(ParameterName name, long width, double gain = 1)
    {
        Constant(name.Weight, gain, width);
        Constant(name.Bias, 0, width);
        Statistic(name + ClipNames.BatchNorm.Mean, 0, width);
        Statistic(name + ClipNames.BatchNorm.Variance, 1, width);
        Statistic(name + ClipNames.BatchNorm.Count, 0);
    }

    /// <summary>A linear layer of a ResNet's attention pooling: normal weights, and PyTorch's bias.</summary>
    public void PoolProjection(ParameterName name, double deviation, long inputs, long outputs, bool isProjection)
    {
        _parameters.Add(new LayoutParameter(name.Weight, [outputs, inputs], StartingValues.Normal(deviation), Place)
        {
            IsProjection = isProjection,
            TakesLowRankUpdate = true,
        });
        Uniform(name.Bias, inputs, outputs);
    }

    private void Statistic(ParameterName name, double value, params long[] shape) =>
        _parameters.Add(new LayoutParameter(name, shape, StartingValues.Constant(value), Place) { IsStatistic = true });

    private void Add(ParameterName name, StartingValues start, long[] shape, bool isLowRankTarget = false) =>
        _parameters.Add(new LayoutParameter(name, shape, start, Place) { TakesLowRankUpdate = isLowRankTarget });
}
