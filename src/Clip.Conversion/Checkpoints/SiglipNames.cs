namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Translates between the names that open_clip's SigLIP models have (timm's <c>VisionTransformer</c> under <c>visual.trunk</c>, the text
/// tower under <c>text</c>) and those used here, which are OpenAI's as far as those go; <see cref="NameMap"/> does the same
/// for Hugging Face's.
/// </summary>
internal static class SiglipNames
{
    /// <summary>What all names of a timm tower start with.</summary>
    public const string Trunk = "visual.trunk.";

    /// <summary>The learned query of the pooling head, by which a SigLIP is recognised: [1, 1, width].</summary>
    public const string Probe = "visual.head.probe";

    private const string Block = "visual.transformer.resblocks.", TimmBlock = $"{Trunk}blocks.", Head = "visual.head.attn.in_proj_";
    private const string Text = "text.", Positions = "visual.positional_embedding";

    private static readonly (string Here, string Timm)[] Wholes =
    [
        ("visual.conv1.weight", $"{Trunk}patch_embed.proj.weight"),
        ("visual.conv1.bias", $"{Trunk}patch_embed.proj.bias"),
        (Positions, $"{Trunk}pos_embed"),
        ("visual.ln_post.weight", $"{Trunk}norm.weight"),
        ("visual.ln_post.bias", $"{Trunk}norm.bias"),
        (Probe, $"{Trunk}attn_pool.latent"),
        ("visual.head.attn.out_proj.weight", $"{Trunk}attn_pool.proj.weight"),
        ("visual.head.attn.out_proj.bias", $"{Trunk}attn_pool.proj.bias"),
        ("visual.head.ln_2.weight", $"{Trunk}attn_pool.norm.weight"),
        ("visual.head.ln_2.bias", $"{Trunk}attn_pool.norm.bias"),
        ("visual.head.mlp.c_fc.weight", $"{Trunk}attn_pool.mlp.fc1.weight"),
        ("visual.head.mlp.c_fc.bias", $"{Trunk}attn_pool.mlp.fc1.bias"),
        ("visual.head.mlp.c_proj.weight", $"{Trunk}attn_pool.mlp.fc2.weight"),
        ("visual.head.mlp.c_proj.bias", $"{Trunk}attn_pool.mlp.fc2.bias"),
    ];

    private static readonly (string Here, string Timm)[] Parts =
    [
        ("ln_1.weight", "norm1.weight"), ("ln_1.bias", "norm1.bias"), ("ln_2.weight", "norm2.weight"), ("ln_2.bias", "norm2.bias"),
        ("attn.in_proj_weight", "attn.qkv.weight"), ("attn.in_proj_bias", "attn.qkv.bias"),
        ("attn.out_proj.weight", "attn.proj.weight"), ("attn.out_proj.bias", "attn.proj.bias"),
        ("mlp.c_fc.weight", "mlp.fc1.weight"), ("mlp.c_fc.bias", "mlp.fc1.bias"),
        ("mlp.c_proj.weight", "mlp.fc2.weight"), ("mlp.c_proj.bias", "mlp.fc2.bias"),
    ];

    /// <summary>Whether these are the names of an open_clip model with timm's SigLIP tower.</summary>
    public static bool IsTimms(IEnumerable<string> names) => names.Contains($"{Trunk}attn_pool.latent");

    /// <summary>Scale and bias of the logits: Hugging Face's have a dimension of 1, open_clip's none.</summary>
    public static bool IsScalar(string name) => name is "logit_scale" or "logit_bias";

    /// <summary>Renames timm's parameters; the text tower's must have lost its prefix (<see cref="CustomText"/>).</summary>
    /// <exception cref="ClipException">A parameter of the image tower is none of SigLIP's.</exception>
    public static Dictionary<string, WeightTensor> FromOpenClip(IReadOnlyDictionary<string, WeightTensor> weights)
    {
        var result = new Dictionary<string, WeightTensor>();
        foreach (var (name, tensor) in weights)
        {
            if (!name.StartsWith(Trunk, StringComparison.Ordinal)) result[name] = tensor;
            else if (name.StartsWith($"{Trunk}attn_pool.q.", StringComparison.Ordinal)) JoinHead(name);
            else if (!name.StartsWith($"{Trunk}attn_pool.kv.", StringComparison.Ordinal)) result[Here(name)] = Reshaped(name, tensor);
        }

        return result;

        void JoinHead(string query)
        {
            var kind = query[$"{Trunk}attn_pool.q.".Length..];
            var other = $"{Trunk}attn_pool.kv.{kind}";
            if (!weights.TryGetValue(other, out var keysAndValues))
                throw new ClipException($"The parameter '{other}' is missing; give a complete checkpoint.");
            var q = weights[query];
            if (q.Shape.Count == 0 || keysAndValues.Shape.Count != q.Shape.Count || keysAndValues.Data.Length != 2L * q.Data.Length
                || keysAndValues.Data.Length > Array.MaxLength / 2)
                throw new ClipException($"The parameters '{query}' and '{other}' do not fit each other; get the checkpoint again.");
            var stacked = new StackedFloats([q.Data, keysAndValues.Data[..q.Data.Length], keysAndValues.Data[q.Data.Length..]]);
            result[Head + kind] = new WeightTensor([3 * q.Shape[0], .. q.Shape.Skip(1)], stacked.Memory);
        }
    }

    /// <summary>Renames to open_clip's names, the text tower's with its prefix.</summary>
    /// <exception cref="ClipException">A parameter is none of SigLIP's.</exception>
    public static Dictionary<string, WeightTensor> ToOpenClip(IReadOnlyDictionary<string, WeightTensor> weights)
    {
        var result = new Dictionary<string, WeightTensor>();
        foreach (var (name, tensor) in weights)
        {
            if (IsScalar(name)) result[name] = tensor with { Shape = [] };
            else if (!name.StartsWith("visual.", StringComparison.Ordinal)) result[Text + name] = tensor;
            else if (name.StartsWith(Head, StringComparison.Ordinal))
            {
                var (kind, thirds) = (name[Head.Length..], StackedFloats.Thirds(tensor));
                var rest = new StackedFloats([thirds[1].Data, thirds[2].Data]);
                result[$"{Trunk}attn_pool.q.{kind}"] = thirds[0];
                result[$"{Trunk}attn_pool.kv.{kind}"] = new WeightTensor([2 * thirds[1].Shape[0], .. thirds[1].Shape.Skip(1)], rest.Memory);
            }
            else
            {
                result[Timm(name)] = name == Positions ? tensor with { Shape = [1, .. tensor.Shape] } : tensor;
            }
        }

        return result;
    }

    private static string Here(string timm) => Translate(timm, TimmBlock, Block, p => p.Timm, p => p.Here);

    private static string Timm(string here) => Translate(here, Block, TimmBlock, p => p.Here, p => p.Timm);

    private static string Translate(
        string name, string fromBlock, string toBlock,
        Func<(string Here, string Timm), string> from, Func<(string Here, string Timm), string> to)
    {
        if (Wholes.FirstOrDefault(w => from(w) == name) is { Here: not null } whole) return to(whole);
        if (name.StartsWith(fromBlock, StringComparison.Ordinal))
        {
            var dot = name.IndexOf('.', fromBlock.Length);
            if (dot > 0 && Parts.FirstOrDefault(p => from(p) == name[(dot + 1)..]) is { Here: not null } part)
                return $"{toBlock}{name[fromBlock.Length..dot]}.{to(part)}";
        }

        throw new ClipException($"The parameter '{name}' is none of a SigLIP's; give a checkpoint of such a model.");
    }

    private static WeightTensor Reshaped(string name, WeightTensor tensor) =>
        name == $"{Trunk}pos_embed" && tensor.Shape is [1, _, _] ? tensor with { Shape = [.. tensor.Shape.Skip(1)] } : tensor;
}
