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
    private readonly GraphBuilder _graph = new("plain_vision_model");
    private readonly PlainLayers _layers;
    private readonly ClipConfig _config;
    private readonly VisionTransformerConfig _vision;

    private PlainVision(ClipConfig config, IReadOnlyDictionary<string, WeightTensor> weights)
    {
        (_config, _layers) = (config, new PlainLayers(_graph, new WeightSource(ParameterLayout.Of(config), weights).Take));
        _vision = config.Vision as VisionTransformerConfig
            ?? throw new InvalidDataException("The plain graph is a Vision Transformer's; give a model folder with one.");
    }

    /// <summary>Writes the graph: <c>pixel_values</c> [batch, 3, size, size] → <c>image_embeds</c> [batch, embed_dim].</summary>
    public static void Write(ClipConfig config, IReadOnlyDictionary<string, WeightTensor> weights, string path) =>
        ModelFile.Write(new PlainVision(config, weights).Build(), path, ModelFile.MaxInlineBytes, PlainLayers.Opset);

    private GraphProto Build()
    {
        int width = _vision.Width, patch = _vision.PatchSize, size = _vision.ImageSize;
        var pixels = _graph.Input("pixel_values", DataType.Float, "batch", 3, size, size);
        _graph.Scope("embeddings");
        var conv = _layers.Weight("visual.conv1.weight");
        var patches = Op("Conv", [pixels, conv], Attribute("kernel_shape", patch, patch), Attribute("strides", patch, patch));
        patches = Op(
            "Transpose", [Reshape(patches, SizeOf(patches, 0), SizeOf(patches, 1), _graph.Vector(-1))], Attribute("perm", 0, 2, 1));
        var x = _layers.Prepend(_layers.Weight("visual.class_embedding"), patches, pixels, width);
        x = LayerNorm("visual.ln_pre", Op("Add", [x, _layers.Weight("visual.positional_embedding")]));
        for (var layer = 0; layer < _vision.Layers; layer++) x = Block($"visual.transformer.resblocks.{layer}", x);

        _graph.Scope("pool");
        var pooled = LayerNorm("visual.ln_post", Op("Gather", [x, _graph.Scalar(0L)], Attribute("axis", 1L)));
        _graph.Output(Op("MatMul", [pooled, _layers.Weight("visual.proj")]), "image_embeds", "batch", _config.EmbedDim);
        return _graph.Graph;
    }

    private string Block(string name, string x)
    {
        _graph.Scope(name);
        x = Op("Add", [x, Attention($"{name}.attn", LayerNorm($"{name}.ln_1", x))]);
        var hidden = _layers.Linear($"{name}.mlp.c_fc", LayerNorm($"{name}.ln_2", x));
        return Op("Add", [x, _layers.Linear($"{name}.mlp.c_proj", Activate(hidden))]);
    }

    private string Attention(string name, string x)
    {
        int width = _vision.Width, heads = _vision.Heads;
        var inWeight = _layers.Take($"{name}.in_proj_weight");
        var inBias = _layers.Take($"{name}.in_proj_bias");
        var query = Op("Mul", [Projection("q", 0), _graph.Scalar(MathF.Pow(width / heads, -0.5f))]);
        var scores = Op("MatMul", [Heads(query), Op("Transpose", [Heads(Projection("k", 1))], Attribute("perm", 0, 2, 1))]);
        var mixed = Op("MatMul", [Op("Softmax", [scores], Attribute("axis", -1L)), Heads(Projection("v", 2))]);
        mixed = Reshape(mixed, SizeOf(x, 0), _graph.Vector(heads), SizeOf(x, 1), _graph.Vector(width / heads));
        mixed = Op("Transpose", [mixed], Attribute("perm", 0, 2, 1, 3));
        return _layers.Linear($"{name}.out_proj", Reshape(mixed, SizeOf(x, 0), SizeOf(x, 1), _graph.Vector(width)));

        string Projection(string letter, int third)
        {
            var w = new WeightTensor([width, width], inWeight.Data.Slice(third * width * width, width * width));
            return _layers.Linear($"{name}.{letter}_proj", x, w, new WeightTensor([width], inBias.Data.Slice(third * width, width)));
        }

        string Heads(string rows)
        {
            var cut = Reshape(rows, SizeOf(x, 0), _graph.Vector(-1), _graph.Vector(heads), _graph.Vector(width / heads));
            cut = Op("Transpose", [cut], Attribute("perm", 0, 2, 1, 3));
            return Op(
                "Reshape", [cut, Op("Concat", [_graph.Vector(-1), SizeOf(x, 1), _graph.Vector(width / heads)], Attribute("axis", 0L))]);
        }
    }

    private string LayerNorm(string name, string x) => _layers.LayerNorm(name, x, _config.LayerNormEps);

    private string Activate(string x)
    {
        if (_config.Activation == Activation.QuickGelu)
            return Op("Mul", [x, Op("Sigmoid", [Op("Mul", [x, _graph.Scalar(1.702f)])])]);
        return _layers.Gelu(x);
    }

    private string SizeOf(string x, int axis) => _layers.SizeOf(x, axis);

    private string Reshape(string x, params string[] sizes) => _layers.Reshape(x, sizes);

    private string Op(string op, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes) =>
        _graph.Op(op, inputs, attributes);
}
