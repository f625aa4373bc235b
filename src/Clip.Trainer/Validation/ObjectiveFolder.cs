using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.ModelFolders;
using Clip.Data;
using Clip.Evaluation;
using Clip.Evaluation.Outcomes;
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
    /// <param name="device">What it is to compute on; see <see cref="TorchDevice.Names"/>.</param>
    /// <exception cref="ClipException">The folder has no config or weights, or they do not fit; or there is no such device.</exception>
    public static IObjective Open(string folder, out ClipConfig config, string device = TorchDevice.Auto)
    {
        config = ClipConfigJson.Load(folder);
        var objective = ObjectiveKinds.Of(config).Create(config);
        try
        {
            using var file = CheckpointFile.Open(folder);
            TorchWeights.Load(objective.Module, file.Weights, file.Path);
            TorchDevice.AllowTf32(false);
            objective.Module.to(TorchDevice.Of(device));
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

    /// <summary>Tells a folder's weights and sizes from others: 32 hexadecimal digits of a hash.</summary>
    /// <exception cref="ClipException">The folder has no config or weights.</exception>
    public static string Fingerprint(string folder)
    {
        using var file = CheckpointFile.Open(folder);
        using var weights = File.OpenRead(file.Path);
        var config = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(ClipConfigJson.Load(folder)));
        return Convert.ToHexStringLower(SHA256.HashData([.. SHA256.HashData(weights), .. config]))[..32];
    }

    /// <summary>What the model makes of a labeled set, in torch, by the objective's own scores.</summary>
    /// <param name="folder">A model folder.</param>
    /// <param name="set">The set.</param>
    /// <param name="maxBadPercent">The most pictures that may be unreadable, in percent; they are left out.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ClipException">Too many pictures cannot be read, or a score is not finite.</exception>
    public static ClassificationOutcome ZeroShot(string folder, LabeledSet set, double maxBadPercent, CancellationToken cancellation)
    {
        var objective = Open(folder, out var config);
        using var module = objective.Module;
        var bad = new BadRecords(set.Images.Count, maxBadPercent, report: null);
        return Probe(folder, config, (path, reason) =>
        {
            bad.Add(path, reason);
            bad.ThrowIfTooMany();
        }).Outcome(objective, set, cancellation);
    }

    /// <summary>The chances of labels for each picture, by the objective's own scores.</summary>
    /// <inheritdoc cref="ZeroShotProbe.Classify"/>
    public static IReadOnlyList<float[]> Classify(
        string folder, IReadOnlyList<string> labels, IReadOnlyList<string>? templates, IReadOnlyList<string> paths)
    {
        var objective = Open(folder, out var config);
        using var module = objective.Module;
        return Probe(folder, config, onBroken: null).Classify(objective, labels, templates, paths);
    }

    private static ZeroShotProbe Probe(string folder, ClipConfig config, Action<string, string>? onBroken) => new(
        ModelTokenizer.Open(folder, config, config.Text.VocabSize).Rows,
        ClipImagePreprocessor.Create(ModelPreprocessing.Of(folder, config)), config.Vision.ImageSize, batchSize: 64)
    {
        OnBroken = onBroken,
    };
}
