namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Translates between the parameter names of OpenAI's CLIP (also open_clip's) and those of Hugging Face's <c>CLIPModel</c>. The
/// values are the same but for two things: OpenAI stacks the query, key and value projections in <c>in_proj</c>, and stores the
/// two projections into the shared space transposed. Vision Transformers only, for Hugging Face has no CLIP with a ResNet. A
/// <c>SiglipModel</c>'s parameters have the same names, and some more, for which the names on this side are made in OpenAI's way.
/// </summary>
public static class NameMap
{
    private static readonly Names ToHuggingFaceNames = new(
    [
        ("logit_scale", "logit_scale"),
        // Not CLIP's but SigLIP's loss has it; Hugging Face's CLIPModel ignores it.
        ("logit_bias", "logit_bias"),
        // Nor has it ConVIRT's heads, and ignores them.
        ("image_head.weight", "image_head.weight"),
        ("text_head.weight", "text_head.weight"),
        ("positional_embedding", "text_model.embeddings.position_embedding.weight"),
        ("token_embedding.weight", "text_model.embeddings.token_embedding.weight"),
        ("ln_final.weight", "text_model.final_layer_norm.weight"),
        ("ln_final.bias", "text_model.final_layer_norm.bias"),
        ("text_projection", "text_projection.weight"),
        ("visual.class_embedding", "vision_model.embeddings.class_embedding"),
        ("visual.conv1.weight", "vision_model.embeddings.patch_embedding.weight"),
        ("visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"),
        // Hugging Face's spelling.
        ("visual.ln_pre.weight", "vision_model.pre_layrnorm.weight"),
        ("visual.ln_pre.bias", "vision_model.pre_layrnorm.bias"),
        ("visual.ln_post.weight", "vision_model.post_layernorm.weight"),
        ("visual.ln_post.bias", "vision_model.post_layernorm.bias"),
        ("visual.proj", "visual_projection.weight"),
        // SigLIP's.
        ("visual.conv1.bias", "vision_model.embeddings.patch_embedding.bias"),
        (SiglipNames.Probe, "vision_model.head.probe"),
        ("visual.head.attn.in_proj_weight", "vision_model.head.attention.in_proj_weight"),
        ("visual.head.attn.in_proj_bias", "vision_model.head.attention.in_proj_bias"),
        ("visual.head.attn.out_proj.weight", "vision_model.head.attention.out_proj.weight"),
        ("visual.head.attn.out_proj.bias", "vision_model.head.attention.out_proj.bias"),
        ("visual.head.ln_2.weight", "vision_model.head.layernorm.weight"),
        ("visual.head.ln_2.bias", "vision_model.head.layernorm.bias"),
        ("visual.head.mlp.c_fc.weight", "vision_model.head.mlp.fc1.weight"),
        ("visual.head.mlp.c_fc.bias", "vision_model.head.mlp.fc1.bias"),
        ("visual.head.mlp.c_proj.weight", "vision_model.head.mlp.fc2.weight"),
        ("visual.head.mlp.c_proj.bias", "vision_model.head.mlp.fc2.bias"),
        ("text_projection.weight", "text_model.head.weight"),
        ("text_projection.bias", "text_model.head.bias"),
    ],
    [("visual.transformer.resblocks.", "vision_model.encoder.layers."), ("transformer.resblocks.", "text_model.encoder.layers.")],
    [
        ("attn.out_proj", "self_attn.out_proj"),
        ("ln_1", "layer_norm1"),
        ("ln_2", "layer_norm2"),
        ("mlp.c_fc", "mlp.fc1"),
        ("mlp.c_proj", "mlp.fc2"),
    ]);

    private static readonly Names ToOpenAINames = ToHuggingFaceNames.Reversed();

    private static readonly string[] Projections = ["q_proj", "k_proj", "v_proj"];

    /// <summary>Whether the names are Hugging Face's.</summary>
    public static bool IsHuggingFace(IEnumerable<string> names) => names.Any(n =>
        n.StartsWith("text_model.", StringComparison.Ordinal) || n.StartsWith("vision_model.", StringComparison.Ordinal));

    /// <summary>
    /// Renames OpenAI's parameters to Hugging Face's. The query, key and value projections are views of the ones they are cut from.
    /// </summary>
    /// <exception cref="ClipException">A parameter is not one of a CLIP model with a Vision Transformer.</exception>
    public static Dictionary<string, WeightTensor> ToHuggingFace(IReadOnlyDictionary<string, WeightTensor> openAI)
    {
        ArgumentNullException.ThrowIfNull(openAI);
        var result = new Dictionary<string, WeightTensor>();
        var isSiglip = openAI.ContainsKey(SiglipNames.Probe);
        foreach (var (name, tensor) in openAI)
        {
            if (ToHuggingFaceNames.Whole(name) is { } other)
            {
                result[other] = IsTransposed(name) ? Transpose(name, tensor)
                    : isSiglip && SiglipNames.IsScalar(name) ? tensor with { Shape = [1] }
                    : tensor;
                continue;
            }

            var (layer, part) = ToHuggingFaceNames.SplitBlock(name);
            if (part.StartsWith("attn.in_proj_", StringComparison.Ordinal))
            {
                var pieces = SplitRows(name, tensor);
                var kind = part["attn.in_proj_".Length..];
                for (var i = 0; i < 3; i++) result[$"{layer}self_attn.{Projections[i]}.{kind}"] = pieces[i];
            }
            else
            {
                result[layer + ToHuggingFaceNames.Part(name, part)] = tensor;
            }
        }

        return result;
    }

    /// <summary>Renames Hugging Face's parameters to OpenAI's, without the constant <c>position_ids</c> of older files.</summary>
    /// <exception cref="ClipException">A parameter is not one of <c>CLIPModel</c>, or a query, key or value lacks the others.</exception>
    public static Dictionary<string, WeightTensor> ToOpenAI(IReadOnlyDictionary<string, WeightTensor> huggingFace)
    {
        ArgumentNullException.ThrowIfNull(huggingFace);
        var result = new Dictionary<string, WeightTensor>();
        foreach (var (name, tensor) in huggingFace)
        {
            if (name.EndsWith(".position_ids", StringComparison.Ordinal)) continue;
            if (ToOpenAINames.Whole(name) is { } other)
            {
                result[other] = IsTransposed(other) ? Transpose(name, tensor) : tensor;
                continue;
            }

            var (layer, part) = ToOpenAINames.SplitBlock(name);
            if (Projections.FirstOrDefault(p => part.StartsWith($"self_attn.{p}.", StringComparison.Ordinal)) is { } projection)
            {
                var kind = part[$"self_attn.{projection}.".Length..];
                var joined = $"{layer}attn.in_proj_{kind}";
                var names = Projections.Select(p => name.Replace(projection, p, StringComparison.Ordinal)).ToArray();
                if (!result.ContainsKey(joined)) result[joined] = JoinRows(names, huggingFace);
            }
            else
            {
                result[layer + ToOpenAINames.Part(name, part)] = tensor;
            }
        }

        return result;
    }

    private static bool IsTransposed(string openAIName) => openAIName is "visual.proj" or "text_projection";

    private static ClipException Unknown(string name) =>
        new($"The parameter '{name}' is none of a CLIP model with a Vision Transformer; give a checkpoint of such a model.");

    private static WeightTensor[] SplitRows(string name, WeightTensor tensor)
    {
        if (tensor.Shape.Count == 0 || tensor.Shape[0] % 3 != 0)
            throw new ClipException(
                $"The parameter '{name}' has shape [{string.Join(", ", tensor.Shape)}], which is not three in one; the file is damaged.");
        return StackedFloats.Thirds(tensor);
    }

    private static WeightTensor JoinRows(string[] names, IReadOnlyDictionary<string, WeightTensor> weights)
    {
        var pieces = names.Select(n => weights.TryGetValue(n, out var w)
            ? w
            : throw new ClipException($"The parameter '{n}' is missing; give a complete checkpoint.")).ToArray();
        if (pieces.Any(p => p.Shape.Count == 0 || !p.Shape.SequenceEqual(pieces[0].Shape)))
            throw new ClipException($"The parameters {string.Join(", ", names)} differ in shape; get the checkpoint again.");

        var n = pieces[0].Data.Length;
        if (n > Array.MaxLength / 3)
            throw new ClipException(
                $"The parameters {string.Join(", ", names)} together have more values than an array holds; no CLIP's do.");
        var stacked = new StackedFloats([.. pieces.Select(p => p.Data)]);
        return new WeightTensor([3 * pieces[0].Shape[0], .. pieces[0].Shape.Skip(1)], stacked.Memory);
    }

    private static WeightTensor Transpose(string name, WeightTensor tensor)
    {
        if (tensor.Shape.Count != 2)
            throw new ClipException($"The parameter '{name}' has {tensor.Shape.Count} dimensions instead of 2; get the checkpoint again.");
        int rows = (int)tensor.Shape[0], columns = (int)tensor.Shape[1];
        var source = tensor.Data.Span;
        var transposed = new float[source.Length];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++) transposed[c * rows + r] = source[r * columns + c];
        }

        return new WeightTensor([columns, rows], transposed);
    }

    /// <summary>One side's names and what the other calls them: whole ones, and a block's in parts (tower, layer, weight).</summary>
    private sealed record Names((string From, string To)[] Wholes, (string From, string To)[] Towers, (string From, string To)[] Parts)
    {
        public Names Reversed() => new(Swap(Wholes), Swap(Towers), Swap(Parts));

        public string? Whole(string name) => Wholes.FirstOrDefault(w => w.From == name).To;

        /// <summary>Cuts a block's parameter into its renamed tower with the layer's number, and its own name, not yet renamed.</summary>
        public (string Layer, string Part) SplitBlock(string name)
        {
            foreach (var (from, to) in Towers)
            {
                if (!name.StartsWith(from, StringComparison.Ordinal)) continue;
                var rest = name[from.Length..];
                var dot = rest.IndexOf('.', StringComparison.Ordinal);
                if (dot > 0 && rest[..dot].All(char.IsAsciiDigit)) return (to + rest[..(dot + 1)], rest[(dot + 1)..]);
            }

            throw Unknown(name);
        }

        public string Part(string name, string part)
        {
            var dot = part.LastIndexOf('.');
            if (dot > 0 && part[dot..] is ".weight" or ".bias" && Parts.FirstOrDefault(p => p.From == part[..dot]).To is { } to)
                return to + part[dot..];
            throw Unknown(name);
        }

        private static (string From, string To)[] Swap((string From, string To)[] pairs) => [.. pairs.Select(p => (p.To, p.From))];
    }
}
