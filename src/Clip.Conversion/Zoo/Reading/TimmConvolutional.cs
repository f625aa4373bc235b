using Clip.Conversion.Configs;
using Clip.Conversion.Zoo.Blocks;
using Clip.Conversion.Zoo.Towers;

namespace Clip.Conversion.Zoo.Reading;

/// <summary>timm's convolutional and mixed towers by their names.</summary>
internal static class TimmConvolutional
{
    private const string Trunk = TimmHead.Trunk;
    private const int MaxSide = 1 << 13;

    /// <summary>Depths, widths, and the MLP's share of the width. Of the first three four stages, of the others five.</summary>
    private static readonly Dictionary<string, (int[] Depths, int[] Widths, int Ratio)> FastVits = new()
    {
        ["fastvit_mci0"] = ([2, 6, 10, 2], [64, 128, 256, 512], 3),
        ["fastvit_mci1"] = ([4, 12, 20, 4], [64, 128, 256, 512], 3),
        ["fastvit_mci2"] = ([4, 12, 24, 4], [80, 160, 320, 640], 3),
        ["fastvit_mci3"] = ([2, 12, 24, 4, 2], [96, 192, 384, 768, 1536], 4),
        ["fastvit_mci4"] = ([2, 12, 24, 4, 4], [128, 256, 512, 1024, 2048], 4),
    };

    /// <summary>The stem's width, the two stages' and the Transformer's, its layers and heads.</summary>
    private static readonly Dictionary<string, (int Stem, int[] Widths, int Width, int Layers, int Heads)> Vitamins = new()
    {
        ["small"] = (64, [64, 128], 384, 14, 6),
        ["base"] = (128, [128, 256], 768, 14, 12),
        ["large"] = (160, [160, 320], 1024, 31, 16),
        ["large2"] = (160, [160, 320], 1024, 31, 16),
        ["xlarge"] = (192, [192, 384], 1152, 32, 16),
    };

    public static ImageTower? ConvNext(TimmTower tower)
    {
        if (!ConvNextConfig.Published.TryGetValue(tower.Name, out var table)) return null;
        var (sizes, keys) = (tower.Sizes, tower.Keys);
        var (depths, widths) = (keys.Ints("depths", table.Depths), keys.Ints("dims", table.Widths));
        Stages(tower, depths, widths);
        Side(tower, 32);
        return new ConvNext
        {
            ImageSize = tower.ImageSize,
            EmbedDim = tower.EmbedDim,
            Depths = [.. depths.Select((depth, i) => sizes.Count($"{Trunk}stages.{i}.blocks.", depth))],
            Widths = [.. widths.Select((width, i) => sizes.Of($"{Trunk}stages.{i}.blocks.0.conv_dw.weight", 0, width))],
            Eps = table.Eps,
            Head = tower.Head("", "avg"),
        };
    }

    public static ImageTower? FastVit(TimmTower tower)
    {
        if (!FastVits.TryGetValue(tower.Name, out var table)) return null;
        var (sizes, keys) = (tower.Sizes, tower.Keys);
        var (depths, widths) = (keys.Ints("layers", table.Depths), keys.Ints("embed_dims", table.Widths));
        Stages(tower, depths, widths);
        Side(tower, 1);
        var isFourStaged = table.Depths.Length == 4;
        widths = [.. widths.Select((width, i) => sizes.Of($"{Trunk}stages.{i}.blocks.0.mlp.conv.conv.weight", 0, width))];
        bool[] excites = [.. widths.Select((_, i) => sizes.Has(Excite(i), isFourStaged && i >= 2))];
        var output = sizes.Of($"{Trunk}final_conv.conv_kxk.0.conv.weight", 0, 2 * widths[^1]);
        var attention = Enumerable.Range(0, widths.Length)
            .First(i => i == widths.Length - 1 || sizes.Has($"{Trunk}stages.{i}.blocks.0.token_mixer.qkv.weight", i >= 3));
        foreach (var width in widths[attention..]) ClipConfig.Divides(tower.Source, 32, width, "a head's width", "width");
        return new FastVit
        {
            ImageSize = tower.ImageSize,
            EmbedDim = tower.EmbedDim,
            Depths = [.. depths.Select((depth, i) => sizes.Count($"{Trunk}stages.{i}.blocks.", depth))],
            Widths = widths,
            MlpWidths = [.. widths.Select((width, i) => sizes.Of($"{Trunk}stages.{i}.blocks.0.mlp.fc1.weight", 0, table.Ratio * width))],
            Head = tower.Head("avg", ""),
            FirstAttention = attention,
            HasLayerNorm = !sizes.Has($"{Trunk}stages.{attention}.blocks.0.norm.running_mean", isFourStaged),
            HasStemScale = sizes.Has($"{Trunk}stem.0.conv_scale.conv.weight", isFourStaged),
            StepsDown = [.. widths.Select((_, i) => sizes.Has($"{Trunk}stages.{i}.downsample.proj.0.large_conv.conv.weight", i > 0))],
            Excites = excites,
            ExciteWidths =
            [
                .. widths.Select((width, i) => sizes.Of(Excite(i), 0, Math.Max(8, (width / 4 + 4) / 8 * 8))),
                sizes.Of($"{Trunk}final_conv.se.fc1.weight", 0, (int)(output / 16.0 + 0.5)),
            ],
            OutputWidth = output,
        };

        static string Excite(int stage) => $"{Trunk}stages.{stage}.downsample.proj.0.se.fc1.weight";
    }

    public static ImageTower? Vitamin(TimmTower tower)
    {
        var parts = tower.Name.Split('_');
        if (parts.Length != 3 || !Vitamins.TryGetValue(parts[1], out var table) || TimmTowers.SizeOf(tower.Name) is not { } trunkSize)
            return null;
        const string backbone = $"{Trunk}patch_embed.backbone.";
        var (sizes, keys) = (tower.Sizes, tower.Keys);
        var stem = keys.Section("embed_cfg");
        var stemWidth = sizes.Of($"{backbone}stem.conv1.weight", 0, stem.Int("stem_width", table.Stem));
        var widths = stem.Ints("embed_dim", [.. table.Widths, table.Width]);
        var depths = stem.Ints("depths", [2, 4, 1]);
        stem.RefuseOthers();
        if (widths.Length < 2 || depths.Length < 2) throw new FormatException("embed_cfg must have embed_dim and depths of its stages");
        var width = sizes.Of($"{backbone}pool.proj.weight", 0, keys.Int("embed_dim", table.Width));
        var hidden = sizes.Of($"{Trunk}blocks.0.mlp.w0.weight", 0, 2 * width);
        int[] stageWidths = [.. Enumerable.Range(0, 2).Select(i => sizes.Of($"{backbone}stages.{i}.0.conv3_1x1.weight", 0, widths[i]))];
        // The trunk is built for its name's size, which is not always the config's; with positions it takes no other.
        var size = keys.Int("img_size", trunkSize);
        var result = new Vitamin
        {
            ImageSize = size,
            EmbedDim = tower.EmbedDim,
            StemWidth = stemWidth,
            Depths = [.. Enumerable.Range(0, 2).Select(i => sizes.Count($"{backbone}stages.{i}.", depths[i]))],
            Widths = stageWidths,
            InnerWidths = [.. stageWidths.Select((w, i) => sizes.Of($"{backbone}stages.{i}.0.conv1_1x1.weight", 0, (4 * w + 4) / 8 * 8))],
            Block = new BlockPlan
            {
                Width = width,
                Heads = keys.Int("num_heads", table.Heads),
                Mlp = new MlpPlan(["mlp.w0", "mlp.w1"], "mlp.w2") { Width = hidden, OuterNorm = "mlp.norm" },
            },
            Layers = sizes.Count($"{Trunk}blocks.", keys.Int("depth", table.Layers)),
            HasPositions = sizes.Has($"{Trunk}pos_embed", parts[1] != "xlarge"),
            Head = tower.Head("", "avg"),
        };
        SizeRules.Patches(tower.Source, size, 16);
        SizeRules.Block(tower.Source, result.Block, result.Layers);
        return result;
    }

    public static ImageTower Swin(TimmTower tower)
    {
        var (sizes, keys) = (tower.Sizes, tower.Keys);
        var (depths, heads) = (keys.Ints("depths", [2, 2, 18, 2]), keys.Ints("num_heads", [4, 8, 16, 32]));
        if (depths.Length == 0 || depths.Length != heads.Length)
            throw new FormatException("depths and num_heads must be of as many stages");
        var patch = sizes.Of($"{Trunk}patch_embed.proj.weight", 2, keys.Int("patch_size", 4));
        var width = sizes.Of($"{Trunk}patch_embed.proj.weight", 0, keys.Int("embed_dim", 128));
        SizeRules.Patches(tower.Source, tower.ImageSize, patch);
        for (var i = 0; i < heads.Length; i++)
        {
            ClipConfig.Positive(tower.Source, heads[i], "num_heads", ClipConfig.MaxWidth);
            ClipConfig.Divides(tower.Source, heads[i], width << i, "num_heads", "width");
        }

        return new Swin
        {
            ImageSize = tower.ImageSize,
            EmbedDim = tower.EmbedDim,
            PatchSize = patch,
            Width = width,
            Depths = [.. depths.Select((depth, i) => sizes.Count($"{Trunk}layers.{i}.blocks.", depth))],
            Heads = heads,
            Window = keys.Int("window_size", 7),
            Head = tower.Head("", "avg"),
        };
    }

    private static void Stages(TimmTower tower, int[] depths, int[] widths)
    {
        if (depths.Length == 0 || depths.Length != widths.Length)
            throw new ClipException($"{tower.Source}: {tower.Name} has {depths.Length} depths and {widths.Length} widths; give as many.");
        foreach (var depth in depths) ClipConfig.Positive(tower.Source, depth, "a stage's depth", ClipConfig.MaxLayers);
        foreach (var width in widths) ClipConfig.Positive(tower.Source, width, "a stage's width", ClipConfig.MaxWidth);
    }

    /// <summary>A grid that does not halve evenly would lose places at its edge.</summary>
    private static void Side(TimmTower tower, int least)
    {
        ClipConfig.Positive(tower.Source, tower.ImageSize, "vision image_size", MaxSide);
        if (tower.ImageSize < least)
            throw new ClipException($"{tower.Source}: image_size {tower.ImageSize} is less than {least}, which {tower.Name} needs.");
    }
}
