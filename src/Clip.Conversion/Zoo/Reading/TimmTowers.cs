using System.Text.RegularExpressions;
using Clip.Conversion.Configs;
using Clip.Conversion.Zoo.Blocks;
using Clip.Conversion.Zoo.Towers;

namespace Clip.Conversion.Zoo.Reading;

/// <summary>
/// The timm towers in open_clip's configs, by their names, which fix their sizes (timm's model functions; the tables below are facts of
/// these). <c>timm_model_kwargs</c> and the weights say otherwise where they do.
/// </summary>
internal static partial class TimmTowers
{
    private const string Trunk = TimmHead.Trunk;

    public static ImageTower Read(ConfigKeys vision, Sizes sizes, int embedDim)
    {
        var name = vision.Text("timm_model_name", "");
        // A suffix names weights, not an architecture.
        var architecture = name.Split('.')[0];
        var tower = new TimmTower(vision, vision.Section("timm_model_kwargs"), sizes, embedDim, architecture);
        ImageTower? found = architecture switch
        {
            _ when architecture.StartsWith("convnext_", StringComparison.Ordinal) => TimmConvolutional.ConvNext(tower),
            _ when architecture.StartsWith("fastvit_mci", StringComparison.Ordinal) => TimmConvolutional.FastVit(tower),
            _ when architecture.StartsWith("vitamin_", StringComparison.Ordinal) => TimmConvolutional.Vitamin(tower),
            "swin_base_patch4_window7_224" => TimmConvolutional.Swin(tower),
            _ when architecture.StartsWith("eva", StringComparison.Ordinal) => TimmTransformers.Eva(tower),
            _ when architecture.StartsWith("vit_pe_core_", StringComparison.Ordinal) => TimmTransformers.PerceptionEncoder(tower),
            _ when architecture.StartsWith("naflexvit_", StringComparison.Ordinal) => TimmTransformers.NaFlex(tower),
            _ when architecture.StartsWith("vit_", StringComparison.Ordinal) => TimmTransformers.Vit(tower),
            _ => null,
        };
        if (found is null) throw tower.Unknown();
        tower.Keys.RefuseOthers("img_size", "drop_path_rate", "drop_rate", "patch_drop_rate");
        OpenClipModels.RefuseOthers(vision);
        return found;
    }

    /// <summary>The size that a name ends with; null for none.</summary>
    public static int? SizeOf(string architecture) => Size().Match(architecture) is { Success: true } match
        ? int.Parse(match.ValueSpan, System.Globalization.CultureInfo.InvariantCulture)
        : null;

    [GeneratedRegex("(?<=_)[0-9]{3}$")]
    private static partial Regex Size();
}

/// <summary>What a timm tower is read from.</summary>
/// <param name="Vision">The tower's section.</param>
/// <param name="Keys">Its <c>timm_model_kwargs</c>.</param>
/// <param name="Sizes">Its weights' sizes.</param>
/// <param name="EmbedDim">Width of the shared space.</param>
/// <param name="Name">Its name in timm.</param>
internal sealed record TimmTower(ConfigKeys Vision, ConfigKeys Keys, Sizes Sizes, int EmbedDim, string Name)
{
    public string Source => Sizes.Source;

    /// <summary>Height and width of the images: of the trunk's where it has them of its own.</summary>
    public int ImageSize { get; } = Keys.Int("img_size", Vision.Int("image_size", 224));

    /// <summary>What open_clip puts behind the trunk.</summary>
    /// <param name="poolings">The names of the pooling that the trunk has; another is refused.</param>
    public TimmHead Head(params string[] poolings)
    {
        var pool = Vision.Text("timm_pool", "avg");
        if (!poolings.Contains(pool))
            throw new ClipException(
                $"{Source}: timm_pool '{pool}' of {Name} is not supported; {string.Join(" and ", poolings.Select(p => $"'{p}'"))} is.");
        // null means the trunk's own classifier; an absent key has a default.
        var isNull = !Vision.Has("timm_proj") && Vision.IsNull("timm_proj");
        var kind = isNull ? TimmProjection.Trunk : Vision.Text("timm_proj", "linear") switch
        {
            "" => TimmProjection.Trunk,
            "linear" => TimmProjection.Linear,
            "mlp" => TimmProjection.Mlp,
            "none" => TimmProjection.None,
            var other => throw new ClipException($"{Source}: timm_proj '{other}' is not supported; linear, mlp, none and null are."),
        };
        return new TimmHead(kind, Vision.Flag("timm_proj_bias"));
    }

    /// <summary>The refusal of a name that is in no table.</summary>
    public ClipException Unknown() => new(
        $"{Source}: timm_model_name {Name} is not supported; the ones in open_clip's published configs are.");
}
