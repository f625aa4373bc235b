using Clip.Trainer.Modeling;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>A parameter in the optimizer, with its moments.</summary>
/// <param name="Name">The parameter's.</param>
/// <param name="Parameter">The module's own.</param>
/// <param name="Mean">Of its gradients.</param>
/// <param name="Square">Of their squares.</param>
/// <param name="Decay">Its weight decay.</param>
/// <param name="Factor">What its learning rate is multiplied with.</param>
internal sealed record ParameterSlot(string Name, Parameter Parameter, Tensor Mean, Tensor Square, double Decay, double Factor);

/// <summary>
/// Parameters that take the same step, laid side by side in one memory, as are their moments: the step is a few kernels for all of them
/// together, where one by one a GPU would wait for the program to start thousands. What PyTorch's foreach and fused optimizers are for,
/// which TorchSharp does not have.
/// </summary>
internal sealed class ParameterGroup : IDisposable
{
    /// <summary>Numbers between the starts of parameters are a multiple of this: a GPU's kernels want addresses of 256 bytes.</summary>
    private const long Alignment = 64;

    private readonly List<ParameterSlot> _slots;
    private readonly Tensor _padding;

    private ParameterGroup(List<ParameterSlot> slots)
    {
        _slots = slots;
        _padding = zeros(Alignment, slots[0].Parameter.dtype, slots[0].Parameter.device).DetachFromDisposeScope();
        (Weights, Mean, Square) = (Together(s => s.Parameter), Together(s => s.Mean), Together(s => s.Square));
    }

    /// <summary>The weights, one after the other; the modules' parameters are parts of it.</summary>
    public Tensor Weights { get; }

    /// <summary>The means of their gradients.</summary>
    public Tensor Mean { get; }

    /// <summary>The means of their gradients' squares.</summary>
    public Tensor Square { get; }

    /// <summary>Their weight decay.</summary>
    public double Decay => _slots[0].Decay;

    /// <summary>What their learning rate is multiplied with.</summary>
    public double Factor => _slots[0].Factor;

    /// <summary>Lays parameters together by what their steps have in common.</summary>
    /// <param name="slots">Their tensors stay the same objects, and move to the groups' memory.</param>
    public static List<ParameterGroup> Of(IEnumerable<ParameterSlot> slots) =>
        [.. slots.GroupBy(s => (s.Decay, s.Factor, s.Parameter.dtype)).Select(group => new ParameterGroup([.. group]))];

    /// <summary>Whether these are the parameters of some groups, no more and no fewer.</summary>
    public static bool Covers(IEnumerable<ParameterGroup> groups, IEnumerable<ParameterSlot> slots) =>
        groups.SelectMany(group => group._slots).ToHashSet().SetEquals(slots);

    /// <summary>Their gradients as backward left them, one after the other, in the dispose scope of the moment.</summary>
    public Tensor Gradient() =>
        Joined(_slots.Select(s => s.Parameter.grad!).Select(g => g.is_sparse ? g.to_dense() : g)).to_type(ScalarType.Float32);

    public void Dispose()
    {
        _padding.Dispose();
        Weights.Dispose();
        Mean.Dispose();
        Square.Dispose();
    }

    /// <summary>Tensors one after the other, with zeros between them up to the next start.</summary>
    private Tensor Joined(IEnumerable<Tensor> tensors) => cat([.. tensors.SelectMany(Padded)], 0);

    private Tensor[] Padded(Tensor tensor)
    {
        var (flat, rest) = (tensor.reshape(-1), tensor.numel() % Alignment);
        return rest == 0 ? [flat] : [flat, _padding.narrow(0, 0, Alignment - rest)];
    }

    private Tensor Together(Func<ParameterSlot, Tensor> of)
    {
        using var scope = NewDisposeScope();
        var joined = Joined(_slots.Select(s => of(s).detach()));
        var start = 0L;
        foreach (var tensor in _slots.Select(of))
        {
            tensor.set_(joined.narrow(0, start, tensor.numel()).view(tensor.shape));
            start += (tensor.numel() + Alignment - 1) / Alignment * Alignment;
        }

        return joined.DetachFromDisposeScope();
    }
}
