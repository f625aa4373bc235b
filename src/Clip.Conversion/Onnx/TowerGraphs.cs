using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx.Format;
using static Clip.Conversion.Onnx.Format.GraphBuilder;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Conversion.Onnx;

/// <summary>Writes the two towers, from input to projected feature. Each one's last attention is computed for one token only.</summary>
internal static class TowerGraphs
{
    /// <summary>pixel_values [items, 3, size, size] → [items, embed_dim]: either of CLIP's image towers (CLIP paper, 2.4).</summary>
    public static string Vision(GraphBuilder graph, WeightSource weights, ClipConfig config, Dim items)
    {
        var pixels = graph.Input("pixel_values", DataType.Float, items, 3, config.Vision.ImageSize, config.Vision.ImageSize);
        var features = config.Vision is ResNetConfig resNet
            ? new ResNetGraph(graph, weights, resNet).Features(pixels)
            : config.IsSiglip
                ? Siglip(graph, weights, (VisionTransformerConfig)config.Vision, config, pixels)
                : VisionTransformer(graph, weights, (VisionTransformerConfig)config.Vision, config, pixels);
        return Head(graph, weights, ClipNames.ImageHead, config, features);
    }

    /// <summary>SigLIP's image tower (transformers' SiglipVisionTransformer; Big Vision's ViT with <c>pool_type="map"</c>).</summary>
    private static string Siglip(
        GraphBuilder graph, WeightSource weights, VisionTransformerConfig vision, ClipConfig config, string pixels)
    {
        var transformer = new TransformerGraph(graph, weights, ClipNames.Image.Blocks, vision.Width, vision.Heads, config.OfVision);
        graph.Scope("visual.embed");
        var bias = graph.Weight(weights, ClipNames.Image.Patches.Bias);
        var x = Patches(graph, weights, vision, pixels, bias);
        x = graph.Op("Add", [x, graph.Weight(weights, ClipNames.Image.Positions)]);
        x = graph.Op("Reshape", [x, graph.Vector(-1, vision.Width)]);
        var shape = transformer.HeadShape(vision.Tokens);
        for (var i = 0; i < vision.Layers; i++) x = transformer.Block(i, x, shape, x, shape, mask: null);
        return transformer.Probe(ClipNames.Image.Head, transformer.LayerNorm(ClipNames.Image.NormBehind, x), shape);
    }

    /// <summary>Each patch as a row: [items, patches, width].</summary>
    private static string Patches(
        GraphBuilder graph, WeightSource weights, VisionTransformerConfig vision, string pixels, params string[] bias)
    {
        int width = vision.Width, patch = vision.PatchSize;
        var conv = graph.Weight(weights, ClipNames.Image.Patches.Weight);
        var patches = graph.Op(
            "Conv", [pixels, conv, .. bias], Attribute("kernel_shape", patch, patch), Attribute("strides", patch, patch));
        return graph.Op("Transpose", [graph.Op("Reshape", [patches, graph.Vector(0, width, -1)])], Attribute("perm", 0, 2, 1));
    }

    private static string VisionTransformer(
        GraphBuilder graph, WeightSource weights, VisionTransformerConfig vision, ClipConfig config, string pixels)
    {
        int width = vision.Width, tokens = vision.Tokens;
        var transformer = new TransformerGraph(graph, weights, ClipNames.Image.Blocks, width, vision.Heads, config.OfVision);

        graph.Scope("visual.embed");
        var patches = Patches(graph, weights, vision, pixels);
        var count = graph.Op("Shape", [pixels], Attribute("start", 0L), Attribute("end", 1L));
        var classShape = graph.Op("Concat", [count, graph.Vector(1, width)], Attribute("axis", 0L));
        var classEmbedding = graph.Weight(weights, ClipNames.Image.ClassToken);
        var x = graph.Op("Concat", [graph.Op("Expand", [classEmbedding, classShape]), patches], Attribute("axis", 1L));
        x = graph.Op("Add", [x, graph.Weight(weights, ClipNames.Image.Positions)]);
        x = transformer.LayerNorm(ClipNames.Image.NormBefore, graph.Op("Reshape", [x, graph.Vector(-1, width)]));

        var shape = transformer.HeadShape(tokens);
        for (var i = 0; i < vision.Layers - 1; i++) x = transformer.Block(i, x, shape, x, shape, mask: null);

        graph.Scope("visual.pool");
        var byItem = graph.Op("Reshape", [x, graph.Vector(-1, tokens, width)]);
        var pooled = graph.Op("Gather", [byItem, graph.Scalar(0L)], Attribute("axis", 1L));
        pooled = transformer.Block(vision.Layers - 1, x, shape, pooled, transformer.HeadShape(1), mask: null);

        graph.Scope("visual.project");
        var projection = graph.Weight(weights, ClipNames.Image.Projection);
        return graph.Op("MatMul", [transformer.LayerNorm(ClipNames.Image.NormBehind, pooled), projection]);
    }

    /// <summary>
    /// input_ids [items, tokens] → [items, embed_dim]. CLIP's feature is read at the first end-of-text token, or at the first of the
    /// largest id (<see cref="TextPooling.Argmax"/>). Where it depends on padding, the number of tokens is fixed to the context's.
    /// </summary>
    public static string Text(GraphBuilder graph, WeightSource weights, ClipConfig config, Dim items)
    {
        var text = config.Text;
        int width = text.Width, context = text.ContextLength;
        var transformer = new TransformerGraph(graph, weights, ClipNames.Text.Blocks, width, text.Heads, config);
        var ids = graph.Input("input_ids", DataType.Int64, items, text.NeedsFullContext ? context : "sequence");

        graph.Scope("embed");
        var shapeOfIds = graph.Op("Shape", [ids]);
        var length = graph.Op("Shape", [ids], Attribute("start", 1L), Attribute("end", 2L));
        var embeddings = graph.Weight(weights, ClipNames.Text.Tokens);
        var positions = graph.Weight(weights, ClipNames.Text.Positions);
        positions = graph.Op("Slice", [positions, graph.Vector(0), length, graph.Vector(0)]);
        var x = graph.Op("Add", [graph.Op("Gather", [embeddings, ids]), positions]);
        x = graph.Op("Reshape", [x, graph.Vector(-1, width)]);
        var mask = text.IsCausal ? Mask() : null;

        var shape = transformer.HeadShape(shapeOfIds);
        for (var i = 0; i < text.Layers - 1; i++) x = transformer.Block(i, x, shape, x, shape, mask);

        graph.Scope("pool");
        var isPerText = text.Pooling is TextPooling.Eos or TextPooling.Argmax;
        var place = text.Pooling switch
        {
            TextPooling.First => graph.Scalar(0L),
            TextPooling.Last => graph.Scalar(context - 1L),
            _ => EndOfText(graph, text, ids),
        };
        var byItem = graph.Op("Reshape", [x, graph.Op("Concat", [shapeOfIds, graph.Vector(width)], Attribute("axis", 0L))]);
        var pooled = isPerText
            ? graph.Op("GatherND", [byItem, place], Attribute("batch_dims", 1L))
            : graph.Op("Gather", [byItem, place], Attribute("axis", 1L));
        var pooledMask = mask is null ? null : PooledMask();
        pooled = transformer.Block(text.Layers - 1, x, shape, pooled, transformer.HeadShape(1), pooledMask);

        graph.Scope("project");
        var feature = transformer.LayerNorm(ClipNames.Text.FinalNorm, pooled);
        var projected = text.HasProjectionBias
            ? transformer.Linear(ClipNames.Text.LinearProjection, feature)
            : graph.Op("MatMul", [feature, graph.Weight(weights, ClipNames.Text.Projection)]);
        return Head(graph, weights, ClipNames.TextHead, config, projected);

        string Mask()
        {
            var square = graph.Op("Concat", [length, length], Attribute("axis", 0L));
            return graph.Op("Slice", [graph.Weight("causal_mask", CausalMask(context)), graph.Vector(0, 0), square, graph.Vector(0, 1)]);
        }

        // The mask's rows of the tokens that are read: one an item, or one for all.
        string PooledMask() =>
            graph.Op("Unsqueeze", [graph.Op("Gather", [mask, place]), graph.Vector(isPerText ? 1 : 0)]);
    }

    /// <summary>Where each text ends. ArgMax gives the first of equals; it compares numbers, not truth values, hence the cast.</summary>
    private static string EndOfText(GraphBuilder graph, TextConfig text, string ids)
    {
        var isEnd = text.Pooling == TextPooling.Argmax ? ids : graph.Op("Equal", [ids, graph.Scalar((long)text.EosTokenId)]);
        return graph.Op("ArgMax", [graph.Op("Cast", [isEnd], Attribute("to", (long)DataType.Int32))], Attribute("axis", 1L));
    }

    /// <summary>ConVIRT's second layer (<c>ProjectionHead</c>), where the config has one.</summary>
    private static string Head(GraphBuilder graph, WeightSource weights, ParameterName head, ClipConfig config, string features)
    {
        if (!config.ProjectionHeads) return features;
        graph.Scope(head);
        return graph.Op("Gemm", [graph.Op("Relu", [features]), graph.Weight(weights, head.Weight)], Attribute("transB", 1L));
    }

    private static WeightTensor CausalMask(int n)
    {
        var mask = new float[n * n];
        for (var row = 0; row < n; row++) mask.AsSpan(row * n + row + 1, n - row - 1).Fill(float.NegativeInfinity);
        return new WeightTensor([n, n], mask);
    }
}
