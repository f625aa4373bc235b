using Clip.Conversion.Checkpoints;
using Clip.Conversion.Zoo;
using Clip.Conversion.Zoo.Towers;
using Microsoft.ML.Clip;

namespace Clip.Conversion.ModelFolders;

/// <summary>A checkpoint of one of the zoo's families in, a model folder out.</summary>
internal sealed class ZooConversion(ConversionOptions options, ZooFiles files, Action<string> say, Action<string> warn)
{
    /// <summary>Converts. Nothing is left behind where this fails.</summary>
    /// <exception cref="ClipException">The checkpoint cannot be converted.</exception>
    public void Run()
    {
        RefuseIdleOptions();
        var target = ModelFolderWriter.EnsureReplaceable(options.Output, [options.Checkpoint, .. options.Tokenizer?.Split('+') ?? []]);
        var around = CompanionFiles.Of(options.Checkpoint);
        using var checkpoint = CheckpointFile.OpenAsNamed(options.Checkpoint);
        ModelFolderWriter.EnsureReplaceable(target, checkpoint.Path);

        var weights = ZooFiles.Weights(checkpoint, around);
        var model = files.Model(weights);
        var writeTokenizer = model.Text is null ? null : ZooFolder.Tokenizer(files, model.Text, options.Tokenizer, around);
        var preprocessing = Preprocessing(model, around);
        say($"{checkpoint.Path}: {model.Family}");
        say($"From the config: {model.Sizes}");
        if (checkpoint.LeftOut is { } other) warn($"{checkpoint.Path} holds '{other}' too, which is left out.");
        weights = LowRankMerge.Apply(weights);
        FiniteWeights.Require(weights, checkpoint.Path);
        new ZooFolder(files, model, weights, preprocessing, writeTokenizer).Write(target, options.Precisions);
        say($"Model folder: {target}");
        if (writeTokenizer is null && model.Text is not null)
        {
            warn("The folder has no tokenizer, so only its image side works; convert again with `Tokenizer`, "
                + "or put tokenizer.json into it.");
        }
    }

    /// <summary>What a zoo model's config says is not to be said otherwise: it would be left out without a word.</summary>
    private void RefuseIdleOptions()
    {
        string? idle = options switch
        {
            { Activation: not null } => $"`Activation={options.Activation}`",
            { VisionHeads: not null } => "`VisionHeads`",
            { TextHeads: not null } => "`TextHeads`",
            { ImageSize: not null } => "`ImageSize`",
            _ => null,
        };
        if (idle is not null)
            throw new ClipException(
                $"{files.Source} says what its model is, so {idle} cannot be given; leave it out, or correct the config.");
    }

    /// <summary>What a file beside the checkpoint says, or the config itself; else the usual, which is told.</summary>
    private ClipImagePreprocessing? Preprocessing(ZooModel model, CompanionFiles around)
    {
        var (settings, isTold) = ZooFolder.FindPreprocessing(files, model, around);
        if (isTold || settings is null) return settings;
        warn("No file beside the checkpoint tells how pictures are prepared: the usual mean and deviation are taken; if the model was "
            + $"trained with others, put its {ModelPreprocessing.Name} or open_clip_config.json beside it and convert again.");
        return settings;
    }
}
