using static TorchSharp.torch;

namespace Clip.Trainer.Tests;

/// <summary>Normal noise of a generator of its own: torch's is everybody's, and the starting weights of a run come from it.</summary>
internal sealed class Noise(ulong seed = 1) : IDisposable
{
    private readonly Generator _random = new(seed);

    public Tensor Draw(params long[] shape) => randn(shape, generator: _random);

    public void Dispose() => _random.Dispose();
}
