using System.Numerics.Tensors;

namespace Microsoft.ML.Clip.Scanning;

/// <summary>
/// A query made ready for a scan of codes: row · query ≈ <see cref="Offset"/> + <see cref="Scale"/> × (codes · <see cref="Values"/>), and
/// off by at most <see cref="Bound"/>.
/// </summary>
internal sealed class CodedQuery
{
    private readonly double _norm, _fromSteps, _ownError, _rounding;

    public CodedQuery(float[] query, RowCodes codes)
    {
        Vector = query;
        var scaled = new float[query.Length];
        TensorPrimitives.Multiply<float>(query, codes.Steps, scaled);
        // So small that the sum of all products fits 32 bits.
        var most = Math.Min(short.MaxValue, int.MaxValue / ((RowCodes.Most + 1) * query.Length));
        var largest = TensorPrimitives.MaxMagnitude<float>(scaled);
        Scale = MathF.Abs(largest) / most;
        Values = new short[RowCodes.Stride(query.Length)];
        for (var j = 0; j < query.Length; j++)
        {
            if (Scale > 0) Values[j] = (short)Math.Clamp(Math.Round((double)scaled[j] / Scale), -most, most);
            _ownError += RowCodes.Most * Math.Abs((double)query[j] * codes.Steps[j] - (double)Scale * Values[j]);
            Offset += (double)query[j] * codes.Centers[j];
            _fromSteps += Math.Abs((double)query[j]) * codes.Steps[j] / 2;
        }

        _norm = TensorPrimitives.Norm<float>(query) * (1 + 1e-6);
        // A dot product in floats, of vectors of length 1, is off by less than this; and so is what is computed of the codes' product.
        _rounding = (query.Length + 8) * 2.4e-7 * _norm;
    }

    /// <summary>The query itself.</summary>
    public float[] Vector { get; }

    /// <summary>Its codes, padded as rows are.</summary>
    public short[] Values { get; }

    public float Scale { get; }

    public double Offset { get; }

    /// <summary>How far a row's score can be from what its codes say.</summary>
    /// <param name="distance">The row's distance from its codes.</param>
    public float Bound(float distance) =>
        (float)((Math.Min(distance * _norm, _fromSteps * 1.001) + _ownError) * (1 + 1e-6) + _rounding);
}
