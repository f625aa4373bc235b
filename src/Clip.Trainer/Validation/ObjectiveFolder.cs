using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Evaluation;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Microsoft.ML.Clip;
using TorchSharp;
using static TorchSharp.torch;

namespace Clip.Trainer.Validation;

/// <summary>A model folder opened in torch, with the objective it was trained with: for what its ONNX files do not do.</summary>
internal static class ObjectiveFolder
{
    /// <summary>
    /// Opens a model folder that <c>clip train</c> wrote; the caller disposes the objective's module, which is in evaluation mode.
    /// </summary>
    /// <param name="folder">A model folder.</param>
    /// <param name="config">The model's sizes.</param>
    /// <exception cref="ClipException">The folder has no config or weights, or they do not fit.</exception>
    public static IObjective Open(string folder, out ClipConfig config)
    {
        config = ClipConfigJson.Load(folder);
        var objective = ObjectiveKinds.Of(config).Create(config);
        try
        {
            using var file = CheckpointFile.Open(folder);
            TorchWeights.Load(objective.Module, file.Weights, file.Path);
            if (cuda_is_available()) objective.Module.to(CUDA);
            objective.Module.eval();
            return objective;
        }
        catch
        {
            objective.Module.Dispose();
            throw;
        }
    }

    /// <summary>Whether a folder's model classifies by the likelihood of texts, which its ONNX files do not give.</summary>
    public static bool NeedsTorch(string folder) => ClipConfigJson.TextSideOf(folder) != TextSide.Tower;

    /// <summary>Zero-shot accuracy in torch, by the objective's own scores.</summary>
    public static ZeroShotResult ZeroShot(string folder, LabeledSet set)
    {
        var objective = Open(folder, out var config);
        using var module = objective.Module;
        return Probe(folder, config).Measure(objective, set);
    }

    /// <summary>The chances of labels for each picture, by the objective's own scores.</summary>
    /// <inheritdoc cref="ZeroShotProbe.Classify"/>
    public static IReadOnlyList<float[]> Classify(
        string folder, IReadOnlyList<string> labels, IReadOnlyList<string>? templates, IReadOnlyList<string> paths)
    {
        var objective = Open(folder, out var config);
        using var module = objective.Module;
        return Probe(folder, config).Classify(objective, labels, templates, paths);
    }

    private static ZeroShotProbe Probe(string folder, ClipConfig config) => new(
        ClipTokenizer.Create(folder), config.Text.ContextLength,
        ClipImagePreprocessor.Create(ModelPreprocessing.Of(folder, config)), config.Vision.ImageSize, batchSize: 64);
}
