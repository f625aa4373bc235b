using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Trainer.Modeling;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>Freezes what shall stay and adds LoRA's updates.</summary>
internal static class FineTuning
{
    /// <summary>Prepares a module for training; call it before the module is moved to a device.</summary>
    /// <param name="module">The model, with its starting weights.</param>
    /// <param name="config">Its sizes.</param>
    /// <param name="options">What stays and how the rest is trained.</param>
    /// <exception cref="ClipException">An option does not fit the model, or nothing is left to train.</exception>
    public static void Apply(nn.Module module, ClipConfig config, FineTuningOptions options) =>
        Apply(module, ParameterLayout.Of(config), config.TextSide == TextSide.Tower, options);

    /// <param name="module">The model, with its starting weights.</param>
    /// <param name="layout">Its parameters.</param>
    /// <param name="hasTextTower">Whether it has a text tower.</param>
    /// <param name="options">What stays and how the rest is trained.</param>
    /// <inheritdoc cref="Apply(nn.Module, ClipConfig, FineTuningOptions)"/>
    public static void Apply(nn.Module module, ParameterLayout layout, bool hasTextTower, FineTuningOptions options)
    {
        if (options.LockText && !hasTextTower)
            throw new ClipException("`FineTuning.LockText` needs a text tower, which this objective does not have; leave it out.");
        if (options.LoraRank > 0)
        {
            Freeze(module, layout.Where(p => p.Place.Tower is not null));
            foreach (var target in module.modules().Prepend(module).Distinct().OfType<ILowRankTarget>().ToArray())
                target.AddLowRank(options.LoraRank, options.LoraAlpha ?? 2 * options.LoraRank);
        }

        if (options.LockImage)
            Freeze(module, Locked(Tower.Image, options.LockImageUnlockedGroups, nameof(options.LockImageUnlockedGroups)));
        if (options.LockText)
            Freeze(module, Locked(Tower.Text, options.LockTextUnlockedLayers, nameof(options.LockTextUnlockedLayers)));
        if (module.parameters().All(p => !p.requires_grad))
            throw new ClipException("Nothing is left to train; unlock a part of the model.");

        IEnumerable<LayoutParameter> Locked(Tower tower, int unlocked, string setting)
        {
            var groups = layout.LockGroups(tower);
            return unlocked <= groups.Count
                ? groups.SkipLast(unlocked).SelectMany(group => group)
                : throw new ClipException(
                    $"`FineTuning.{setting}` {unlocked} is more than the {groups.Count} groups that the tower has; give fewer.");
        }
    }

    /// <summary>Freezes parameters, and the updates that LoRA added to them.</summary>
    private static void Freeze(nn.Module module, IEnumerable<LayoutParameter> parameters)
    {
        var frozen = parameters.Select(p => p.Name).ToHashSet();
        foreach (var (name, parameter) in module.named_parameters())
        {
            if (frozen.Contains(name) || LowRankMerge.Targets(name).Any(frozen.Contains)) parameter.requires_grad = false;
        }
    }
}
