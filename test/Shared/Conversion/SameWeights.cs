using Clip.Conversion.Checkpoints;

namespace Clip.Testing;

internal static class SameWeights
{
    /// <summary>Same names, same shapes, and values that differ by at most <paramref name="relative"/> of the expected one.</summary>
    public static void Assert(
        IReadOnlyDictionary<string, WeightTensor> expected, IReadOnlyDictionary<string, WeightTensor> actual, float relative = 0)
    {
        Xunit.Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, tensor) in expected)
        {
            Xunit.Assert.Equal(tensor.Shape, actual[name].Shape);
            var (want, got) = (tensor.Data.ToArray(), actual[name].Data.ToArray());
            Xunit.Assert.Equal(want.Length, got.Length);
            for (var i = 0; i < want.Length; i++)
            {
                Xunit.Assert.True(
                    want[i] == got[i] || MathF.Abs(want[i] - got[i]) <= relative * MathF.Max(MathF.Abs(want[i]), 1e-4f),
                    $"{name}[{i}]: {want[i]} became {got[i]}");
            }
        }
    }
}
