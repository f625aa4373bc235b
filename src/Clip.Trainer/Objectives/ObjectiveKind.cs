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

    /// <summary>Whether it trains a text tower, so that a whole model can be exported and not an image tower alone.</summary>
    public static bool HasTextTower(this ObjectiveKind kind) => kind is ObjectiveKind.Clip or ObjectiveKind.SigLip or ObjectiveKind.ConVirt;

    /// <summary>A config with what the objective adds to a model.</summary>
    public static ClipConfig Config(this ObjectiveKind kind, ClipConfig config) => kind switch
    {
        ObjectiveKind.SigLip => SigLipObjective.Config(config),
        ObjectiveKind.ConVirt => ConVirtObjective.Config(config),
        _ => config,
    };

    /// <summary>An objective on a model with random weights from torch's global generator; the caller disposes its module.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="config">The model's sizes, which went through <see cref="Config"/>.</param>
    public static IObjective Create(this ObjectiveKind kind, ClipConfig config) => kind switch
    {
        ObjectiveKind.Clip => new ClipObjective(new ClipModel(config)),
        ObjectiveKind.SigLip => new SigLipObjective(new ClipModel(config)),
        ObjectiveKind.ConVirt => new ConVirtObjective(new ClipModel(config)),
        ObjectiveKind.VirTex => new VirTexObjective(new VirTexModel(config)),
        ObjectiveKind.Bow => new BagOfWordsObjective(new BagOfWordsModel(config)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
