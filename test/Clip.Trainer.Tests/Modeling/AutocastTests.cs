using Clip.Trainer.Modeling;
using static TorchSharp.torch;

namespace Clip.Trainer.Tests.Modeling;

public sealed class AutocastTests : IDisposable
{
    private readonly Noise _noise = new();

    public void Dispose() => _noise.Dispose();

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void AttentionInBfloat16IsThatInFloat32ButForRounding(bool causal, bool masked)
    {
        using var scope = NewDisposeScope();
        var (query, key, value) = (Draw(2, 3, 5, 8), Draw(2, 3, 5, 8), Draw(2, 3, 5, 8));
        var visible = masked ? ones(2, 1, 1, 5, ScalarType.Bool) : null;
        if (masked) visible![0, 0, 0, 3] = tensor(false);
        var expected = Autocast.Attention(query, key, value, visible, causal);

        using var precision = Autocast.Use(TrainingPrecision.Bf16);
        var actual = Autocast.Attention(query.bfloat16(), key.bfloat16(), value.bfloat16(), visible, causal);

        Assert.Equal(ScalarType.BFloat16, actual.dtype);
        Assert.InRange((actual.@float() - expected).abs().max().item<float>(), 1e-5, 0.05);
    }

    private Tensor Draw(params long[] shape) => _noise.Draw(shape);
}
