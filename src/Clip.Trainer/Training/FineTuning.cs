using Clip.Conversion.Configs;
using Clip.Trainer.Modeling;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>What a training starts from and what of it stays; the locks are open_clip's.</summary>
internal sealed record FineTuningOptions
{
    /// <summary>A model folder or checkpoint to start from; null starts from random weights.</summary>
    public string? Pretrained { get; init; }

    /// <summary>Whether the image tower stays as it is (LiT, Zhai et al. 2022).</summary>
    public bool LockImage { get; init; }

    /// <summary>
    /// How many groups of a locked image tower are trained all the same, counted from the top; see <see cref="FineTuning.ImageGroups"/>.
    /// </summary>
    public int LockImageUnlockedGroups { get; init; }

    /// <summary>Whether the text tower stays as it is.</summary>
    public bool LockText { get; init; }

    /// <summary>
    /// How many groups of a locked text tower are trained all the same, counted from the top; see <see cref="FineTuning.TextGroups"/>.
    /// </summary>
    public int LockTextUnlockedLayers { get; init; }

    /// <summary>The rank of LoRA's updates; 0 trains the weights themselves.</summary>
    public int LoraRank { get; init; }

    /// <summary>The scale of LoRA's updates, times the rank; null for twice the rank.</summary>
    public double? LoraAlpha { get; init; }
}

/// <summary>Freezes what shall stay and adds LoRA's updates.</summary>
internal static class FineTuning
{
    /// <summary>
    /// The image tower's groups from the bottom, as prefixes of parameter names; open_clip's for a Vision Transformer: the embedding, each
    /// block (the last with <c>ln_post</c>), the projection. For a ResNet, which open_clip locks whole: stem, each stage, the pooling.
    /// </summary>
    public static IReadOnlyList<string[]> ImageGroups(VisionConfig vision) => vision switch
    {
        VisionTransformerConfig { Layers: var layers } =>
        [
            ["visual.conv1.", "visual.class_embedding", "visual.positional_embedding", "visual.ln_pre."],
            .. Blocks("visual.", layers, "visual.ln_post."),
            ["visual.proj"],
        ],
        _ =>
        [
            ["visual.conv1.", "visual.bn1.", "visual.conv2.", "visual.bn2.", "visual.conv3.", "visual.bn3."],
            ["visual.layer1."], ["visual.layer2."], ["visual.layer3."], ["visual.layer4."], ["visual.attnpool."],
        ],
    };

    /// <summary>
    /// The text tower's groups from the bottom: the embeddings, each block (the last with <c>ln_final</c>), the projection.
    /// </summary>
    public static IReadOnlyList<string[]> TextGroups(TextConfig text) =>
        [["token_embedding.", "positional_embedding"], .. Blocks("", text.Layers, "ln_final."), ["text_projection"]];

    /// <summary>Prepares a module for training; call it before the module is moved to a device.</summary>
    /// <param name="module">The model, with its starting weights.</param>
    /// <param name="config">Its sizes.</param>
    /// <param name="options">What stays and how the rest is trained.</param>
    /// <exception cref="ClipException">An option does not fit the model, or nothing is left to train.</exception>
    public static void Apply(nn.Module module, ClipConfig config, FineTuningOptions options)
    {
        if (options.LockText && config.TextSide != TextSide.Tower)
            throw new ClipException("--lock-text needs a text tower, which this objective does not have; leave it out.");
        if (options.LoraRank > 0)
        {
            Freeze(module, [.. ImageGroups(config.Vision), .. config.TextSide == TextSide.Tower ? TextGroups(config.Text) : []]);
            foreach (var target in module.modules().OfType<ILowRankTarget>().ToArray())
                target.AddLowRank(options.LoraRank, options.LoraAlpha ?? 2 * options.LoraRank);
        }

        if (options.LockImage)
            Freeze(module, Locked(ImageGroups(config.Vision), options.LockImageUnlockedGroups, "--lock-image-unlocked-groups"));
        if (options.LockText)
            Freeze(module, Locked(TextGroups(config.Text), options.LockTextUnlockedLayers, "--lock-text-unlocked-layers"));
        if (module.parameters().All(p => !p.requires_grad))
            throw new ClipException("Nothing is left to train; unlock a part of the model.");
    }

    private static IEnumerable<string[]> Locked(IReadOnlyList<string[]> groups, int unlocked, string option) => unlocked <= groups.Count
        ? groups.SkipLast(unlocked)
        : throw new ClipException($"{option} {unlocked} is more than the {groups.Count} groups that the tower has; give fewer.");

    private static void Freeze(nn.Module module, IEnumerable<string[]> groups)
    {
        var prefixes = groups.SelectMany(group => group).ToArray();
        foreach (var (name, parameter) in module.named_parameters())
        {
            if (prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))) parameter.requires_grad = false;
        }
    }

    private static IEnumerable<string[]> Blocks(string tower, int layers, string norm) => Enumerable.Range(0, layers)
        .Select(i => $"{tower}transformer.resblocks.{i}.").Select((block, i) => i == layers - 1 ? new[] { block, norm } : [block]);
}
