using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx.Format;
using Clip.Conversion.Onnx.Quantization;
using static Clip.Conversion.Onnx.Format.GraphBuilder;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Conversion.Onnx;

/// <summary>
/// Writes a CLIP model as ONNX files (opset 20), in the layout and with the names that Hugging Face's repositories use, from the
/// weights alone. All dimensions named below by words are free when the model runs; a text may be cut to the longest of its batch.
/// </summary>
public static class ClipOnnxExporter
{
    internal const string VisionStem = "vision_model", TextStem = "text_model", WholeStem = "model";

    /// <summary>What a SigLIP's towers put out, in Hugging Face's words.</summary>
    private const string Pooled = "pooler_output";

    /// <summary>What the files are called, without suffix; the whole model first, for it is the one that misses no weight.</summary>
    internal static readonly string[] Stems = [WholeStem, VisionStem, TextStem];

    /// <summary>The files of a model: all, or the image tower's where that is all that encodes.</summary>
    internal static IReadOnlyList<string> StemsOf(ClipConfig config) => config switch
    {
        { Towers: ModelTowers.Image } or { TextSide: not TextSide.Tower } => [VisionStem],
        { Towers: ModelTowers.Text } => [TextStem],
        _ => Stems,
    };

    /// <summary>
    /// Writes three files into a folder, each with its own copy of the weights it needs:
    /// <list type="bullet">
    /// <item><c>vision_model.onnx</c>: <c>pixel_values</c> float [batch, 3, size, size] → <c>image_embeds</c> [batch, embed_dim],
    /// projected but not normalized;</item>
    /// <item><c>text_model.onnx</c>: <c>input_ids</c> int64 [batch, sequence] → <c>text_embeds</c> [batch, embed_dim], projected but
    /// not normalized; sequence is at most the context length;</item>
    /// <item><c>model.onnx</c>: <c>input_ids</c> [text_batch, sequence], <c>pixel_values</c> [image_batch, …] and
    /// <c>attention_mask</c> int64 [text_batch, sequence] → <c>logits_per_image</c> [image_batch, text_batch],
    /// <c>logits_per_text</c>, <c>text_embeds</c> and <c>image_embeds</c>, the embeddings here of length 1, as
    /// <c>CLIPModel.forward</c> returns them. The mask is only declared, for clients that always send one: the causal mask alone
    /// keeps padding, which follows the end of text, from touching the feature.</item>
    /// </list>
    /// A SigLIP's files are those of a <c>SiglipModel</c>: the towers put out <c>pooler_output</c>, texts have the context's full length,
    /// and there is no mask.
    /// Where weights exceed what one protobuf message may hold (2 GiB) they go to a file beside, named <c>&lt;file&gt;_data</c>.
    /// </summary>
    /// <param name="config">The model's sizes.</param>
    /// <param name="weights">
    /// The model's parameters, and a ResNet's batch norm statistics, by OpenAI's names; a <c>logit_bias</c> (SigLIP) is added to the
    /// logits where there is one.
    /// </param>
    /// <param name="onnxFolder">Created where it does not exist.</param>
    /// <param name="precisions">
    /// How to store the weights: each file is written once for each, with the suffix that Hugging Face's folders give it
    /// (<c>vision_model_int8.onnx</c>). Default single precision alone.
    /// </param>
    /// <exception cref="ClipException">A weight is missing, misshapen for the config, or has no place in it.</exception>
    public static void Export(
        ClipConfig config,
        IReadOnlyDictionary<string, WeightTensor> weights,
        string onnxFolder,
        IReadOnlyCollection<OnnxPrecision>? precisions = null) =>
        Export(config, weights, onnxFolder, ModelFile.MaxInlineBytes, precisions);

    internal static void Export(
        ClipConfig config,
        IReadOnlyDictionary<string, WeightTensor> weights,
        string onnxFolder,
        long maxInlineBytes,
        IReadOnlyCollection<OnnxPrecision>? precisions = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(weights);
        foreach (var stem in StemsOf(config))
        {
            foreach (var precision in precisions ?? [OnnxPrecision.Fp32])
            {
                var graph = Graph(stem, config, weights, precision);
                Directory.CreateDirectory(onnxFolder);
                ModelFile.Write(graph, Path.Combine(onnxFolder, $"{stem}{precision.Suffix()}.onnx"), maxInlineBytes);
            }
        }
    }

    /// <summary>The graph of the file <paramref name="stem"/>, one of <see cref="Stems"/>.</summary>
    internal static GraphProto Graph(
        string stem,
        ClipConfig config,
        IReadOnlyDictionary<string, WeightTensor> weights,
        OnnxPrecision precision = OnnxPrecision.Fp32,
        Int8Options? int8 = null)
    {
        if (config.IsOpenClips)
            throw new ClipException("ONNX files of open_clip's own kinds of towers are written with their model folder; write that.");
        var layout = ParameterLayout.Of(config);
        var graph = stem switch
        {
            VisionStem => Tower("clip_vision_model", TowerGraphs.Vision, config.IsSiglip ? Pooled : "image_embeds"),
            TextStem => Tower("clip_text_model", TowerGraphs.Text, config.IsSiglip ? Pooled : "text_embeds"),
            _ => Whole(config, new WeightSource(layout, weights)),
        };
        if (precision == OnnxPrecision.Fp16) Float16Graph.Apply(graph);
        if (precision == OnnxPrecision.Int8) Int8Graph.Apply(graph, int8 ?? new Int8Options { FloatWeights = layout.Projections });
        return graph;

        GraphProto Tower(string name, Func<GraphBuilder, WeightSource, ClipConfig, Dim, string> write, string output)
        {
            var tower = new GraphBuilder(name);
            var source = new WeightSource(layout, weights);
            tower.Output(write(tower, source, config, "batch"), output, "batch", config.EmbedDim);
            // Of a whole model its own graph sees whether anything is left over.
            if (config.Towers != ModelTowers.Both) source.RefuseLeftovers(ClipNames.LogitScale, ClipNames.LogitBias);
            return tower.Graph;
        }
    }

    private static GraphProto Whole(ClipConfig config, WeightSource weights)
    {
        const string images = "image_batch", texts = "text_batch";
        var graph = new GraphBuilder("clip_model");
        var textFeatures = TowerGraphs.Text(graph, weights, config, texts);
        var imageFeatures = TowerGraphs.Vision(graph, weights, config, images);
        if (!config.IsSiglip)
            graph.Input("attention_mask", DataType.Int64, texts, config.Text.NeedsFullContext ? config.Text.ContextLength : "sequence");

        graph.Scope("similarity");
        var textEmbeds = Normalize(textFeatures);
        var imageEmbeds = Normalize(imageFeatures);
        var scale = weights.TakeScalar(ClipNames.LogitScale)
            ?? throw new ClipException(
                $"The weight '{ClipNames.LogitScale}' is missing; every CLIP model has it, so give a complete checkpoint.");
        var cosines = graph.Op("MatMul", [textEmbeds, graph.Op("Transpose", [imageEmbeds], Attribute("perm", 1, 0))]);
        var logits = graph.Op("Mul", [cosines, graph.Scalar(MathF.Exp(scale))]);
        if (weights.TakeScalar(ClipNames.LogitBias) is { } bias) logits = graph.Op("Add", [logits, graph.Scalar(bias)]);

        graph.Output(graph.Op("Transpose", [logits], Attribute("perm", 1, 0)), "logits_per_image", images, texts);
        graph.Output(logits, "logits_per_text", texts, images);
        graph.Output(textEmbeds, "text_embeds", texts, config.EmbedDim);
        graph.Output(imageEmbeds, "image_embeds", images, config.EmbedDim);
        weights.RefuseLeftovers();
        return graph.Graph;

        string Normalize(string features) =>
            graph.Op("Div", [features, graph.Op("ReduceL2", [features, graph.Vector(-1)], Attribute("keepdims", 1L))]);
    }
}
