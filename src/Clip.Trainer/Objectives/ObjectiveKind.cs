using Clip.Conversion.Configs;
using Clip.Trainer.Modeling;

namespace Clip.Trainer.Objectives;

/// <summary>The objectives there are.</summary>
public enum ObjectiveKind
{
    /// <summary>CLIP's contrast: each image picks its text among the batch's, each text its image.</summary>
    Clip,

    /// <summary>SigLIP's sigmoid: whether an image and a text belong together, pair by pair.</summary>
    SigLip,

    /// <summary>ConVIRT's contrast: weighted directions, a fixed temperature, non-linear projection heads.</summary>
    ConVirt,

    /// <summary>VirTex's captioning, from the left and from the right.</summary>
    VirTex,

    /// <summary>Predicting the caption's words in any order.</summary>
    Bow,
}

/// <summary>Creates objectives on fresh models.</summary>
internal static class ObjectiveKinds
{
    /// <summary>The names that the command line and <c>config.json</c> have for them.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetNames<ObjectiveKind>().Select(name => name.ToLowerInvariant())];

    /// <summary>The name of an objective.</summary>
    public static string Name(this ObjectiveKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>The objective that a model of a config was trained with.</summary>
    public static ObjectiveKind Of(ClipConfig config) => config switch
    {
        { TextSide: TextSide.Captioner } => ObjectiveKind.VirTex,
        { TextSide: TextSide.Words } => ObjectiveKind.Bow,
        { ProjectionHeads: true } => ObjectiveKind.ConVirt,
        { LogitBiasInit: not null } => ObjectiveKind.SigLip,
        _ => ObjectiveKind.Clip,
    };

    /// <summary>A config with what the objective asks of a model, and without what another one did.</summary>
    public static ClipConfig Config(this ObjectiveKind kind, ClipConfig config)
    {
        var plain = config with { TextSide = TextSide.Tower, ProjectionHeads = false, LogitBiasInit = null };
        return kind switch
        {
            ObjectiveKind.SigLip => SigLipObjective.Config(plain),
            ObjectiveKind.ConVirt => ConVirtObjective.Config(plain),
            ObjectiveKind.VirTex => plain with { TextSide = TextSide.Captioner },
            ObjectiveKind.Bow => plain with { TextSide = TextSide.Words },
            _ => plain,
        };
    }

    /// <summary>An objective on a model with random weights from torch's global generator; the caller disposes its module.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="config">The model's sizes, which went through <see cref="Config"/>.</param>
    /// <param name="labelSmoothing">How much of each pair's certainty the objective clip spreads evenly over the batch.</param>
    /// <param name="maxLogitScale">The largest inverse temperature of the objectives clip and siglip.</param>
    public static IObjective Create(
        this ObjectiveKind kind, ClipConfig config, double labelSmoothing = 0, double maxLogitScale = TwoTowerModel.MaxLogitScale) =>
        kind switch
        {
            ObjectiveKind.Clip or ObjectiveKind.SigLip => kind.On(new ClipModel(config), labelSmoothing, maxLogitScale),
            ObjectiveKind.ConVirt => new ConVirtObjective(new ClipModel(config)),
            ObjectiveKind.VirTex => new VirTexObjective(new VirTexModel(config)),
            ObjectiveKind.Bow => new BagOfWordsObjective(new BagOfWordsModel(config)),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };

    /// <summary>The objective clip or siglip on a model, which it does not dispose.</summary>
    /// <inheritdoc cref="Create"/>
    public static IObjective On(this ObjectiveKind kind, TwoTowerModel model, double labelSmoothing, double maxLogitScale) => kind switch
    {
        ObjectiveKind.Clip => new ClipObjective(model) { LabelSmoothing = labelSmoothing, MaxLogitScale = maxLogitScale },
        ObjectiveKind.SigLip => new SigLipObjective(model) { MaxLogitScale = maxLogitScale },
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not an objective of two towers and a temperature alone."),
    };
}
