using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Clip;

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

    public static InvalidDataException NoEntry(string entry) =>
        new($"The saved model has no entry '{entry}': it is cut off, or was not saved by Microsoft.ML.Clip.");
}
