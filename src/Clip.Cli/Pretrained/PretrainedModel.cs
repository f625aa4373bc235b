using Clip.Conversion;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Hub;

namespace Clip.Cli.Pretrained;

/// <summary>What <c>--model</c> takes where a model is used: a folder, or a name, which is downloaded once and said so.</summary>
internal static class PretrainedModel
{
    public const string Description = "A model folder, or the name of a model to download: see clip pull.";

    /// <summary>The folder of a model.</summary>
    /// <param name="model">A folder, else a name.</param>
    /// <param name="cancellation">Stops the download; what has arrived is kept.</param>
    /// <exception cref="ClipException">It is neither, or cannot be downloaded.</exception>
    public static async Task<string> ResolveAsync(string model, CancellationToken cancellation)
    {
        if (Directory.Exists(model)) return model;
        var isPath = Path.IsPathRooted(model) || model.StartsWith('.') || model.StartsWith('~') || File.Exists(model)
            || model.Contains('\\', StringComparison.Ordinal);
        var missing = $"Model folder '{model}' does not exist";
        if (isPath) throw new ClipException($"{missing}; give a folder that does, or the name of a model to download (clip pull --list).");
        PretrainedName name;
        try
        {
            name = PretrainedName.Parse(model);
        }
        catch (ArgumentException)
        {
            throw new ClipException(
                $"{missing}, and no model to download has that name; give {ClipHub.DefaultModel}, say, or a name of clip pull --list.");
        }

        try
        {
            return await new ModelPull(name, new ClipHubOptions()).RunAsync(cancellation).ConfigureAwait(false);
        }
        catch (ClipHubException e) when (e.Error is ClipHubError.Unreachable or ClipHubError.Offline)
        {
            throw new ClipException($"{missing}, and {model} could not be downloaded: {e.Message} 'clip quickstart' needs no download.", e);
        }
        catch (ClipHubException e) when (e.Error is ClipHubError.RepositoryNotFound)
        {
            throw new ClipException($"{missing}. {e.Message}", e);
        }
    }
}
