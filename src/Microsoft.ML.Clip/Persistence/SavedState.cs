using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Clip;

/// <summary>A transformer's settings in a saved model, as JSON: readable, and open to new settings with defaults.</summary>
internal static class SavedState
{
    private static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter() } };

    public static void Save<T>(ModelSaveContext context, VersionInfo version, T state)
    {
        context.CheckAtModel();
        context.SetVersionInfo(version);
        context.SaveNonEmptyString(JsonSerializer.Serialize(state, Json));
    }

    public static InvalidDataException NoEntry(string entry) =>
        new($"The saved model has no entry '{entry}': it is cut off, or was not saved by Microsoft.ML.Clip.");

    public static T Load<T>(ModelLoadContext context, VersionInfo version)
    {
        context.CheckAtModel(version);
        return JsonSerializer.Deserialize<T>(context.LoadNonEmptyString(), Json)!;
    }
}
