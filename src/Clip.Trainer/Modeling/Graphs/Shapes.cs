using Clip.Conversion.Onnx.Format;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling.Graphs;

/// <summary>What cuts, joins and turns tensors, and the numbers that tell how.</summary>
internal static class Shapes
{
    public static Dictionary<string, Func<NodeProto, GraphOperator>> All { get; } = new()
    {
        ["Identity"] = _ => inputs => inputs[0].IsNumbers ? inputs[0] : inputs.Tensor(0).alias(),
        ["Shape"] = ShapeOf,
        ["Reshape"] = Reshape,
        ["Transpose"] = node =>
        {
            var order = node.Ints("perm")!;
            return inputs => inputs.Tensor(0).permute(order);
        },
        ["Expand"] = _ => inputs => inputs.Tensor(0).expand(Broadcast(inputs.Tensor(0).shape, inputs.Numbers(1))),
        ["Unsqueeze"] = _ => Unsqueeze,
        ["Squeeze"] = _ => Squeeze,
        ["Concat"] = Concat,
        ["Slice"] = _ => Slice,
        ["Gather"] = Gather,
        ["GatherND"] = GatherNd,
        ["Range"] = _ => inputs => Range(inputs[0].Number, inputs[1].Number, inputs[2].Number),
    };

    private static GraphOperator ShapeOf(NodeProto node)
    {
        var (start, end) = ((int)node.Int("start", 0), node.Int("end", long.MaxValue));
        return inputs =>
        {
            var shape = inputs.Tensor(0).shape;
            return new GraphValue(shape[start..(int)Math.Min(end, shape.Length)]);
        };
    }

    /// <summary>A 0 keeps the dimension at its place.</summary>
    private static GraphOperator Reshape(NodeProto node)
    {
        node.Require(node.Int("allowzero", 0) == 0, "dimensions of zero");
        return inputs =>
        {
            var x = inputs.Tensor(0);
            return x.reshape([.. inputs.Numbers(1).Select((d, i) => d == 0 ? x.shape[i] : d)]);
        };
    }

    private static long[] Broadcast(long[] from, long[] to)
    {
        var rank = Math.Max(from.Length, to.Length);
        return [.. Enumerable.Range(0, rank).Select(i => Math.Max(At(from, i), At(to, i)))];

        long At(long[] shape, int i) => i + shape.Length - rank is var place and >= 0 ? shape[place] : 1;
    }

    private static GraphValue Unsqueeze(NodeInputs inputs)
    {
        using var scope = NewDisposeScope();
        var x = inputs.Tensor(0).alias();
        foreach (var axis in inputs.Numbers(1).Order()) x = x.unsqueeze(axis);
        return x.MoveToOuterDisposeScope();
    }

    private static GraphValue Squeeze(NodeInputs inputs)
    {
        if (inputs[0].IsNumbers) return new GraphValue(inputs.Numbers(0), isScalar: true);
        using var scope = NewDisposeScope();
        var x = inputs.Tensor(0).alias();
        foreach (var axis in inputs.Numbers(1).OrderDescending()) x = x.squeeze(axis);
        return x.MoveToOuterDisposeScope();
    }

    private static GraphOperator Concat(NodeProto node)
    {
        var axis = node.Int("axis", 0);
        return inputs => inputs.Values.All(value => value.IsNumbers)
            ? new GraphValue([.. inputs.Values.SelectMany(value => value.Numbers)])
            : cat([.. Enumerable.Range(0, inputs.Count).Select(inputs.Tensor)], axis);
    }

    private static GraphValue Slice(NodeInputs inputs)
    {
        using var scope = NewDisposeScope();
        var (starts, ends) = (inputs.Numbers(1), inputs.Numbers(2));
        var axes = inputs.Count > 3 ? inputs.Numbers(3) : [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)];
        var x = inputs.Tensor(0).alias();
        for (var i = 0; i < axes.Length; i++)
        {
            var step = inputs.Count > 4 ? inputs.Numbers(4)[i] : 1;
            x = x.slice(axes[i], starts[i], ends[i], step);
        }

        return x.MoveToOuterDisposeScope();
    }

    private static GraphOperator Gather(NodeProto node)
    {
        var axis = node.Int("axis", 0);
        return inputs =>
        {
            using var scope = NewDisposeScope();
            var x = inputs.Tensor(0);
            if (inputs[1].IsNumbers && inputs.Numbers(1).Length == 1) return x.select(axis, inputs[1].Number).MoveToOuterDisposeScope();
            var places = inputs.Tensor(1);
            long[] shape = [.. x.shape[..(int)axis], .. places.shape, .. x.shape[((int)axis + 1)..]];
            return x.index_select(axis, places.flatten()).view(shape).MoveToOuterDisposeScope();
        };
    }

    /// <summary>A row of each item: data [items, rows, …], places [items, 1].</summary>
    private static GraphOperator GatherNd(NodeProto node)
    {
        node.Require(node.Int("batch_dims", 0) == 1, "places that are not one for each item");
        return inputs =>
        {
            using var scope = NewDisposeScope();
            var (x, places) = (inputs.Tensor(0), inputs.Tensor(1));
            long[] one = [x.shape[0], 1, .. x.shape.Skip(2)];
            var index = places.view([x.shape[0], .. Enumerable.Repeat(1L, x.shape.Length - 1)]).expand(one);
            return x.gather(1, index).squeeze(1).MoveToOuterDisposeScope();
        };
    }

    private static GraphValue Range(long from, long to, long step)
    {
        var numbers = new List<long>();
        for (var i = from; step > 0 ? i < to : i > to; i += step) numbers.Add(i);
        return new GraphValue([.. numbers]);
    }
}
