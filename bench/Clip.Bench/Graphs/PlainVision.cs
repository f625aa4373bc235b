using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Format;
using Clip.Trainer.Modeling;
using static Clip.Conversion.Onnx.Format.GraphBuilder;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Bench;

/// <summary>
/// An image tower as <c>torch.onnx.export</c> writes it from Hugging Face's <c>CLIPVisionModelWithProjection</c> at opset 14, the one
/// Hugging Face's exporter chooses for CLIP: every block computes every token, the query is scaled by an operator of its own, linear layers
/// are a product and a sum, LayerNorm and GELU are taken apart, shapes are computed when the graph runs.
/// </summary>
internal sealed class PlainVision
{
    /// <summary>The operators' version; in this one reductions still take their axes as attributes.</summary>
    public const long Opset = 14;

    private readonly GraphBuilder _graph = new("plain_vision_model");
    private readonly WeightSource _weights;
    private readonly ClipConfig _config;
    private readonly VisionTransformerConfig _vision;

    private PlainVision(ClipConfig config, IReadOnlyDictionary<string, WeightTensor> weights)
    {
        (_config, _weights) = (config, new WeightSource(ParameterLayout.Of(config), weights));
        _vision = config.Vision as VisionTransformerConfig
            ?? throw new InvalidDataException("The plain graph is a Vision Transformer's; give a model folder with one.");
    }

    /// <summary>Writes the graph: <c>pixel_values</c> [batch, 3, size, size] → <c>image_embeds</c> [batch, embed_dim].</summary>
    public static void Write(ClipConfig config, IReadOnlyDictionary<string, WeightTensor> weights, string path) =>
        ModelFile.Write(new PlainVision(config, weights).Build(), path, ModelFile.MaxInlineBytes, Opset);

    private GraphProto Build()
    {
        int width = _vision.Width, patch = _vision.PatchSize, size = _vision.ImageSize;
        var pixels = _graph.Input("pixel_values", DataType.Float, "batch", 3, size, size);
        _graph.Scope("embeddings");
        var conv = _graph.Weight("visual.conv1.weight", _weights.Take("visual.conv1.weight"));
        var patches = Op("Conv", [pixels, conv], Attribute("kernel_shape", patch, patch), Attribute("strides", patch, patch));
        patches = Op(
            "Transpose", [Reshape(patches, SizeOf(patches, 0), SizeOf(patches, 1), _graph.Vector(-1))], Attribute("perm", 0, 2, 1));
        var first = _graph.Weight("visual.class_embedding", _weights.Take("visual.class_embedding"));
        first = Op("Expand", [first, Op("Concat", [SizeOf(pixels, 0), _graph.Vector(1), _graph.Vector(width)], Attribute("axis", 0L))]);
        var x = Op("Concat", [first, patches], Attribute("axis", 1L));
        var positions = _weights.Take("visual.positional_embedding");
        x = LayerNorm("visual.ln_pre", Op("Add", [x, _graph.Weight("visual.positional_embedding", positions)]));
        for (var layer = 0; layer < _vision.Layers; layer++) x = Block($"visual.transformer.resblocks.{layer}", x);

        _graph.Scope("pool");
        var pooled = LayerNorm("visual.ln_post", Op("Gather", [x, _graph.Scalar(0L)], Attribute("axis", 1L)));
        var projection = _graph.Weight("visual.proj", _weights.Take("visual.proj"));
        _graph.Output(Op("MatMul", [pooled, projection]), "image_embeds", "batch", _config.EmbedDim);
        return _graph.Graph;
    }

    private string Block(string name, string x)
    {
        _graph.Scope(name);
        x = Op("Add", [x, Attention($"{name}.attn", LayerNorm($"{name}.ln_1", x))]);
        var hidden = Linear($"{name}.mlp.c_fc", LayerNorm($"{name}.ln_2", x), _vision.Width, _vision.MlpWidth);
        return Op("Add", [x, Linear($"{name}.mlp.c_proj", Activate(hidden), _vision.MlpWidth, _vision.Width)]);
    }

    private string Attention(string name, string x)
    {
        int width = _vision.Width, heads = _vision.Heads;
        var inWeight = _weights.Take($"{name}.in_proj_weight");
        var inBias = _weights.Take($"{name}.in_proj_bias");
        var query = Op("Mul", [Projection("q", 0), _graph.Scalar(MathF.Pow(width / heads, -0.5f))]);
        var scores = Op("MatMul", [Heads(query), Op("Transpose", [Heads(Projection("k", 1))], Attribute("perm", 0, 2, 1))]);
        var mixed = Op("MatMul", [Op("Softmax", [scores], Attribute("axis", -1L)), Heads(Projection("v", 2))]);
        mixed = Reshape(mixed, SizeOf(x, 0), _graph.Vector(heads), SizeOf(x, 1), _graph.Vector(width / heads));
        mixed = Op("Transpose", [mixed], Attribute("perm", 0, 2, 1, 3));
        return Linear($"{name}.out_proj", Reshape(mixed, SizeOf(x, 0), SizeOf(x, 1), _graph.Vector(width)), width, width);

        string Projection(string letter, int third)
        {
            var w = new WeightTensor([width, width], inWeight.Data.Slice(third * width * width, width * width));
            return Linear($"{name}.{letter}_proj", x, w, new WeightTensor([width], inBias.Data.Slice(third * width, width)));
        }

        string Heads(string rows)
        {
            var cut = Reshape(rows, SizeOf(x, 0), _graph.Vector(-1), _graph.Vector(heads), _graph.Vector(width / heads));
            cut = Op("Transpose", [cut], Attribute("perm", 0, 2, 1, 3));
            return Op(
                "Reshape", [cut, Op("Concat", [_graph.Vector(-1), SizeOf(x, 1), _graph.Vector(width / heads)], Attribute("axis", 0L))]);
        }
    }

    private string LayerNorm(string name, string x)
    {
        var width = _vision.Width;
        var centered = Op("Sub", [x, Mean(x)]);
        var variance = Mean(Op("Pow", [centered, _graph.Scalar(2f)]));
        var deviation = Op("Sqrt", [Op("Add", [variance, _graph.Scalar((float)_config.LayerNormEps)])]);
        var scaled = Op("Mul", [Op("Div", [centered, deviation]), _graph.Weight($"{name}.weight", _weights.Take($"{name}.weight"))]);
        return Op("Add", [scaled, _graph.Weight($"{name}.bias", _weights.Take($"{name}.bias"))]);

        string Mean(string values) => Op("ReduceMean", [values], Attribute("axes", [-1]), Attribute("keepdims", 1L));
    }

    private string Activate(string x)
    {
        if (_config.Activation == Activation.QuickGelu)
            return Op("Mul", [x, Op("Sigmoid", [Op("Mul", [x, _graph.Scalar(1.702f)])])]);
        var erf = Op("Erf", [Op("Div", [x, _graph.Scalar(MathF.Sqrt(2))])]);
        return Op("Mul", [Op("Mul", [x, Op("Add", [erf, _graph.Scalar(1f)])]), _graph.Scalar(0.5f)]);
    }

    private string Linear(string name, string x, int from, int to) =>
        Linear(name, x, _weights.Take($"{name}.weight"), _weights.Take($"{name}.bias"));

    private string Linear(string name, string x, WeightTensor weight, WeightTensor bias)
    {
        var product = Op("MatMul", [x, _graph.Weight($"{name}.weight", Transpose(weight))]);
        return Op("Add", [_graph.Weight($"{name}.bias", bias), product]);
    }

    private string SizeOf(string x, int axis)
    {
        var size = Op("Gather", [Op("Shape", [x]), _graph.Scalar((long)axis)], Attribute("axis", 0L));
        return Op("Unsqueeze", [size, _graph.Vector(0)]);
    }

    private string Reshape(string x, params string[] sizes) => Op("Reshape", [x, Op("Concat", sizes, Attribute("axis", 0L))]);

    private string Op(string op, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes) =>
        _graph.Op(op, inputs, attributes);

    private static WeightTensor Transpose(WeightTensor weight)
    {
        int rows = (int)weight.Shape[0], columns = (int)weight.Shape[1];
        var source = weight.Data.Span;
        var transposed = new float[source.Length];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++) transposed[(c * rows) + r] = source[(r * columns) + c];
        }

        return new WeightTensor([columns, rows], transposed);
    }
}
