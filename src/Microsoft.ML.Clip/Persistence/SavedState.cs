using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Persistence;

/// <summary>
/// A transformer's settings in a saved model: a JSON file among its entries, readable, and open to new settings with defaults.
/// </summary>
internal static class SavedState
{
    private const string Entry = "settings.json";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    public static void Save<T>(ModelSaveContext context, VersionInfo version, T state)
    {
        context.CheckAtModel();
        context.SetVersionInfo(version);
        context.SaveBinaryStream(Entry, writer => JsonSerializer.Serialize(writer.BaseStream, state, Json));
    }

    public static T Load<T>(ModelLoadContext context, VersionInfo version)
        where T : class
    {
        context.CheckAtModel(version);
        T? state = null;
        context.TryLoadBinaryStream(Entry, reader => state = JsonSerializer.Deserialize<T>(reader.BaseStream, Json));
        return state ?? throw NoEntry(Entry);
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
