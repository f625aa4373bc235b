using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>A module whose weights can be given low-rank updates.</summary>
internal interface ILowRankTarget
{
    /// <summary>Adds an update to each weight of the module's own, registered as the weight's name and <c>_lora</c>.</summary>
    /// <param name="rank">The updates' rank.</param>
    /// <param name="alpha">The updates are scaled by alpha / rank.</param>
    void AddLowRank(int rank, double alpha);
}

/// <summary>
/// LoRA (Hu et al. 2022, section 4.1): to a frozen linear layer's output is added what the input becomes through two narrow matrices,
/// W·x + (α/r)·B·A·x. A starts as PyTorch's linear layers do and B at zero, so that training starts at the frozen layer.
/// </summary>
internal sealed class LowRankUpdate : nn.Module
{
    private readonly Parameter lora_A;
    private readonly Parameter lora_B;
    private readonly Tensor scale;

    /// <summary>Creates an update of a weight [<paramref name="outputs"/>, <paramref name="inputs"/>].</summary>
    public LowRankUpdate(long inputs, long outputs, int rank, double alpha)
        : base(nameof(LowRankUpdate))
    {
        lora_A = Initialize.Uniform(Math.Pow(inputs, -0.5), rank, inputs);
        lora_B = Initialize.Zeros(outputs, rank);
        // In the state, so that a checkpoint can be merged by itself.
        scale = tensor((float)(alpha / rank));
        RegisterComponents();
    }

    /// <summary>An update of a weight [out, in].</summary>
    public static LowRankUpdate Of(Tensor weight, int rank, double alpha) => new(weight.shape[1], weight.shape[0], rank, alpha);

    /// <summary>Adds the update to a layer's output.</summary>
    /// <param name="output">[…, <paramref name="count"/>].</param>
    /// <param name="input">[…, in].</param>
    /// <param name="from">The first output of the layer that <paramref name="output"/> has.</param>
    /// <param name="count">How many it has.</param>
    public Tensor AddTo(Tensor output, Tensor input, long from, long count)
    {
        using var scope = NewDisposeScope();
        var narrow = Autocast.Product(input, lora_A);
        var update = Autocast.Product(narrow, lora_B.narrow(0, from, count));
        return output.Plus(update * scale.to_type(update.dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>A weight with an update in it: W + (α/r)·B·A.</summary>
    /// <param name="weight">[out, in].</param>
    /// <param name="part">The update's parameter, or its scale, of a name that it has here.</param>
    public static Tensor In(Tensor weight, Func<string, Tensor> part)
    {
        using var scope = NewDisposeScope();
        var update = part(nameof(lora_B)).matmul(part(nameof(lora_A))).mul(part(nameof(scale)));
        return weight.Plus(update).MoveToOuterDisposeScope();
    }

    /// <summary>A linear layer, with its update where it has one, in the precision of the moment.</summary>
    public static Tensor Linear(Tensor x, Linear layer, LowRankUpdate? update)
    {
        var output = Autocast.Linear(x, layer.weight, layer.bias!);
        return update is null ? output : update.AddTo(output, x, 0, layer.weight.shape[0]);
    }
}
