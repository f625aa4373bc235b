using Clip.Conversion.Checkpoints;
using Clip.Conversion.Onnx.Format;
using Clip.Conversion.Zoo.Towers;
using static Clip.Conversion.Onnx.Format.GraphBuilder;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Bench;

/// <summary>
/// ConvNeXt and EVA02 as <c>torch.onnx.export</c> writes timm's modules: a ConvNeXt's grid turns channels last before each norm and back
/// behind each block, EVA02's positions turn every pair of channels in its place, and every block computes every token.
/// </summary>
internal sealed class PlainZoo
{
    private const string Trunk = TimmHead.Trunk;

    private readonly GraphBuilder _graph = new("plain_vision_model");
    private readonly PlainLayers _layers;

    private PlainZoo(IReadOnlyDictionary<string, WeightTensor> weights) => _layers = new PlainLayers(_graph, name => weights[name]);

    /// <summary>Writes the graph: <c>pixel_values</c> [batch, 3, size, size] → <c>image_embeds</c> [batch, embed_dim].</summary>
    public static void Write(ImageTower tower, IReadOnlyDictionary<string, WeightTensor> weights, string path)
    {
        var plain = new PlainZoo(weights);
        var pixels = plain._graph.Input("pixel_values", DataType.Float, "batch", 3, tower.ImageSize, tower.ImageSize);
        var features = tower switch
        {
            ConvNext { Head.Kind: TimmProjection.Linear } convNext => plain.ConvNeXt(convNext, pixels),
            Eva { Kind: EvaKind.Eva02 } eva => plain.Eva02(eva, pixels),
            _ => throw new InvalidDataException($"There is no plain graph of {tower.Family}; give convnext_base_w or EVA02-B-16."),
        };
        plain._graph.Output(features, "image_embeds", "batch", tower.EmbedDim);
        ModelFile.Write(plain._graph.Graph, path, ModelFile.MaxInlineBytes, PlainLayers.Opset);
    }

    private string ConvNeXt(ConvNext tower, string pixels)
    {
        var x = pixels;
        for (var stage = 0; stage < tower.Widths.Count; stage++)
        {
            var name = $"{Trunk}stages.{stage}.";
            _graph.Scope(name.TrimEnd('.'));
            x = stage == 0
                ? GridNorm($"{Trunk}stem.1", Convolve($"{Trunk}stem.0", x, 4, 4, 0, 1), tower.Eps)
                : Convolve($"{name}downsample.1", GridNorm($"{name}downsample.0", x, tower.Eps), 2, 2, 0, 1);
            for (var i = 0; i < tower.Depths[stage]; i++)
            {
                var block = $"{name}blocks.{i}.";
                _graph.Scope(block.TrimEnd('.'));
                var y = Convolve($"{block}conv_dw", x, 7, 1, 3, tower.Widths[stage]);
                y = _layers.LayerNorm($"{block}norm", _layers.Transpose(y, 0, 2, 3, 1), tower.Eps);
                y = _layers.Linear($"{block}mlp.fc2", _layers.Gelu(_layers.Linear($"{block}mlp.fc1", y)));
                var gamma = _layers.Take($"{block}gamma") with { Shape = [1, tower.Widths[stage], 1, 1] };
                y = _layers.Op("Mul", [_layers.Transpose(y, 0, 3, 1, 2), _graph.Weight($"{block}gamma", gamma)]);
                x = _layers.Op("Add", [y, x]);
            }
        }

        _graph.Scope("head");
        x = _layers.Op("ReduceMean", [x], Attribute("axes", [2, 3]), Attribute("keepdims", 1L));
        x = _layers.Op("Flatten", [GridNorm($"{Trunk}head.norm", x, tower.Eps)], Attribute("axis", 1L));
        return _layers.Linear("visual.head.proj", x, hasBias: false);
    }

    private string GridNorm(string name, string grid, double eps) =>
        _layers.Transpose(_layers.LayerNorm(name, _layers.Transpose(grid, 0, 2, 3, 1), eps), 0, 3, 1, 2);

    private string Convolve(string name, string x, long kernel, long stride, long padding, long groups) => _layers.Op(
        "Conv", [x, _layers.Weight($"{name}.weight"), _layers.Weight($"{name}.bias")],
        Attribute("kernel_shape", kernel, kernel), Attribute("strides", stride, stride),
        Attribute("pads", padding, padding, padding, padding), Attribute("group", groups));

    private string Eva02(Eva tower, string pixels)
    {
        const double eps = 1e-6;
        _graph.Scope("embeddings");
        var patches = Convolve($"{Trunk}patch_embed.proj", pixels, tower.PatchSize, tower.PatchSize, 0, 1);
        var rows = _layers.Reshape(patches, _layers.SizeOf(patches, 0), _layers.SizeOf(patches, 1), _graph.Vector(-1));
        var x = _layers.Prepend(_layers.Weight($"{Trunk}cls_token"), _layers.Transpose(rows, 0, 2, 1), pixels, tower.Width);
        x = _layers.Op("Add", [x, _layers.Weight($"{Trunk}pos_embed")]);
        for (var i = 0; i < tower.Layers; i++)
        {
            var block = $"{Trunk}blocks.{i}.";
            _graph.Scope(block.TrimEnd('.'));
            x = _layers.Op("Add", [x, Attention(tower, $"{block}attn.", _layers.LayerNorm($"{block}norm1", x, eps))]);
            var normed = _layers.LayerNorm($"{block}norm2", x, eps);
            var gate = _layers.Linear($"{block}mlp.fc1_g", normed);
            gate = _layers.Op("Mul", [gate, _layers.Op("Sigmoid", [gate])]);
            var hidden = _layers.Op("Mul", [gate, _layers.Linear($"{block}mlp.fc1_x", normed)]);
            x = _layers.Op("Add", [x, _layers.Linear($"{block}mlp.fc2", _layers.LayerNorm($"{block}mlp.norm", hidden, eps))]);
        }

        _graph.Scope("pool");
        x = _layers.LayerNorm($"{Trunk}norm", x, eps);
        return _layers.Linear($"{Trunk}head", _layers.Op("Gather", [x, _graph.Scalar(0L)], Attribute("axis", 1L)));
    }

    private string Attention(Eva tower, string name, string x)
    {
        var (heads, size) = (tower.Heads, tower.Width / tower.Heads);
        var query = Turn(tower, Heads(_layers.Linear($"{name}q_proj", x)));
        var key = Turn(tower, Heads(_layers.Linear($"{name}k_proj", x, hasBias: false)));
        var value = Heads(_layers.Linear($"{name}v_proj", x));
        query = _layers.Op("Mul", [query, _graph.Scalar(MathF.Pow(size, -0.5f))]);
        var scores = _layers.Op("Softmax", [_layers.Op("MatMul", [query, _layers.Transpose(key, 0, 1, 3, 2)])], Attribute("axis", -1L));
        var mixed = _layers.Transpose(_layers.Op("MatMul", [scores, value]), 0, 2, 1, 3);
        mixed = _layers.Reshape(mixed, _layers.SizeOf(x, 0), _layers.SizeOf(x, 1), _graph.Vector(tower.Width));
        return _layers.Linear($"{name}proj", _layers.LayerNorm($"{name}norm", mixed, 1e-6));

        string Heads(string rows) => _layers.Transpose(
            _layers.Reshape(rows, _layers.SizeOf(x, 0), _layers.SizeOf(x, 1), _graph.Vector(heads), _graph.Vector(-1)), 0, 2, 1, 3);
    }

    /// <summary>q·cos + rot(q)·sin of all tokens but the first, where rot turns each pair of neighbors.</summary>
    private string Turn(Eva tower, string x)
    {
        var rest = Slice(x, 2, 1, long.MaxValue, 1);
        var (even, odd) = (Slice(rest, 3, 0, long.MaxValue, 2), Slice(rest, 3, 1, long.MaxValue, 2));
        var last = _graph.Vector(-1);
        var pairs = _layers.Op(
            "Concat",
            [_layers.Op("Unsqueeze", [_layers.Op("Neg", [odd]), last]), _layers.Op("Unsqueeze", [even, last])],
            Attribute("axis", -1L));
        var turned = _layers.Op("Reshape", [pairs, _layers.Op("Shape", [rest])]);
        var sum = _layers.Op(
            "Add",
            [
                _layers.Op("Mul", [rest, _graph.Weight("rope.cos", Angles(tower, Math.Cos))]),
                _layers.Op("Mul", [turned, _graph.Weight("rope.sin", Angles(tower, Math.Sin))]),
            ]);
        return _layers.Op("Concat", [Slice(x, 2, 0, 1, 1), sum], Attribute("axis", 2L));
    }

    private string Slice(string x, long axis, long from, long to, long step) =>
        _layers.Op("Slice", [x, _graph.Vector(from), _graph.Vector(to), _graph.Vector(axis), _graph.Vector(step)]);

    /// <summary>A function of each patch's angles, [patches, channels of a head]: half of the pairs by row, half by column.</summary>
    private static WeightTensor Angles(Eva tower, Func<double, double> function)
    {
        var (grid, size) = (tower.ImageSize / tower.PatchSize, tower.Width / tower.Heads);
        var values = new float[grid * grid * size];
        for (var i = 0; i < values.Length; i++)
        {
            var (place, pair, bands) = (i / size, i % size / 2, size / 4);
            var position = pair < bands ? place / grid : place % grid;
            // Angles were learned on 16 × 16 patches.
            values[i] = (float)function(position * 16.0 / grid * Math.Pow(10000, -(pair % bands) / (double)bands));
        }

        return new WeightTensor([grid * grid, size], values);
    }
}
