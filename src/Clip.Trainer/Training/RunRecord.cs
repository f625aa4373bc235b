using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.ModelFolders;

namespace Clip.Trainer.Training;

/// <summary>
/// <c>run.json</c>: what a run was started with, so that it can be repeated, and known from another.
/// </summary>
/// <param name="Version">The program's.</param>
/// <param name="Arguments">The options of the command line and their values; null for a run that had none.</param>
/// <param name="WorkingFolder">Where relative paths among them begin.</param>
/// <param name="Data">The identity of the training pairs.</param>
/// <param name="Options">The options that decide the course of the run, defaults included.</param>
/// <param name="Config">The model's config, by Hugging Face's keys or its family's own.</param>
internal sealed record RunRecord(
    string Version, IReadOnlyDictionary<string, string[]>? Arguments, string WorkingFolder, string Data,
    IReadOnlyDictionary<string, string> Options, JsonElement Config)
{
    /// <summary>What was changed when the run went on, a sentence each; such a run is not repeated by one command.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    public const string FileName = CompanionFiles.Run;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The version of the program at hand.</summary>
    public static string CurrentVersion { get; } =
        typeof(RunRecord).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>
    /// The options as they were given on the command line, for a page that is passed on: files by their names alone. Where there was
    /// none, those that decide the course of the run.
    /// </summary>
    public string OptionsText() => CommandLine() is { } words
        ? string.Join(' ', words.Select(PageWords.WithoutFolders))
        : Course.Describe(Options);

    /// <summary>The words of the command line behind <c>clip train</c>; null for a run that had none.</summary>
    public IEnumerable<string>? CommandLine() => Arguments?.SelectMany(argument => argument.Value.Prepend(argument.Key));

    /// <summary>The record of a run that is about to begin.</summary>
    public static RunRecord Of(TrainingRunOptions options, TrainingSetup parts)
    {
        var data = parts.Train.Fingerprint;
        return new RunRecord(
            CurrentVersion, options.Arguments, Environment.CurrentDirectory, data, options.Training.Course(data, parts.Ranks.Size),
            JsonDocument.Parse(parts.Trained.ConfigJson).RootElement);
    }

    /// <summary>What is worth knowing of the run: names and values.</summary>
    public IReadOnlyList<(string Name, string Value)> Facts(TrainingRunOptions options, TrainingSetup parts)
    {
        var limit = options.Training.MaxMinutes is null ? "" : "at most ";
        return
        [
            ("training data", $"{PageWords.WithoutFolders(options.Data.Train.Name)} ({parts.Train.Fingerprint})"),
            ("parameters", $"{parts.Parameters:N0}"),
            ("vocabulary", $"{parts.Tokenizer.Size}"),
            ("steps", $"{limit}{parts.Loop.TotalSteps} of {parts.PairsPerStep} pairs"),
            ("options", OptionsText()),
            ("version", Version),
        ];
    }

    /// <summary>Writes it into a run's folder.</summary>
    public void Save(string folder) =>
        AtomicFile.Write(Path.Combine(folder, FileName), stream => JsonSerializer.Serialize(stream, this, Json));

    /// <summary>Keeps the record of a run that goes on: as it is, or this one where something is different from here on.</summary>
    /// <param name="folder">The run's.</param>
    /// <param name="changes">What is different, a sentence each.</param>
    /// <returns>The record that is kept.</returns>
    public RunRecord GoOn(string folder, IReadOnlyList<string> changes)
    {
        var earlier = File.Exists(Path.Combine(folder, FileName)) ? Load(folder) : null;
        if (earlier is not null && changes.Count == 0) return earlier;
        var record = this with { Changes = [.. earlier?.Changes ?? [], .. changes] };
        record.Save(folder);
        return record;
    }

    /// <summary>Reads the record of a run.</summary>
    /// <param name="folder">A run's folder, or the model folder that it wrote.</param>
    /// <exception cref="ClipException">There is none.</exception>
    public static RunRecord Load(string folder)
    {
        string[] places = [Path.Combine(folder, FileName), Path.Combine(new RunFolder(folder).Root, FileName)];
        var path = places.FirstOrDefault(File.Exists)
            ?? throw new ClipException($"There is no {FileName} in '{folder}'; give the folder of a run (OUTPUT.run).");
        try
        {
            return JsonSerializer.Deserialize<RunRecord>(File.ReadAllBytes(path))
                ?? throw new ClipException($"{path} is empty; give the folder of a run (OUTPUT.run).");
        }
        catch (JsonException e)
        {
            throw new ClipException($"{path} is not the record of a run: {e.Message}", e);
        }
    }

    /// <summary>Checks that this run will do what another did.</summary>
    /// <param name="earlier">The run to repeat.</param>
    /// <param name="say">Told of what may make a difference in the last digits.</param>
    /// <exception cref="ClipException">Data, options or config are no longer the same.</exception>
    public void Repeats(RunRecord earlier, Action<string> say)
    {
        if (earlier.Data != Data)
            throw new ClipException(
                $"The run cannot be repeated: the training data were '{earlier.Data}' and are '{Data}' now; restore them.");
        if (Course.IsOfAnEarlierVersion(earlier.Options))
            throw new ClipException(
                $"The run was made by version {earlier.Version}, whose options cannot be compared with this one's; use that version.");
        if (Course.Changes(earlier.Options, Options) is [_, ..] changes)
            throw new ClipException(
                $"The run cannot be repeated: {string.Join(", ", changes)}, by another default; use the program's version of that run.");
        if (!JsonElement.DeepEquals(earlier.Config, Config))
            throw new ClipException("The run cannot be repeated: the model's config has changed since; restore it.");
        if (earlier.Version != Version)
            say($"The run was made by version {earlier.Version}, and this is {Version}: the result may differ.");
    }
}
