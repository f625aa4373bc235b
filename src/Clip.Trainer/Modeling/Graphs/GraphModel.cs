using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Onnx.Format;
using Clip.Conversion.Zoo.Blocks;
using Clip.Conversion.Zoo.Towers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling.Graphs;

/// <summary>
/// A model of one of the zoo's families: both towers as their pages write them for ONNX, run in torch. Its parameters have the names of
/// the family's own files; the statistics of batch norms, which the graphs have folded into convolutions, are used as they are.
/// </summary>
internal sealed class GraphModel : TwoTowerModel, IGraphParameters, ILowRankTarget
{
    /// <summary>What a linear layer's weight is called, behind a dot or an underscore.</summary>
    private const string WeightName = ".weight";

    private readonly ZooModel _model;
    private readonly GraphPlan _image;
    private readonly GraphPlan _text;
    private readonly Dictionary<string, string> _updates = [];
    private readonly string? _tokens;
    private Dictionary<string, Tensor> _tensors = [];
    private Embedding? _lookup; // not registered: the table is the model's own

    /// <summary>Creates the model; its parameters are zeros, for it starts from weights.</summary>
    /// <param name="model">Both towers.</param>
    /// <exception cref="ClipException">There is one tower alone, or a graph has what is not trained here.</exception>
    public GraphModel(ZooModel model)
        : base(nameof(GraphModel))
    {
        if (model.Image is null || model.Text is null)
            throw new ClipException(
                "A model of one tower alone cannot be trained, for what is trained is their agreement; give one of both.");
        _model = model;
        Layout = ParameterLayout.Of(model.Layout());
        (_image, _text) = (Plan("image", model.WriteImage), Plan("text", model.WriteText));
        _tokens = Layout.FirstOrDefault(p => p.Place.Tower == Tower.Text && p.Shape.Count == 2 && p.Shape[0] == model.Text.VocabSize)?.Name;
        foreach (var parameter in Layout)
        {
            var values = zeros([.. parameter.Shape]);
            if (parameter.IsStatistic) register_buffer(parameter.Name, values);
            // What no feature depends on stays as it is.
            else register_parameter(parameter.Name, new Parameter(values, requires_grad: !Captioner.Owns(parameter.Name)));
        }

        TakeUp();
    }

    /// <summary>The towers' sizes.</summary>
    public ZooModel Model => _model;

    /// <inheritdoc/>
    internal override ParameterLayout Layout { get; }

    /// <inheritdoc/>
    public override Parameter LogitScale => (Parameter)_tensors[ClipNames.LogitScale];

    /// <inheritdoc/>
    public override Parameter? LogitBias => _tensors.TryGetValue(ClipNames.LogitBias, out var bias) ? (Parameter)bias : null;

    /// <inheritdoc/>
    public override Tensor EncodeImage(Tensor pixelValues) => _image.Forward(this, ("pixel_values", pixelValues));

    /// <inheritdoc/>
    public override Tensor EncodeText(Tensor inputIds)
    {
        using var scope = NewDisposeScope();
        if (!_model.Text!.TakesMask) return _text.Forward(this, ("input_ids", Filled(inputIds))).MoveToOuterDisposeScope();
        var (ids, mask) = HiddenPadding.Split(inputIds);
        return _text.Forward(this, ("input_ids", ids), ("attention_mask", mask.to_type(ScalarType.Int64))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void AddLowRank(int rank, double alpha)
    {
        foreach (var weight in Layout.Where(p => p.TakesLowRankUpdate).Select(p => p.Name))
        {
            // A module's name has no dots, a parameter's may.
            var (update, name) = (LowRankUpdate.Of(_tensors[weight], rank, alpha), weight[..^WeightName.Length] + LowRankMerge.Suffix);
            foreach (var (part, parameter) in update.named_parameters()) register_parameter($"{name}.{part}", parameter);
            foreach (var (part, buffer) in update.named_buffers()) register_buffer($"{name}.{part}", buffer);
            _updates[weight] = name;
        }

        TakeUp();
    }

    /// <inheritdoc/>
    Tensor IGraphParameters.Of(string name) => _updates.TryGetValue(name, out var update)
        ? LowRankUpdate.In(_tensors[name], part => _tensors[$"{update}.{part}"])
        : _tensors[name];

    /// <inheritdoc/>
    Tensor IGraphParameters.Rows(string name, Tensor ids)
    {
        var table = _tensors[name];
        if (name == _tokens && !TorchDevice.IsApart(ids.device)) return Lookup((Parameter)table).forward(ids);
        using var scope = NewDisposeScope();
        return table.index_select(0, ids.flatten()).view([.. ids.shape, table.shape[1]]).MoveToOuterDisposeScope();
    }

    /// <summary>On the CPU a vocabulary has a gradient of the rows that were used alone: a whole one is hundreds of megabytes.</summary>
    private Embedding Lookup(Parameter table)
    {
        if (_lookup?.weight is { } known && ReferenceEquals(known, table)) return _lookup;
        _lookup ??= nn.Embedding(1, 1, sparse: true);
        _lookup.weight = table;
        return _lookup;
    }

    /// <inheritdoc/>
    protected override void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
    {
        base._toEpilog(dtype, device, non_blocking);
        TakeUp();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _image.Dispose();
            _text.Dispose();
        }

        base.Dispose(disposing);
    }

    private static GraphPlan Plan(string name, Func<GraphBuilder, Parameters, Dim, (string Features, TowerWriter Net)> write)
    {
        var graph = new GraphBuilder(name);
        return new GraphPlan(graph, write(graph, new Parameters(null), "batch").Features);
    }

    /// <summary>Another device or type makes new parameters.</summary>
    private void TakeUp() => _tensors = named_parameters(recurse: false).Select(p => (p.name, Value: (Tensor)p.parameter))
        .Concat(named_buffers(recurse: false).Select(b => (b.name, Value: b.buffer)))
        .ToDictionary(p => p.name, p => p.Value);

    /// <summary>The ids up to the context length, where what stands behind a text counts.</summary>
    private Tensor Filled(Tensor ids)
    {
        var missing = _model.Text!.ContextLength - ids.shape[1];
        if (!_model.Text.NeedsFullContext || missing <= 0) return ids;
        using Scalar padding = _model.Text.PaddingId;
        return cat([ids, full([ids.shape[0], missing], padding, ids.dtype, ids.device)], 1);
    }
}
