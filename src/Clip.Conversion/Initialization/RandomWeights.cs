using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;

namespace Clip.Conversion.Initialization;

/// <summary>
/// Draws a model's starting weights without libtorch, by the standard deviations that OpenAI's <c>initialize_parameters</c> has (CLIP
/// paper, section 2.5; openai/CLIP model.py). What that leaves to PyTorch is uniform, as PyTorch's layers are.
/// </summary>
public static class RandomWeights
{
    /// <summary>Draws the weights.</summary>
    /// <param name="config">The model's sizes.</param>
    /// <param name="seed">Decides every value; each tensor has its own stream, so neither order nor the number of threads matters.</param>
    /// <returns>Parameters, and a ResNet's batch norm statistics, by OpenAI's names.</returns>
    /// <exception cref="ClipException">The sizes do not fit each other, or a tensor would not fit an array.</exception>
    public static Dictionary<string, WeightTensor> Create(ClipConfig config, long seed)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Create([.. ParameterLayout.Of(config.Validate("the config"))], seed);
    }

    /// <summary>Draws the values of a layout.</summary>
    /// <exception cref="ClipException">A tensor would not fit an array.</exception>
    internal static Dictionary<string, WeightTensor> Create(IReadOnlyList<LayoutParameter> parameters, long seed)
    {
        var drawn = new WeightTensor[parameters.Count];
        Parallel.For(0, drawn.Length, i => drawn[i] = Draw(parameters[i], new SampleRandom(seed, i)));
        return parameters.Zip(drawn).ToDictionary(pair => pair.First.Name, pair => pair.Second);
    }

    private static WeightTensor Draw(LayoutParameter parameter, SampleRandom random)
    {
        if (parameter.Count > Array.MaxLength)
            throw new ClipException($"The weight '{parameter.Name}' would have {parameter.Count} values, more than an array holds.");
        var values = GC.AllocateUninitializedArray<float>((int)parameter.Count);
        var (distribution, value) = parameter.Start;
        if (distribution == StartingDistribution.Normal) RandomValues.Normal(values, value, random);
        else if (distribution == StartingDistribution.Uniform) RandomValues.Uniform(values, value, random);
        else Array.Fill(values, (float)value);
        return new WeightTensor(parameter.Shape, values);
    }
}
