using System.Text.Json;
using Microsoft.ML.Clip.Files;

namespace Clip.Evaluation.DataSets;

/// <summary>Data sets' files in JSON.</summary>
internal static class JsonLists
{
    /// <summary>The largest list: COCO's captions of training have 90 MB, and Karpathy's of all of COCO 144 MB.</summary>
    private const long MaxBytes = 1L << 30;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <summary>Reads a file of which a part is wanted.</summary>
    /// <exception cref="ClipException">It is not JSON, or of another form.</exception>
    public static T Read<T>(string path)
    {
        try
        {
            using var file = RegularFile.Open(path);
            RegularFile.Bounded(path, file.Length, MaxBytes);
            return JsonSerializer.Deserialize<T>(file, Options) ?? throw new JsonException("it is null");
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw new ClipException($"{path} is not the list that is expected in its place: {e.Message.TrimEnd('.')}; get it again.", e);
        }
    }
}
