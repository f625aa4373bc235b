using System.Runtime.InteropServices;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Onnx.Format;
using TorchSharp;
using static TorchSharp.torch;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Trainer.Modeling.Graphs;

/// <summary>The parameters that a graph is run with.</summary>
internal interface IGraphParameters
{
    /// <summary>A parameter as it is at the moment; not the caller's to dispose.</summary>
    Tensor Of(string name);

    /// <summary>Rows of a parameter that is a table: [rows, width], ids [items, tokens] → [items, tokens, width].</summary>
    Tensor Rows(string name, Tensor ids);
}

/// <summary>
/// A tower's graph as its page writes it for ONNX, ready to be run in torch, with gradients: node by node, each value given up behind the
/// last node that reads it.
/// </summary>
internal sealed class GraphPlan : IDisposable
{
    private readonly List<Step> _steps = [];
    private readonly Dictionary<string, int> _slots = [];
    private readonly Dictionary<int, GraphValue> _numbers = [];
    private readonly DerivedWeights _weights = new();
    private readonly int _output;

    /// <summary>Plans a graph without values in its weights: see <see cref="WeightTensor.Origin"/>.</summary>
    /// <param name="graph">Its nodes and weights.</param>
    /// <param name="output">The value to compute.</param>
    /// <exception cref="ClipException">A node is not known here.</exception>
    public GraphPlan(GraphBuilder graph, string output)
    {
        var integers = graph.Graph.Initializer.Where(i => i.DataType == DataType.Int64).ToDictionary(i => i.Name);
        foreach (var input in graph.Graph.Input) Slot(input.Name);
        var (attentions, parts) = Attention.Find(graph.Graph);
        foreach (var node in graph.Graph.Node.Where(node => !parts.Contains(node)))
        {
            if (attentions.TryGetValue(node, out var attention))
                Add(Run(Attention.Compute), node, [attention.Query, attention.Key, attention.Value, .. Some(attention.Mask)]);
            else if (RowsOf(node, graph) is { } table)
                Add((run, values) => run.Parameters.Rows(table, values.Tensor(0)), node, [node.Input[1]]);
            else Add(Run(GraphOperators.Of(node)), node, node.Input);
        }

        _output = _slots[output];
        RemoveWhatNobodyReads();
        ReleaseBehindLastUse();

        void Add(Func<GraphRun, NodeInputs, GraphValue> run, NodeProto node, IEnumerable<string> inputs)
        {
            int[] slots = [.. inputs.Select(Input)];
            _steps.Add(new Step(slots, Slot(node.Output[0]), run));
        }

        int Input(string name)
        {
            if (_slots.TryGetValue(name, out var known)) return known;
            var slot = Slot(name);
            if (integers.TryGetValue(name, out var numbers))
                _numbers[slot] = new GraphValue([.. MemoryMarshal.Cast<byte, long>(numbers.RawData.Span)], numbers.Dims.Count == 0);
            else if (graph.Weights.TryGetValue(name, out var weight))
                _steps.Add(new Step([], slot, (run, values) => _weights.Of(weight, run.Parameters.Of, values.Device)));
            else throw new InvalidOperationException($"The graph has no value '{name}'.");
            return slot;
        }
    }

    /// <summary>Computes the output.</summary>
    /// <param name="parameters">The model's.</param>
    /// <param name="inputs">The graph's, by name; those that no node reads may be left out.</param>
    /// <returns>The output, in the dispose scope of the moment.</returns>
    public Tensor Forward(IGraphParameters parameters, params ReadOnlySpan<(string Name, Tensor Value)> inputs)
    {
        using var scope = NewDisposeScope();
        var values = new GraphValue?[_slots.Count];
        foreach (var (slot, numbers) in _numbers) values[slot] = numbers;
        foreach (var (name, value) in inputs) values[_slots[name]] = value;
        var run = new GraphRun(parameters);
        var device = inputs[0].Value.device;
        foreach (var step in _steps)
        {
            var own = Array.ConvertAll(step.Inputs, slot => values[slot] ?? throw new InvalidOperationException("A value is missing."));
            values[step.Output] = step.Run(run, new NodeInputs(own, device));
            foreach (var slot in step.Spent)
            {
                values[slot]!.Release();
                values[slot] = null;
            }
        }

        return values[_output]!.On(device).MoveToOuterDisposeScope();
    }

    public void Dispose() => _weights.Dispose();

    private static Func<GraphRun, NodeInputs, GraphValue> Run(GraphOperator op) => (_, values) => op(values);

    private static IEnumerable<string> Some(string? name) => name is null ? [] : [name];

    /// <summary>The parameter that a node looks up rows of; null where it does something else.</summary>
    private static string? RowsOf(NodeProto node, GraphBuilder graph) =>
        node.OpType == "Gather" && node.Attribute.All(a => a.Name != "axis" || a.I == 0)
        && graph.Weights.TryGetValue(node.Input[0], out var table) && table.Origin is Derivation.Named { Name: var name }
            ? name
            : null;

    private int Slot(string name)
    {
        if (!_slots.TryGetValue(name, out var slot)) _slots[name] = slot = _slots.Count;
        return slot;
    }

    /// <summary>What only shapes were taken of need not be computed.</summary>
    private void RemoveWhatNobodyReads()
    {
        HashSet<int> read = [_output];
        for (var i = _steps.Count - 1; i >= 0; i--)
        {
            if (read.Contains(_steps[i].Output)) read.UnionWith(_steps[i].Inputs);
            else _steps.RemoveAt(i);
        }
    }

    private void ReleaseBehindLastUse()
    {
        // Inputs are the caller's, numbers the plan's.
        var own = _steps.Select(step => step.Output).ToHashSet();
        own.Remove(_output);
        for (var i = _steps.Count - 1; i >= 0; i--)
        {
            var step = _steps[i];
            _steps[i] = step with { Spent = [.. step.Inputs.Append(step.Output).Distinct().Where(own.Remove)] };
        }
    }

    private sealed record Step(int[] Inputs, int Output, Func<GraphRun, NodeInputs, GraphValue> Run)
    {
        /// <summary>Values that nobody reads behind it.</summary>
        public int[] Spent { get; init; } = [];
    }

    private sealed record GraphRun(IGraphParameters Parameters);
}
