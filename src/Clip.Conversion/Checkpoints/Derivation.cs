using System.Numerics.Tensors;

namespace Clip.Conversion.Checkpoints;

/// <summary>
/// How a graph's tensor follows from a model's own parameters: what is computed once, when a graph is written, instead of each time it
/// runs. It is recorded as one of a few kinds, so that whoever trains the parameters can go the same way, with gradients.
/// </summary>
/// <param name="sources">The tensors it follows from.</param>
internal abstract class Derivation(params WeightTensor[] sources)
{
    /// <summary>The tensors it follows from.</summary>
    public IReadOnlyList<WeightTensor> Sources => sources;

    /// <summary>Its values, from those of its sources.</summary>
    public abstract float[] Values();

    /// <summary>A parameter itself, known by name alone.</summary>
    internal sealed class Named(string name) : Derivation
    {
        public string Name => name;

        public override float[] Values() => throw new InvalidOperationException($"The parameter '{name}' has no values here.");
    }

    /// <summary>All values times one factor.</summary>
    internal sealed class Scaled(WeightTensor source, float factor) : Derivation(source)
    {
        public float Factor => factor;

        public override float[] Values()
        {
            var result = new float[source.Data.Length];
            TensorPrimitives.Multiply(source.Data.Span, factor, result);
            return result;
        }
    }

    /// <summary>Each row (everything under one index of the first axis) times a factor of its own.</summary>
    internal sealed class ScaledRows(WeightTensor source, WeightTensor factors) : Derivation(source, factors)
    {
        public override float[] Values()
        {
            var result = source.Data.ToArray();
            var byRow = factors.Data.Span;
            var length = result.Length / byRow.Length;
            for (var r = 0; r < byRow.Length; r++)
            {
                var row = result.AsSpan(r * length, length);
                TensorPrimitives.Multiply(row, byRow[r], row);
            }

            return result;
        }
    }

    /// <summary>Rows that follow each other, from <paramref name="first"/> on.</summary>
    internal sealed class Rows(WeightTensor source, long first, long count) : Derivation(source)
    {
        public long First => first;

        public long Count => count;

        public override float[] Values()
        {
            var length = source.Data.Length / (int)source.Shape[0];
            return source.Data.Slice((int)first * length, (int)count * length).ToArray();
        }
    }

    /// <summary>
    /// Blocks of <paramref name="length"/> values, taken from the source: the i-th is its block <paramref name="place"/>(i), or zeros
    /// where that is negative.
    /// </summary>
    internal sealed class Gathered(WeightTensor source, int length, int count, Func<int, int> place) : Derivation(source)
    {
        public int Length => length;

        public int Count => count;

        /// <summary>The source's block that stands at a place.</summary>
        public int Place(int number) => place(number);

        public override float[] Values()
        {
            var from = source.Data.Span;
            var result = new float[count * length];
            for (var i = 0; i < count; i++)
            {
                if (place(i) is var at and >= 0) from.Slice(at * length, length).CopyTo(result.AsSpan(i * length));
            }

            return result;
        }
    }

    /// <summary>The sum of two tensors of one shape.</summary>
    internal sealed class Sum(WeightTensor a, WeightTensor b) : Derivation(a, b)
    {
        public override float[] Values()
        {
            var result = new float[a.Data.Length];
            TensorPrimitives.Add(a.Data.Span, b.Data.Span, result);
            return result;
        }
    }

    /// <summary>A row through a linear layer, times a factor: (W·x + b)·factor. In double, so that only the result is rounded.</summary>
    internal sealed class ProjectedRow(WeightTensor weight, WeightTensor bias, WeightTensor row, float factor)
        : Derivation(weight, bias, row)
    {
        public float Factor => factor;

        public override float[] Values()
        {
            var matrix = weight.Data.Span;
            var offsets = bias.Data.Span;
            var x = row.Data.Span;
            var result = new float[offsets.Length];
            for (var o = 0; o < result.Length; o++)
            {
                double sum = offsets[o];
                var w = matrix.Slice(o * x.Length, x.Length);
                for (var i = 0; i < x.Length; i++) sum += (double)w[i] * x[i];
                result[o] = (float)(sum * factor);
            }

            return result;
        }
    }

    /// <summary>exp of the values, which are kept from exceeding <paramref name="most"/>.</summary>
    internal sealed class Exponential(WeightTensor source, float most) : Derivation(source)
    {
        public float Most => most;

        public override float[] Values() => [.. source.Data.ToArray().Select(value => MathF.Exp(MathF.Min(value, most)))];
    }

    /// <summary>A square grid of rows, interpolated to another size: see <see cref="PositionResize"/>.</summary>
    internal sealed class ResizedGrid(WeightTensor source, int before, int after) : Derivation(source)
    {
        /// <summary>The old grid's side.</summary>
        public int Before => before;

        /// <summary>What each place of the new grid takes of each of the old: [after², before²].</summary>
        public float[] Shares()
        {
            var (old, size) = (before * before, after * after);
            var identity = new float[old * old];
            for (var i = 0; i < old; i++) identity[i * old + i] = 1;
            var shares = new float[size * old];
            PositionResize.Grid(identity, before, after, old, shares);
            return shares;
        }

        public override float[] Values()
        {
            var width = source.Data.Length / (before * before);
            var resized = new float[after * after * width];
            PositionResize.Grid(source.Data.Span, before, after, width, resized);
            return resized;
        }
    }

    /// <summary>
    /// A convolution's kernels with the batch norm behind it, which with running statistics is an affine map of each channel:
    /// w·γ/√(var + ε). Computed in double, so that only the result is rounded.
    /// </summary>
    internal sealed class NormedKernels(WeightTensor kernels, WeightTensor gain, WeightTensor variance, double eps)
        : Derivation(kernels, gain, variance)
    {
        public double Eps => eps;

        public override float[] Values()
        {
            var source = kernels.Data.Span;
            var gains = gain.Data.Span;
            var variances = variance.Data.Span;
            var folded = new float[source.Length];
            var length = source.Length / gains.Length;
            for (var c = 0; c < gains.Length; c++)
            {
                var factor = gains[c] / Math.Sqrt(variances[c] + eps);
                for (var i = c * length; i < (c + 1) * length; i++) folded[i] = (float)(source[i] * factor);
            }

            return folded;
        }
    }

    /// <summary>What such a batch norm adds: β − mean·γ/√(var + ε).</summary>
    internal sealed class NormedOffsets(WeightTensor gain, WeightTensor bias, WeightTensor mean, WeightTensor variance, double eps)
        : Derivation(gain, bias, mean, variance)
    {
        public double Eps => eps;

        public override float[] Values()
        {
            var gains = gain.Data.Span;
            var biases = bias.Data.Span;
            var means = mean.Data.Span;
            var variances = variance.Data.Span;
            var offsets = new float[gains.Length];
            for (var c = 0; c < offsets.Length; c++)
                offsets[c] = (float)(biases[c] - means[c] * (gains[c] / Math.Sqrt(variances[c] + eps)));
            return offsets;
        }
    }

    /// <summary>W₂·ReLU(W₁·u + b₁) + b₂ of constant rows u: what a small MLP makes of each distance. In double, too.</summary>
    internal sealed class PerceptronOfConstants(
        double[][] rows, WeightTensor w1, WeightTensor b1, WeightTensor w2, WeightTensor b2) : Derivation(w1, b1, w2, b2)
    {
        /// <summary>The constant rows u.</summary>
        public IReadOnlyList<double[]> Inputs => rows;

        public override float[] Values()
        {
            var (hidden, outputs) = ((int)w1.Shape[0], (int)w2.Shape[0]);
            var widen = w1.Data.Span;
            var shift = b1.Data.Span;
            var narrow = w2.Data.Span;
            var offset = b2.Data.Span;
            var result = new float[rows.Length * outputs];
            for (var row = 0; row < rows.Length; row++)
            {
                var u = rows[row];
                for (var o = 0; o < outputs; o++)
                {
                    double sum = offset[o];
                    for (var i = 0; i < hidden; i++)
                    {
                        double x = widen[u.Length * i] * u[0];
                        for (var k = 1; k < u.Length; k++) x += widen[u.Length * i + k] * u[k];
                        sum += narrow[o * hidden + i] * Math.Max(x + shift[i], 0);
                    }

                    result[row * outputs + o] = (float)sum;
                }
            }

            return result;
        }
    }
}
