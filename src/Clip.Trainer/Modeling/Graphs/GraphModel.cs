using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Format;
using Clip.Conversion.Zoo.Blocks;
using Clip.Conversion.Zoo.Towers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Clip.Trainer.Modeling.Graphs;

/// <summary>
/// A model of one of the zoo's families, or a SigLIP: both towers as they are written for ONNX, run in torch. A family's parameters have
/// the names of its own files; the statistics of batch norms, which the graphs have folded into convolutions, are used as they are.
/// </summary>
internal sealed class GraphModel : TwoTowerModel, IGraphParameters, ILowRankTarget
{
    /// <summary>What a linear layer's weight is called, behind a dot or an underscore.</summary>
    private const string WeightName = ".weight";

    private readonly TextInput _input;
    private readonly GraphPlan _image;
    private readonly GraphPlan _text;
    private readonly Dictionary<string, string> _updates = [];
    private readonly string? _tokens;
    private Dictionary<string, Tensor> _tensors = [];
    private Embedding? _lookup; // not registered: the table is the model's own

    private GraphModel(ParameterLayout layout, GraphPlan image, GraphPlan text, TextInput input)
        : base(nameof(GraphModel))
    {
        (Layout, _image, _text, _input) = (layout, image, text, input);
        _tokens = Layout.FirstOrDefault(p => p.Place.Tower == Tower.Text && p.Shape.Count == 2 && p.Shape[0] == input.VocabSize)?.Name;
        foreach (var parameter in Layout)
        {
            var values = zeros([.. parameter.Shape]);
            if (parameter.IsStatistic) register_buffer(parameter.Name, values);
            // What no feature depends on stays as it is.
            else register_parameter(parameter.Name, new Parameter(values, requires_grad: !Captioner.Owns(parameter.Name)));
        }

        TakeUp();
    }

    /// <summary>Creates a model of one of the zoo's families; its parameters are zeros, for it starts from weights.</summary>
    /// <param name="model">Both towers.</param>
    /// <exception cref="ClipException">A graph has what is not trained here.</exception>
    public static GraphModel Of(ZooModel model)
    {
        var text = model.Text!;
        var input = new TextInput(text.VocabSize, text.NeedsFullContext ? text.ContextLength : null, text.TakesMask);
        return new GraphModel(ParameterLayout.Of(model.Layout()), Plan("image", model.WriteImage), Plan("text", model.WriteText), input);

        static GraphPlan Plan(string name, Func<GraphBuilder, Parameters, Dim, (string Features, TowerWriter Net)> write)
        {
            var graph = new GraphBuilder(name);
            return new GraphPlan(graph, write(graph, new Parameters(null), "batch").Features);
        }
    }

    /// <summary>Creates a SigLIP; its parameters are zeros, too.</summary>
    /// <param name="config">Its sizes.</param>
    public static GraphModel Of(ClipConfig config)
    {
        var layout = ParameterLayout.Of(config);
        var input = new TextInput(config.Text.VocabSize, config.Text.NeedsFullContext ? config.Text.ContextLength : null, TakesMask: false);
        return new GraphModel(layout, Plan("image", TowerGraphs.Vision), Plan("text", TowerGraphs.Text), input);

        GraphPlan Plan(string name, Func<GraphBuilder, WeightSource, ClipConfig, Dim, string> write)
        {
            var graph = new GraphBuilder(name);
            return new GraphPlan(graph, write(graph, WeightSource.Named(layout), config, "batch"));
        }
    }

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
        if (!_input.TakesMask) return _text.Forward(this, ("input_ids", Filled(inputIds))).MoveToOuterDisposeScope();
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

    /// <summary>Another device or type makes new parameters.</summary>
    private void TakeUp() => _tensors = named_parameters(recurse: false).Select(p => (p.name, Value: (Tensor)p.parameter))
        .Concat(named_buffers(recurse: false).Select(b => (b.name, Value: b.buffer)))
        .ToDictionary(p => p.name, p => p.Value);

    /// <summary>The ids up to the context length, where what stands behind a text counts.</summary>
    private Tensor Filled(Tensor ids)
    {
        var missing = _input.Length is { } length ? length - ids.shape[1] : 0;
        return missing <= 0 ? ids : cat([ids, zeros([ids.shape[0], missing], ids.dtype, ids.device)], 1);
    }

    /// <summary>What a text tower takes.</summary>
    /// <param name="VocabSize">Entries of its vocabulary.</param>
    /// <param name="Length">The tokens that every text is filled up to; null for any number.</param>
    /// <param name="TakesMask">Whether it is told which are padding.</param>
    private sealed record TextInput(int VocabSize, int? Length, bool TakesMask);
}
