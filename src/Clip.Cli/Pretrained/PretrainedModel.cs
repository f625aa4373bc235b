using System.CommandLine;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Hub;

namespace Clip.Cli.Pretrained;

/// <summary>What <c>--model</c> takes where a model is used: a folder, or a name, which is downloaded once and said so.</summary>
internal static class PretrainedModel
{
    public const string Description = "A model folder, or the name of a model to download: see clip pull.";

    /// <summary>What a file that is missing is known by; no repository's name ends so.</summary>
    private static readonly string[] FileEndings = [".pt", ".pth", ".bin", ".ckpt", ".safetensors", ".json", ".onnx"];

    /// <summary>The option for a model that is used.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="standard">The model without it; null where it is required.</param>
    public static Option<string> Option(string name, string? standard = null)
    {
        var option = Complete(new Option<string>(name) { Description = Description, Required = standard is null });
        if (standard is not null) option.DefaultValueFactory = _ => standard;
        return option;
    }

    /// <summary>The option for any number of models.</summary>
    public static Option<string[]> Options(string name) => Complete(new Option<string[]>(name)
    {
        Description = $"{Description.TrimEnd('.')}; several give a table of models and data sets.",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    });

    private static T Complete<T>(T option)
        where T : Option
    {
        // Only from the first letter on: there are many, and without one a shell offers folders.
        option.CompletionSources.Add(context => context.WordToComplete.Length == 0 ? [] : ClipHub.KnownModels.Select(known => known.Name));
        return option;
    }

    /// <summary>The folder of a model.</summary>
    /// <param name="model">A folder, else a name.</param>
    /// <param name="cancellation">Stops the download; what has arrived is kept.</param>
    /// <exception cref="ClipException">It is neither, or cannot be downloaded.</exception>
    public static async Task<string> ResolveAsync(string model, CancellationToken cancellation)
    {
        if (Directory.Exists(model)) return model;
        var missing = $"Model folder '{model}' does not exist";
        if (IsPath(model) || File.Exists(model))
            throw new ClipException($"{missing}; give a folder that does, or the name of a model to download (clip pull --list).");
        if (TryParse(model) is not { } name)
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
            // The default is no folder that anyone has named.
            var what = model == ClipHub.DefaultModel ? $"The model {model}" : $"{missing}, and the model {model}";
            throw new ClipException(
                $"{what} could not be downloaded: {e.Message.TrimEnd('.')}; 'clip quickstart' needs no download.", e);
        }
        catch (ClipHubException e) when (e.Error is ClipHubError.RepositoryNotFound)
        {
            throw new ClipException($"{missing}. {e.Message}", e);
        }
    }

    /// <summary>What clients call a model: its name, or that of its folder.</summary>
    public static string NameOf(string model) =>
        Directory.Exists(model) ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model))) : model;

    /// <summary>The folder of a model, or the path as it is where it cannot be a name, whether it exists or not.</summary>
    /// <inheritdoc cref="ResolveAsync"/>
    public static Task<string> ResolveOrPathAsync(string model, CancellationToken cancellation) =>
        Directory.Exists(model) || File.Exists(model) || IsPath(model) || TryParse(model) is null
            ? Task.FromResult(model)
            : ResolveAsync(model, cancellation);

    /// <summary>Refuses a name where a command writes into the folder: the cache's belong to every program.</summary>
    /// <exception cref="ClipException">It is a name.</exception>
    public static string OwnFolder(string model, string option) =>
        Directory.Exists(model) || File.Exists(model) || IsPath(model) || TryParse(model) is null
            ? model
            : throw new ClipException(
                $"Model folder '{model}' does not exist; {option} takes a folder of your own, "
                + $"such as 'clip pull {model} --output my-model' makes.");

    private static bool IsPath(string model) => Path.IsPathRooted(model) || model.StartsWith('.') || model.StartsWith('~')
        || model.Contains('\\', StringComparison.Ordinal)
        || FileEndings.Contains(Path.GetExtension(model), StringComparer.OrdinalIgnoreCase);

    private static PretrainedName? TryParse(string model)
    {
        try
        {
            return PretrainedName.Parse(model);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
