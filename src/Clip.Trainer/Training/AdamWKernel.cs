using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>One step's numbers for one parameter, in the order PyTorch applies them.</summary>
/// <param name="GradientScale">What the gradient is multiplied by before anything else.</param>
/// <param name="Keep">1 − learning rate · weight decay.</param>
/// <param name="TowardsMean">1 − β₁.</param>
/// <param name="Beta2">β₂.</param>
/// <param name="TowardsSquare">1 − β₂.</param>
/// <param name="Root">√(1 − β₂ⁿ).</param>
/// <param name="Epsilon">ε.</param>
/// <param name="Step">−learning rate / (1 − β₁ⁿ).</param>
internal readonly record struct AdamWFactors(
    float GradientScale, float Keep, float TowardsMean, float Beta2, float TowardsSquare, float Root, float Epsilon, float Step);

/// <summary>
/// AdamW on the CPU in one pass over memory, where torch's kernels take eight: a step is bound by memory, so that is what it costs.
/// Elements are independent of each other, so threads change no bit.
/// </summary>
internal static class AdamWKernel
{
    private const int Chunk = 1 << 16;

    /// <summary>Whether the kernel can work on a parameter where it lies.</summary>
    public static bool Takes(Tensor parameter) =>
        parameter.device_type == DeviceType.CPU && parameter.dtype == ScalarType.Float32 && parameter.is_contiguous();

    /// <summary>Updates a parameter and its moments with a gradient of the same shape; all contiguous, float32 and on the CPU.</summary>
    public static void Update(Tensor parameter, Tensor mean, Tensor square, Tensor gradient, AdamWFactors factors)
    {
        Memory p = new(parameter), m = new(mean), v = new(square), g = new(gradient);
        var length = (int)parameter.numel();
        InChunks(length, (start, count) =>
            Update(p.Slice(start, count), m.Slice(start, count), v.Slice(start, count), g.Slice(start, count), factors));
    }

    /// <summary>
    /// Updates a matrix whose gradient is zero but for the rows numbered in <paramref name="rows"/>, none twice, which have
    /// <paramref name="values"/> [rows, width]: the same as with the zeros written out.
    /// </summary>
    public static void UpdateRows(Tensor parameter, Tensor mean, Tensor square, Tensor rows, Tensor values, AdamWFactors factors)
    {
        Memory p = new(parameter), m = new(mean), v = new(square), g = new(values);
        var (count, width) = ((int)parameter.shape[0], (int)parameter.shape[1]);
        var place = new int[count]; // of a row's gradient among the values, counted from 1; 0 for none
        var touched = rows.data<long>().ToArray();
        for (var i = 0; i < touched.Length; i++) place[touched[i]] = i + 1;
        var zeros = new float[width];
        InChunks(count, Math.Max(1, Chunk / width), (start, length) =>
        {
            for (var row = start; row < start + length; row++)
            {
                ReadOnlySpan<float> gradient = place[row] == 0 ? zeros : g.Slice((place[row] - 1) * width, width);
                var at = row * width;
                Update(p.Slice(at, width), m.Slice(at, width), v.Slice(at, width), gradient, factors);
            }
        });
    }

    /// <summary>The sum of a tensor's squares, added up in an order that threads do not change.</summary>
    public static double SumOfSquares(Tensor tensor)
    {
        var values = new Memory(tensor);
        var length = (int)tensor.numel();
        var sums = new double[(length + Chunk - 1) / Chunk];
        InChunks(length, (start, count) =>
        {
            var sum = Vector<double>.Zero;
            var span = values.Slice(start, count);
            var vectors = MemoryMarshal.Cast<float, Vector<float>>(span);
            foreach (var vector in vectors)
            {
                Vector.Widen(vector, out var low, out var high);
                sum += (low * low) + (high * high);
            }

            var rest = 0.0;
            foreach (var value in span[(vectors.Length * Vector<float>.Count)..]) rest += (double)value * value;
            sums[start / Chunk] = Vector.Sum(sum) + rest;
        });
        return sums.Sum();
    }

    private static void Update(Span<float> parameter, Span<float> mean, Span<float> square, ReadOnlySpan<float> gradient, AdamWFactors f)
    {
        Span<Vector<float>> ps = Vectors(parameter), ms = Vectors(mean), vs = Vectors(square);
        var gs = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        Vector<float> scale = new(f.GradientScale), keep = new(f.Keep), towards = new(f.TowardsMean), beta2 = new(f.Beta2);
        Vector<float> towardsSquare = new(f.TowardsSquare), root = new(f.Root), epsilon = new(f.Epsilon), step = new(f.Step);
        for (var i = 0; i < ps.Length; i++)
        {
            var g = gs[i] * scale;
            var m = ms[i] + (towards * (g - ms[i]));
            var v = (vs[i] * beta2) + (towardsSquare * g * g);
            ms[i] = m;
            vs[i] = v;
            ps[i] = (ps[i] * keep) + (step * m / ((Vector.SquareRoot(v) / root) + epsilon));
        }

        for (var i = ps.Length * Vector<float>.Count; i < parameter.Length; i++)
        {
            var g = gradient[i] * f.GradientScale;
            mean[i] += f.TowardsMean * (g - mean[i]);
            square[i] = (square[i] * f.Beta2) + (f.TowardsSquare * g * g);
            parameter[i] = (parameter[i] * f.Keep) + (f.Step * mean[i] / ((MathF.Sqrt(square[i]) / f.Root) + f.Epsilon));
        }
    }

    private static Span<Vector<float>> Vectors(Span<float> values) => MemoryMarshal.Cast<float, Vector<float>>(values);

    private static void InChunks(int length, Action<int, int> work) => InChunks(length, Chunk, work);

    private static void InChunks(int length, int chunk, Action<int, int> work)
    {
        var chunks = (length + chunk - 1) / chunk;
        void One(int i) => work(i * chunk, Math.Min(chunk, length - (i * chunk)));
        if (chunks < 2) // not worth waking anybody
        {
            for (var i = 0; i < chunks; i++) One(i);
            return;
        }

        Parallel.For(0, chunks, new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() }, One);
    }

    /// <summary>A tensor's floats where they lie, for lambdas, which cannot hold spans. The tensor must outlive it.</summary>
    private readonly unsafe struct Memory
    {
        private readonly float* _start;

        public Memory(Tensor tensor) =>
            _start = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(MemoryMarshal.Cast<byte, float>(tensor.bytes)));

        public Span<float> Slice(int start, int length) => new(_start + start, length);
    }
}
