using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Onnx.Format;
using Clip.Conversion.Zoo.Blocks;
using DataType = Clip.Conversion.Onnx.Format.TensorProto.Types.DataType;

namespace Clip.Conversion.Zoo.Towers;

/// <summary>A model of any family whose graphs are written from its towers' pages.</summary>
internal sealed record ZooModel
{
    /// <summary>The image tower; null for a text tower alone.</summary>
    public ImageTower? Image { get; init; }

    /// <summary>The text tower; null for an image tower alone.</summary>
    public TextTower? Text { get; init; }

    /// <summary>Whether logits have a bias, as SigLIP's.</summary>
    public bool HasLogitBias { get; init; }

    /// <summary>What the checkpoint has beside the towers that features do not need, a captioner's decoder for one.</summary>
    public Captioner? Decoder { get; init; }

    public int EmbedDim => Image?.EmbedDim ?? Text!.EmbedDim;

    /// <summary>The families of its towers.</summary>
    public string Family => string.Join(" + ", new[] { Image?.Family, Text?.Family }.OfType<string>());

    /// <summary>Its sizes in words.</summary>
    public string Sizes => string.Join("; ", new[]
    {
        Image is { } image ? $"image {image.ImageSize}, {image.Sizes}" : null,
        Text is { } text ? $"text {text.Sizes}" : null,
        $"embedding {EmbedDim}",
    }.OfType<string>());

    /// <summary>Every parameter that it has, without weights: names, shapes, towers.</summary>
    public IReadOnlyCollection<LayoutParameter> Layout()
    {
        var parameters = new Parameters(null);
        Write(parameters);
        return parameters.Listed;
    }

    /// <summary>How many parameters there are, without statistics.</summary>
    /// <param name="tower">Of this tower alone; null for the whole model.</param>
    public long ParameterCount(Tower? tower = null) =>
        Layout().Where(p => !p.IsStatistic && (tower is null || p.Place.Tower == tower)).Sum(p => p.Count);

    /// <summary>What an image and a text as long as the context cost: operations, two for a multiplication with its addition.</summary>
    public (double Image, double Text) Cost() => (
        Image is null ? 0 : 2 * WriteImage(new GraphBuilder("image"), new Parameters(null), "batch").Net.Multiplications,
        Text is null ? 0 : 2 * WriteText(new GraphBuilder("text"), new Parameters(null), "batch").Net.Multiplications);

    /// <summary>Writes the image tower's inputs and nodes.</summary>
    /// <returns>The value of its features, and what it was written by.</returns>
    public (string Features, TowerWriter Net) WriteImage(GraphBuilder graph, Parameters parameters, Dim items)
    {
        parameters.Tower = Tower.Image;
        var net = new TowerWriter(graph, parameters);
        var pixels = graph.Input("pixel_values", DataType.Float, items, 3, Image!.ImageSize, Image.ImageSize);
        var features = Image.Features(net, pixels);
        parameters.Tower = null;
        return (features, net);
    }

    /// <summary>Writes the text tower's inputs and nodes.</summary>
    /// <inheritdoc cref="WriteImage"/>
    public (string Features, TowerWriter Net) WriteText(GraphBuilder graph, Parameters parameters, Dim items)
    {
        parameters.Tower = Tower.Text;
        var net = new TowerWriter(graph, parameters);
        Dim tokens = Text!.NeedsFullContext ? Text.ContextLength : "sequence";
        var ids = graph.Input("input_ids", DataType.Int64, items, tokens);
        var mask = Text.TakesMask ? graph.Input("attention_mask", DataType.Int64, items, tokens) : "";
        var features = Text.Features(net, ids, mask);
        parameters.Tower = null;
        return (features, net);
    }

    private void Write(Parameters parameters)
    {
        if (Image is not null) WriteImage(new GraphBuilder("image"), parameters, "batch");
        if (Text is not null) WriteText(new GraphBuilder("text"), parameters, "batch");
        if (Image is null || Text is null) return;
        parameters.TakeScalar(ClipNames.LogitScale);
        if (HasLogitBias) parameters.TakeScalar(ClipNames.LogitBias);
        Decoder?.Take(parameters);
    }
}

/// <summary>
/// CoCa's text decoder, which captions and which features do not need: part of the model all the same, and of its number of parameters.
/// </summary>
/// <param name="Width">Channels.</param>
/// <param name="Layers">Blocks, and as many that look at the image.</param>
/// <param name="MlpWidth">Channels inside the MLPs.</param>
/// <param name="VocabSize">What it puts out.</param>
internal sealed record Captioner(int Width, int Layers, int MlpWidth, int VocabSize)
{
    private const string Prefix = "text_decoder.";

    /// <summary>Whether a name is one of its own.</summary>
    public static bool Owns(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Lists its parameters.</summary>
    public void Take(Parameters parameters)
    {
        for (var i = 0; i < Layers; i++)
        {
            foreach (var kind in new[] { "resblocks", "cross_attn" })
            {
                var name = $"{Prefix}{kind}.{i}.";
                foreach (var norm in kind == "cross_attn" ? ["ln_1", "ln_1_kv", "ln_2"] : new[] { "ln_1", "ln_2" })
                {
                    parameters.Take($"{name}{norm}.weight", Width);
                    parameters.Take($"{name}{norm}.bias", Width);
                }

                parameters.Take($"{name}attn.in_proj_weight", 3 * Width, Width);
                parameters.Take($"{name}attn.in_proj_bias", 3 * Width);
                Linear(parameters, $"{name}attn.out_proj", Width, Width);
                Linear(parameters, $"{name}mlp.c_fc", Width, MlpWidth);
                Linear(parameters, $"{name}mlp.c_proj", MlpWidth, Width);
            }
        }

        parameters.Take($"{Prefix}ln_final.weight", Width);
        parameters.Take($"{Prefix}ln_final.bias", Width);
        parameters.Take($"{Prefix}text_projection", Width, VocabSize);
    }

    private static void Linear(Parameters parameters, string name, int inputs, int outputs)
    {
        parameters.Take($"{name}.weight", outputs, inputs);
        parameters.Take($"{name}.bias", outputs);
    }
}
