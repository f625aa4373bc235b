using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling;

/// <summary>
/// The one way by which a training's numbers come from tensors to the program. On a GPU it waits for all the work under way, so a step
/// there reads nothing, and its loss is read while the next step is computed. Reads are counted, on any device, for tests to see.
/// </summary>
internal static class HostRead
{
    private static readonly AsyncLocal<StrongBox<int>?> Counted = new();

    /// <summary>Counts the reads on this flow of control from here on.</summary>
    public static StrongBox<int> Count() => Counted.Value = new StrongBox<int>();

    /// <summary>A scalar's value.</summary>
    public static double Number(Tensor scalar) => Numbers(scalar)[0];

    /// <summary>A tensor's values in their order.</summary>
    public static double[] Numbers(Tensor tensor)
    {
        if (Counted.Value is { } count) count.Value++;
        using var scope = NewDisposeScope();
        return tensor.detach().cpu().to_type(ScalarType.Float64).contiguous().data<double>().ToArray();
    }

    /// <summary>A scalar or vector in the widest type of its device, for sums that shall lose nothing.</summary>
    public static Tensor Widened(this Tensor tensor) =>
        tensor.to_type(tensor.device_type == DeviceType.MPS ? ScalarType.Float32 : ScalarType.Float64);
}
