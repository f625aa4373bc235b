using System.Runtime.InteropServices;
using Clip.Data.Distributed;
using Clip.Trainer.Modeling;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>
/// Sums gradients over the ranks of a job, in buckets that set out while backward still computes those of the blocks below
/// (Li et al. 2020, "PyTorch Distributed: Experiences on Accelerating Data Parallel Training"). Of an embedding travel the rows that the
/// ranks have, or the whole matrix where that is less.
/// </summary>
/// <param name="ranks">The job's.</param>
/// <param name="trained">The parameters that are trained.</param>
/// <param name="compression">In what numbers gradients travel.</param>
internal sealed class GradientExchange(Ranks ranks, IReadOnlyList<Parameter> trained, GradientCompression compression)
{
    /// <summary>As PyTorch has it.</summary>
    private const long BucketBytes = 25 << 20;

    private readonly Dictionary<nint, Parameter> _trained = trained.ToDictionary(p => p.Handle);
    private readonly HashSet<nint> _taken = [];
    private readonly List<Parameter> _bucket = [];
    private readonly List<Sent> _sent = [];
    private readonly Dictionary<Parameter, Gradient> _rows = [];
    private long _bucketBytes;

    private readonly SumPrecision _precision = compression switch
    {
        GradientCompression.Float16 => SumPrecision.Float16,
        GradientCompression.BFloat16 => SumPrecision.BFloat16,
        _ => SumPrecision.Float32,
    };

    /// <summary>How many parameters' gradients were taken before the end of the last backward.</summary>
    public int TakenEarly { get; private set; }

    /// <summary>Takes a block's gradients, which backward has just completed.</summary>
    public void Passed(nn.Module block)
    {
        foreach (var parameter in block.parameters().Reverse())
        {
            if (_trained.TryGetValue(parameter.Handle, out var own)) Take(own);
        }
    }

    /// <summary>Takes what is left, and waits until every gradient is the sum of all ranks'.</summary>
    public void Finish()
    {
        TakenEarly = _taken.Count;
        foreach (var parameter in trained.Reverse()) Take(parameter);
        Send();
        foreach (var parameter in trained.Where(p => p.grad is { is_sparse: true }))
            _rows[parameter] = SumRows(Gradient.Of(parameter)!, parameter);
        foreach (var sent in _sent) Receive(sent);
        _sent.Clear();
        _taken.Clear();
    }

    /// <summary>A parameter's summed gradient; null where it has none.</summary>
    public Gradient? Of(Parameter parameter) => _rows.Remove(parameter, out var rows) ? rows : Gradient.Of(parameter);

    private void Take(Parameter parameter)
    {
        using var gradient = parameter.grad;
        if (gradient is not { is_sparse: false } || !_taken.Add(parameter.Handle)) return;
        _bucket.Add(parameter);
        _bucketBytes += gradient.numel() * sizeof(float);
        if (_bucketBytes >= BucketBytes) Send();
    }

    private void Send()
    {
        if (_bucket.Count == 0) return;
        using var scope = NewDisposeScope();
        using var unused = no_grad();
        var flat = Host(cat([.. _bucket.Select(p => p.grad!.flatten())])).DetachFromDisposeScope();
        _sent.Add(new Sent([.. _bucket], flat, ranks.BeginSum(RankSum.Address(flat), flat.numel(), _precision)));
        _bucket.Clear();
        _bucketBytes = 0;
    }

    private static void Receive(Sent sent)
    {
        using var unused = no_grad();
        sent.Sum.Wait();
        using var flat = sent.Flat;
        long start = 0;
        foreach (var parameter in sent.Parameters)
        {
            using var gradient = parameter.grad!; // a wrapper made anew at each look
            using var part = flat.narrow(0, start, gradient.numel());
            using var shaped = part.view(gradient.shape);
            gradient.copy_(shaped);
            start += gradient.numel();
        }
    }

    private Gradient SumRows(Gradient own, Parameter parameter)
    {
        using var unused = no_grad();
        long width = own.Values.shape[1];
        var counts = ranks.Gather((double)own.Rows!.shape[0]).Select(c => (int)c[0]).ToArray();
        if (counts.Sum() >= 2 * parameter.shape[0])
        {
            var dense = Host(zeros_like(parameter).index_copy_(0, own.Rows, own.Values));
            ranks.BeginSum(RankSum.Address(dense), dense.numel(), _precision).Wait();
            return new Gradient(dense.to(parameter.device).@float(), null);
        }

        var values = Host(own.Values);
        long rowBytes = width * values.element_size();
        var rowNumbers = Gathered(own.Rows.cpu(), counts, sizeof(long)).to(parameter.device);
        var rowValues = Gathered(values, counts, rowBytes).to(parameter.device).@float();
        var (rows, places, _) = rowNumbers.unique(return_inverse: true);
        using Scalar one = 1;
        var sum = zeros(rows.shape[0], width, ScalarType.Float32, parameter.device).index_add_(0, places!, rowValues, one);
        return new Gradient(sum, rows);
    }

    private Tensor Gathered(Tensor host, int[] counts, long rowBytes)
    {
        var all = ranks.Gather(host.contiguous().bytes, [.. counts.Select(c => checked((int)(c * rowBytes)))]);
        long[] shape = [counts.Sum(), .. host.shape.Skip(1)];
        var result = empty(shape, host.dtype);
        all.CopyTo(result.bytes);
        return result;
    }

    /// <summary>A contiguous copy on the CPU, in the numbers that travel.</summary>
    private Tensor Host(Tensor values)
    {
        var dtype = _precision switch
        {
            SumPrecision.Float16 => ScalarType.Float16,
            SumPrecision.BFloat16 => ScalarType.BFloat16,
            _ => ScalarType.Float32,
        };
        return values.to_type(dtype).cpu().contiguous();
    }

    private sealed record Sent(Parameter[] Parameters, Tensor Flat, Ranks.Pending Sum);
}
