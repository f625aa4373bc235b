using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Persistence;

/// <summary>
/// A transformer's options, and beside them what its fit added, in one JSON file among a saved model's entries: readable, and open to new
/// settings with defaults.
/// </summary>
internal static class SavedState
{
    private const string Entry = "settings.json";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    public static void Save<TOptions, TFitted>(ModelSaveContext context, VersionInfo version, TOptions options, TFitted fitted)
    {
        context.CheckAtModel();
        context.SetVersionInfo(version);
        var all = JsonSerializer.SerializeToNode(options, Json)!.AsObject();
        foreach (var (name, value) in JsonSerializer.SerializeToNode(fitted, Json)!.AsObject()) all[name] = value?.DeepClone();
        context.SaveBinaryStream(Entry, writer => JsonSerializer.Serialize(writer.BaseStream, all, Json));
    }

    /// <exception cref="InvalidDataException">The entry is not there, or not what a transformer of this kind saves.</exception>
    public static (TOptions Options, TFitted Fitted) Load<TOptions, TFitted>(ModelLoadContext context, VersionInfo version)
    {
        context.CheckAtModel(version);
        JsonObject? all = null;
        try
        {
            context.TryLoadBinaryStream(Entry, reader => all = JsonNode.Parse(reader.BaseStream) as JsonObject);
            if (all is null) throw NoEntry(Entry);
            return (all.Deserialize<TOptions>(Json)!, all.Deserialize<TFitted>(Json)!);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The saved model's entry '{Entry}' was not written by Microsoft.ML.Clip: {e.Message}", e);
        }
    }

    /// <summary>
    /// Loads, and tells a failure in the log: ML.NET makes components by reflection, so <c>Model.Load</c> throws a
    /// <see cref="System.Reflection.TargetInvocationException"/> around the exception that has the sentence, one for each level.
    /// </summary>
    public static T Loading<T>(IHostEnvironment environment, string name, Func<T> load)
    {
        try
        {
            return load();
        }
        catch (Exception e)
        {
            using var channel = environment.Register(name).Start("Load");
            channel.Error(MessageSensitivity.UserData, "{0}", e.Message);
            throw;
        }
    }

    public static InvalidDataException NoEntry(string entry) =>
        new($"The saved model has no entry '{entry}': it is cut off, or was not saved by Microsoft.ML.Clip.");
}
