namespace Clip.Trainer.Training;

/// <summary>
/// What a training starts from, what of it stays, and how the rest is trained. The locks are open_clip's. With <see cref="LockImage"/> it
/// is LiT (Zhai et al. 2022), with <see cref="LoraRank"/> LoRA (Hu et al. 2022) on each tower that is not locked.
/// </summary>
/// <example>
/// Locked-image tuning of a model folder:
/// <code>
/// Training = new TrainingOptions
/// {
///     LearningRate = 1e-4,
///     FineTuning = new FineTuningOptions { Pretrained = "my-model", LockImage = true },
/// }
/// </code>
/// </example>
public sealed record FineTuningOptions
{
    /// <summary>A model folder or checkpoint to start from; null (default) starts from random weights.</summary>
    public string? Pretrained { get; init; }

    /// <summary>Whether the image tower stays as it is (LiT, Zhai et al. 2022). Default false.</summary>
    public bool LockImage { get; init; }

    /// <summary>
    /// How many groups of a locked image tower are trained all the same, counted from the top. Those of a Vision Transformer
    /// are the projection, the last block with the norm behind it, the other blocks, and the embeddings; a ResNet's the attention pooling,
    /// the four stages, and the stem. Default 0.
    /// </summary>
    public int LockImageUnlockedGroups { get; init; }

    /// <summary>Whether the text tower stays as it is; the objective must have one. Default false.</summary>
    public bool LockText { get; init; }

    /// <summary>How many groups of a locked text tower are trained all the same, counted from the top. Default 0.</summary>
    public int LockTextUnlockedLayers { get; init; }

    /// <summary>
    /// The rank of LoRA's low-rank updates (Hu et al. 2022), which are trained in place of the towers' own weights and merged into them
    /// when the model folder is written; 0 (default) trains the weights themselves.
    /// </summary>
    public int LoraRank { get; init; }

    /// <summary>
    /// The scale of LoRA's updates, times the rank: they are multiplied by it over the rank. Null (default) is twice the rank.
    /// </summary>
    public double? LoraAlpha { get; init; }

    /// <summary>Refuses what says more of a lock or an update that is not there: all would be trained without a word.</summary>
    /// <exception cref="ClipException">One of them is set.</exception>
    internal void RequireParts()
    {
        Require(LockImageUnlockedGroups == 0 || LockImage, nameof(LockImageUnlockedGroups), nameof(LockImage));
        Require(LockTextUnlockedLayers == 0 || LockText, nameof(LockTextUnlockedLayers), nameof(LockText));
        Require(LoraAlpha is null || LoraRank > 0, nameof(LoraAlpha), nameof(LoraRank));

        static void Require(bool isSo, string setting, string needed)
        {
            if (!isSo)
                throw new ClipException($"`FineTuning.{setting}` does nothing without `FineTuning.{needed}`; give both or neither.");
        }
    }
}
