using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Onnx;
using Clip.Conversion.Onnx.Format;
using Clip.Conversion.Onnx.Quantization;
using Clip.Conversion.Zoo.Blocks;
using Clip.Conversion.Zoo.Towers;
using static Clip.Conversion.Onnx.Format.GraphBuilder;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Conversion.Zoo;

/// <summary>
/// Writes the ONNX files of a zoo model: the same files, inputs and outputs as <see cref="ClipOnnxExporter"/>'s, with
/// <c>attention_mask</c> where the text tower is Hugging Face's.
/// </summary>
internal static class ZooExporter
{
    /// <summary>The files of a model.</summary>
    public static IReadOnlyList<string> StemsOf(ZooModel model) => model switch
    {
        { Text: null } => [ClipOnnxExporter.VisionStem],
        { Image: null } => [ClipOnnxExporter.TextStem],
        _ => ClipOnnxExporter.Stems,
    };

    /// <summary>Writes all files.</summary>
    /// <exception cref="ClipException">A weight is missing, misshapen for the config, or has no place in it.</exception>
    public static void Export(
        ZooModel model, IReadOnlyDictionary<string, WeightTensor> weights, string onnxFolder, IReadOnlyCollection<OnnxPrecision> precisions)
    {
        foreach (var stem in StemsOf(model))
        {
            foreach (var precision in precisions)
            {
                var graph = Graph(stem, model, weights, precision);
                Directory.CreateDirectory(onnxFolder);
                ModelFile.Write(graph, Path.Combine(onnxFolder, $"{stem}{precision.Suffix()}.onnx"), ModelFile.MaxInlineBytes);
            }
        }
    }

    /// <summary>The graph of a file.</summary>
    public static GraphProto Graph(
        string stem, ZooModel model, IReadOnlyDictionary<string, WeightTensor> weights, OnnxPrecision precision = OnnxPrecision.Fp32,
        Int8Options? int8 = null)
    {
        var parameters = new Parameters(weights);
        var graph = stem switch
        {
            ClipOnnxExporter.VisionStem => Tower("clip_vision_model", model.WriteImage, "image_embeds"),
            ClipOnnxExporter.TextStem => Tower("clip_text_model", model.WriteText, "text_embeds"),
            _ => Whole(model, parameters),
        };
        if (precision == OnnxPrecision.Fp16) Float16Graph.Apply(graph);
        if (precision == OnnxPrecision.Int8) Int8Graph.Apply(graph, int8 ?? new Int8Options { FloatWeights = Projections(model) });
        return graph;

        GraphProto Tower(string name, Func<GraphBuilder, Parameters, Dim, (string Features, TowerWriter Net)> write, string output)
        {
            var tower = new GraphBuilder(name);
            tower.Output(write(tower, parameters, "batch").Features, output, "batch", model.EmbedDim);
            // Of a whole model its own graph sees whether anything is left over.
            if (model.Image is null || model.Text is null)
                parameters.RefuseLeftovers(left => left == ClipNames.LogitScale || left == ClipNames.LogitBias || IsIdle(left));
            return tower.Graph;
        }
    }

    /// <summary>Refuses weights of another model, which would be silently cut down to this one.</summary>
    /// <exception cref="ClipException">One has no place in the model.</exception>
    public static void RefuseLeftovers(ZooModel model, IReadOnlyDictionary<string, WeightTensor> weights)
    {
        var known = model.Layout().Select(p => p.Name).ToHashSet();
        Parameters.RefuseLeftovers(weights.Keys, name => known.Contains(name) || IsIdle(name));
    }

    /// <summary>The matrices that project into the shared space.</summary>
    public static IReadOnlySet<string> Projections(ZooModel model) =>
        model.Layout().Where(p => p.IsProjection).Select(p => p.Name).ToHashSet();

    private static GraphProto Whole(ZooModel model, Parameters parameters)
    {
        const string images = "image_batch", texts = "text_batch";
        var graph = new GraphBuilder("clip_model");
        var textFeatures = model.WriteText(graph, parameters, texts).Features;
        var imageFeatures = model.WriteImage(graph, parameters, images).Features;
        // As of any CLIP: only declared, for clients that always send one.
        if (!model.Text!.TakesMask && !model.HasLogitBias)
            graph.Input("attention_mask", DataType.Int64, texts, model.Text.NeedsFullContext ? model.Text.ContextLength : "sequence");
        graph.Scope("similarity");
        var (textEmbeds, imageEmbeds) = (Normalize(textFeatures), Normalize(imageFeatures));
        var scale = parameters.TakeScalar(ClipNames.LogitScale) ?? throw new ClipException(
            $"The weight '{ClipNames.LogitScale}' is missing; every CLIP model has it, so give a complete checkpoint.");
        var cosines = graph.Op("MatMul", [textEmbeds, graph.Op("Transpose", [imageEmbeds], Attribute("perm", 1, 0))]);
        var logits = graph.Op("Mul", [cosines, graph.Scalar(MathF.Exp(scale))]);
        if (model.HasLogitBias)
        {
            var bias = parameters.TakeScalar(ClipNames.LogitBias) ?? throw new ClipException(
                $"The weight '{ClipNames.LogitBias}' is missing, which this model has; give a complete checkpoint.");
            logits = graph.Op("Add", [logits, graph.Scalar(bias)]);
        }

        graph.Output(graph.Op("Transpose", [logits], Attribute("perm", 1, 0)), "logits_per_image", images, texts);
        graph.Output(logits, "logits_per_text", texts, images);
        graph.Output(textEmbeds, "text_embeds", texts, model.EmbedDim);
        graph.Output(imageEmbeds, "image_embeds", images, model.EmbedDim);
        parameters.RefuseLeftovers(IsIdle);
        return graph.Graph;

        string Normalize(string features) =>
            graph.Op("Div", [features, graph.Op("ReduceL2", [features, graph.Vector(-1)], Attribute("keepdims", 1L))]);
    }

    /// <summary>What files have that no feature depends on: counts of batches, constants of old versions, a captioner's decoder.</summary>
    private static bool IsIdle(string name) =>
        Captioner.Owns(name) || name.EndsWith(ClipNames.BatchNorm.Count, StringComparison.Ordinal)
        || name.EndsWith(".position_ids", StringComparison.Ordinal)
        || name.EndsWith(".embed_positions.weights", StringComparison.Ordinal)
        // Hugging Face's poolers, which are there in older files and are not what is read.
        || name is "text_model.pooler.dense.weight" or "text_model.pooler.dense.bias"
            or "text_model.roberta.pooler.dense.weight" or "text_model.roberta.pooler.dense.bias";
}
