using System.IO.Compression;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Clip.Tests.Persistence;

/// <summary>Looks into a saved model, and changes it, as an earlier version or a hostile hand would have.</summary>
internal static class SavedZip
{
    public static string[] Entries(string zip)
    {
        using var archive = ZipFile.OpenRead(zip);
        return [.. archive.Entries.Select(e => e.Name)];
    }

    public static byte[] Read(string zip, string entry)
    {
        using var archive = ZipFile.OpenRead(zip);
        using var stream = archive.Entries.Single(e => e.Name == entry).Open();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    /// <summary>The settings of the one transformer that was saved.</summary>
    public static JsonObject Settings(string zip) => JsonNode.Parse(Read(zip, "settings.json"))!.AsObject();

    public static void Replace(string zip, string entry, byte[] content)
    {
        using var archive = ZipFile.Open(zip, ZipArchiveMode.Update);
        var old = archive.Entries.Single(e => e.Name == entry);
        var name = old.FullName;
        old.Delete();
        using var stream = archive.CreateEntry(name).Open();
        stream.Write(content);
    }

    public static void Remove(string zip, string entry)
    {
        using var archive = ZipFile.Open(zip, ZipArchiveMode.Update);
        archive.Entries.Single(e => e.Name == entry).Delete();
    }

    public static void ChangeSettings(string zip, Action<JsonObject> change)
    {
        var settings = Settings(zip);
        change(settings);
        Replace(zip, "settings.json", System.Text.Encoding.UTF8.GetBytes(settings.ToJsonString()));
    }
}
