using System.Globalization;
using System.Text.RegularExpressions;
using Clip.Conversion.Configs;
using Clip.Conversion.Zoo.Blocks;
using Clip.Conversion.Zoo.Towers;

namespace Clip.Conversion.Zoo.Reading;

/// <summary>timm's Transformers by their names.</summary>
internal static partial class TimmTransformers
{
    private const string Trunk = TimmHead.Trunk;
    private const string Blocks = $"{Trunk}blocks.";

    /// <summary>Patch, width, layers, heads, and the MLP's share of the width.</summary>
    private static readonly Dictionary<string, (EvaKind Kind, int Patch, int Width, int Layers, int Heads, double Ratio)> Evas = new()
    {
        ["eva_giant_patch14_224"] = (EvaKind.Eva01, 14, 1408, 40, 16, 6144.0 / 1408),
        ["eva02_base_patch16_clip_224"] = (EvaKind.Eva02, 16, 768, 12, 12, 4 * 2.0 / 3),
        ["eva02_large_patch14_clip_224"] = (EvaKind.Eva02, 14, 1024, 24, 16, 4 * 2.0 / 3),
        ["eva02_large_patch14_clip_336"] = (EvaKind.Eva02, 14, 1024, 24, 16, 4 * 2.0 / 3),
        ["eva02_enormous_patch14_clip_224"] = (EvaKind.Eva02Enormous, 14, 1792, 64, 16, 15360.0 / 1792),
    };

    /// <summary>The same, the reference grid of positions, and what is added to them.</summary>
    private static readonly
        Dictionary<string, (int Patch, int Width, int Layers, int Heads, double Ratio, int Grid, int Offset)> Perceptions = new()
        {
            ["vit_pe_core_tiny_patch16_384"] = (16, 192, 12, 3, 4, 24, 1),
            ["vit_pe_core_small_patch16_384"] = (16, 384, 12, 6, 4, 24, 1),
            ["vit_pe_core_base_patch16_224"] = (16, 768, 12, 12, 4, 14, 1),
            ["vit_pe_core_large_patch14_336"] = (14, 1024, 24, 16, 4, 24, 1),
            ["vit_pe_core_gigantic_patch14_448"] = (14, 1536, 50, 16, 8960.0 / 1536, 32, 0),
        };

    /// <summary>Patch, width, layers, heads, and channels inside the MLP.</summary>
    private static readonly Dictionary<string, (int Patch, int Width, int Layers, int Heads, int Mlp)> Vits = new()
    {
        ["vit_medium_patch16_gap_256"] = (16, 512, 12, 8, 2048),
        ["vit_relpos_medium_patch16_cls_224"] = (16, 512, 12, 8, 2048),
        ["vit_large_patch14_clip_224"] = (14, 1024, 24, 16, 4096),
        ["vit_base_mci_224"] = (16, 768, 12, 12, 3072),
        ["naflexvit_base_patch16_siglip"] = (16, 768, 12, 12, 3072),
        ["naflexvit_so400m_patch16_siglip"] = (16, 1152, 27, 16, 4304),
    };

    /// <summary>Width, layers, heads, and channels inside the MLP of SigLIP's towers.</summary>
    private static readonly Dictionary<string, (int Width, int Layers, int Heads, int Mlp)> Siglips = new()
    {
        ["base"] = (768, 12, 12, 3072),
        ["large"] = (1024, 24, 16, 4096),
        ["so400m"] = (1152, 27, 16, 4304),
        ["giantopt"] = (1536, 40, 16, 6144),
    };

    public static ImageTower? Eva(TimmTower tower)
    {
        if (!Evas.TryGetValue(tower.Name, out var table)) return null;
        var (sizes, keys) = (tower.Sizes, tower.Keys);
        var patch = sizes.Of($"{Trunk}patch_embed.proj.weight", 2, keys.Int("patch_size", table.Patch));
        var width = sizes.Of($"{Trunk}patch_embed.proj.weight", 0, keys.Int("embed_dim", table.Width));
        var heads = keys.Int("num_heads", table.Heads);
        var hidden = (int)(width * keys.Double("mlp_ratio", table.Ratio));
        SizeRules.Patches(tower.Source, tower.ImageSize, patch);
        var mlpName = table.Kind == EvaKind.Eva02 ? "mlp.fc1_g.weight" : "mlp.fc1.weight";
        // EVA02-B's and -L's angles are of 16 × 16 patches, whatever the grid.
        var reference = keys.Ints("ref_feat_shape", [16, 16]);
        var eva = new Eva
        {
            ImageSize = tower.ImageSize,
            EmbedDim = tower.EmbedDim,
            Kind = table.Kind,
            PatchSize = patch,
            Width = width,
            Layers = sizes.Count(Blocks, keys.Int("depth", table.Layers)),
            Heads = heads,
            MlpWidth = sizes.Of($"{Blocks}0.{mlpName}", 0, hidden),
            Head = tower.Head("token"),
            Rotary = table.Kind == EvaKind.Eva02 ? Angles(tower, patch, width, heads, prefix: 1, reference) : null,
        };
        Check(tower, width, heads, eva.MlpWidth, eva.Layers);
        return eva;
    }

    public static ImageTower? PerceptionEncoder(TimmTower tower)
    {
        if (!Perceptions.TryGetValue(tower.Name, out var table)) return null;
        var (sizes, keys) = (tower.Sizes, tower.Keys);
        var patch = sizes.Of($"{Trunk}patch_embed.proj.weight", 2, keys.Int("patch_size", table.Patch));
        var width = sizes.Of($"{Trunk}patch_embed.proj.weight", 0, keys.Int("embed_dim", table.Width));
        var heads = keys.Int("num_heads", table.Heads);
        SizeRules.Patches(tower.Source, tower.ImageSize, patch);
        // All but the largest have a class token.
        var hasToken = sizes.Has($"{Trunk}cls_token", table.Offset > 0);
        var rotary = Angles(tower, patch, width, heads, hasToken ? 1 : 0, keys.Ints("ref_feat_shape", [table.Grid, table.Grid])) with
        {
            IsColumnFirst = true,
            Offset = keys.Double("rope_grid_offset", table.Offset),
        };
        var eva = new Eva
        {
            ImageSize = tower.ImageSize,
            EmbedDim = tower.EmbedDim,
            Kind = EvaKind.PerceptionEncoder,
            PatchSize = patch,
            Width = width,
            Layers = sizes.Count(Blocks, keys.Int("depth", table.Layers)),
            Heads = heads,
            MlpWidth = sizes.Of($"{Blocks}0.mlp.fc1.weight", 0, (int)(width * keys.Double("mlp_ratio", table.Ratio))),
            Head = tower.Head("map", ""),
            HasClassToken = hasToken,
            Rotary = rotary,
            PoolHeads = keys.Int("attn_pool_num_heads", 8),
            PoolMlpWidth = sizes.Of($"{Trunk}attn_pool.mlp.fc1.weight", 0, 4 * width),
        };
        ClipConfig.Positive(tower.Source, eva.PoolHeads, "attn_pool_num_heads", ClipConfig.MaxWidth);
        ClipConfig.Divides(tower.Source, eva.PoolHeads, width, "attn_pool_num_heads", "width");
        Check(tower, width, heads, eva.MlpWidth, eva.Layers);
        return eva;
    }

    public static ImageTower? Vit(TimmTower tower)
    {
        var siglip = SiglipName().Match(tower.Name);
        if (!Vits.TryGetValue(tower.Name, out var table) && !siglip.Success) return null;
        if (siglip.Success)
        {
            var (siglipWidth, layers, heads, mlp) = Siglips[siglip.Groups["size"].Value];
            table = (int.Parse(siglip.Groups["patch"].ValueSpan, CultureInfo.InvariantCulture), siglipWidth, layers, heads, mlp);
        }

        var (sizes, keys) = (tower.Sizes, tower.Keys);
        var isStem = tower.Name == "vit_base_mci_224";
        var stem = isStem ? keys.Section("backbone") : null;
        var channels = stem?.Ints("channels", [192, 192, 768]) ?? [];
        stem?.RefuseOthers();
        const string backbone = $"{Trunk}patch_embed.backbone.";
        int[] stemWidths = isStem ? [.. Enumerable.Range(0, 2).Select(i => sizes.Of($"{backbone}{i}.conv.weight", 0, channels[i]))] : [];
        var conv = isStem ? $"{backbone}2.conv.weight" : $"{Trunk}patch_embed.proj.weight";
        var width = sizes.Of(conv, 0, keys.Int("embed_dim", table.Width));
        var patch = isStem ? table.Patch : sizes.Of(conv, 2, keys.Int("patch_size", table.Patch));
        SizeRules.Patches(tower.Source, tower.ImageSize, patch);
        var block = Block(tower, table.Heads, width, ScaledMlp(width, table.Mlp, table.Width));
        var plain = new TimmVit
        {
            ImageSize = tower.ImageSize,
            EmbedDim = tower.EmbedDim,
            PatchSize = patch,
            Block = block,
            Layers = sizes.Count(Blocks, keys.Int("depth", table.Layers)),
            Head = new TimmHead(TimmProjection.None, false),
            Pooling = TimmPooling.Token,
        };
        SizeRules.Block(tower.Source, block, plain.Layers);
        return tower.Name switch
        {
            "vit_medium_patch16_gap_256" => plain with
            {
                Head = tower.Head("", "avg"),
                Pooling = TimmPooling.Average,
                Block = Scaled(block) with { Qkv = Qkv.FusedWithoutBias },
            },
            "vit_relpos_medium_patch16_cls_224" => plain with
            {
                Head = tower.Head("", "token"),
                HasClassToken = true,
                Variant = TimmVariant.RelativePositions,
                PositionsWidth = sizes.Of($"{Blocks}0.attn.rel_pos.mlp.fc1.weight", 0, keys.Int("rel_pos_dim", 256)),
                Block = Scaled(block) with { Qkv = Qkv.FusedWithoutBias },
            },
            "vit_large_patch14_clip_224" => plain with
            {
                Head = tower.Head("token", ""),
                HasClassToken = true,
                HasNormBefore = true,
                Block = block with { Eps = 1e-5 },
            },
            "vit_base_mci_224" => plain with
            {
                Head = tower.Head("token", ""),
                HasClassToken = true,
                Variant = TimmVariant.ConvolutionalStem,
                StemWidths = stemWidths,
            },
            _ => plain with
            {
                Head = tower.Head("map", ""),
                Pooling = TimmPooling.Map,
                Block = block with
                {
                    Mlp = block.Mlp with { Activation = IsTanh(tower.Name) ? Nonlinearity.GeluTanh : Nonlinearity.Gelu },
                },
            },
        };
    }

    /// <summary>timm computes tanh-GELU where it made the tower for SigLIP 2 or later; SigLIP's own names it left at exact GELU.</summary>
    private static bool IsTanh(string name) => name is "vit_base_patch32_siglip_256" or "vit_large_patch16_siglip_512"
        || name.StartsWith("vit_so400m_patch16_", StringComparison.Ordinal) || name.StartsWith("vit_giantopt_", StringComparison.Ordinal);

    public static ImageTower? NaFlex(TimmTower tower)
    {
        if (!Vits.TryGetValue(tower.Name, out var table)) return null;
        var (sizes, keys) = (tower.Sizes, tower.Keys);
        var width = sizes.Of($"{Trunk}embeds.proj.weight", 0, keys.Int("embed_dim", table.Width));
        var patch = keys.Int("patch_size", table.Patch);
        SizeRules.Patches(tower.Source, tower.ImageSize, patch);
        var learned = keys.Ints("pos_embed_grid_size", [16, 16]);
        if (learned.Length != 2) throw new FormatException("pos_embed_grid_size must be two numbers");
        var block = Block(tower, table.Heads, width, ScaledMlp(width, table.Mlp, table.Width));
        var vit = new TimmVit
        {
            ImageSize = tower.ImageSize,
            EmbedDim = tower.EmbedDim,
            Variant = TimmVariant.NaFlex,
            PatchSize = patch,
            // SigLIP 2's tanh-GELU.
            Block = block with { Mlp = block.Mlp with { Activation = Nonlinearity.GeluTanh } },
            Layers = sizes.Count(Blocks, keys.Int("depth", table.Layers)),
            Head = tower.Head("map", ""),
            Pooling = TimmPooling.Map,
            LearnedGrid = (
                sizes.Of($"{Trunk}embeds.pos_embed", 1, learned[0]), sizes.Of($"{Trunk}embeds.pos_embed", 2, learned[1])),
        };
        SizeRules.Block(tower.Source, block, vit.Layers);
        return vit;
    }

    private static BlockPlan Block(TimmTower tower, int heads, int width, int mlpWidth) => new()
    {
        Width = width,
        Heads = tower.Keys.Int("num_heads", heads),
        Mlp = new MlpPlan(["mlp.fc1"], "mlp.fc2") { Width = tower.Sizes.Of($"{Blocks}0.mlp.fc1.weight", 0, mlpWidth) },
    };

    private static BlockPlan Scaled(BlockPlan block) => block with { AttentionGain = "ls1.gamma", MlpGain = "ls2.gamma" };

    /// <summary>The MLP of another width has the name's share of it.</summary>
    private static int ScaledMlp(int width, int mlpWidth, int tableWidth) => (int)(width * ((double)mlpWidth / tableWidth));

    private static Rotary Angles(TimmTower tower, int patch, int width, int heads, int prefix, int[] reference)
    {
        if (heads <= 0 || width % heads != 0 || width / heads % 4 != 0)
            throw new ClipException($"{tower.Source}: rotary positions need heads of a multiple of 4 channels; {width} / {heads} is none.");
        if (reference.Length != 2) throw new FormatException("ref_feat_shape must be two numbers");
        return new Rotary(tower.ImageSize / patch, width / heads, prefix) { Reference = (reference[0], reference[1]) };
    }

    private static void Check(TimmTower tower, int width, int heads, int mlpWidth, int layers) => SizeRules.Block(
        tower.Source, new BlockPlan { Width = width, Heads = heads, Mlp = new MlpPlan([], "") { Width = mlpWidth } }, layers);

    [GeneratedRegex("^vit_(?<size>base|large|so400m|giantopt)_patch(?<patch>14|16|32)_siglip_[0-9]{3}$", RegexOptions.CultureInvariant)]
    private static partial Regex SiglipName();
}
