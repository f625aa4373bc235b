using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling.Graphs;

/// <summary>
/// What a node of a graph puts out: a tensor; or, of shapes and what is computed from them, numbers on the host, so that no device is
/// waited for.
/// </summary>
internal sealed class GraphValue
{
    private readonly Tensor? _tensor;
    private readonly long[]? _numbers;
    private readonly bool _isScalar;

    public GraphValue(Tensor tensor) => _tensor = tensor;

    public GraphValue(long[] numbers, bool isScalar = false) => (_numbers, _isScalar) = (numbers, isScalar);

    /// <summary>Whether it is on the host.</summary>
    public bool IsNumbers => _numbers is not null;

    /// <summary>The numbers of a shape or of axes.</summary>
    public long[] Numbers => _numbers ?? throw new InvalidOperationException("A graph's shapes must not depend on its values.");

    /// <summary>The only one of the numbers.</summary>
    public long Number => Numbers.Length == 1 ? Numbers[0] : throw new InvalidOperationException("A graph has several numbers for one.");

    public static implicit operator GraphValue(Tensor tensor) => new(tensor);

    /// <summary>The tensor; made of the numbers where it is none, in the dispose scope of the moment.</summary>
    public Tensor On(Device device)
    {
        if (_tensor is not null) return _tensor;
        return _isScalar ? tensor(Number, device: device) : tensor(Numbers, device: device);
    }

    /// <summary>Gives up the tensor.</summary>
    public void Release() => _tensor?.Dispose();
}
