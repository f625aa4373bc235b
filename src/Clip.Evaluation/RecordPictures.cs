using Clip.Data;

namespace Clip.Evaluation;

/// <summary>The records of shards and tables as pictures to evaluate on; the source must live as long as they do.</summary>
internal static class RecordPictures
{
    /// <summary>Those that can be used, in their order.</summary>
    /// <param name="records">The records.</param>
    /// <param name="picture">Makes a record's picture; throws <see cref="InvalidDataException"/> where it cannot be used.</param>
    /// <param name="onBad">Told of those that cannot, and why.</param>
    public static List<T> Read<T>(IRecordSource records, Func<int, T> picture, Action<string, string> onBad)
        where T : StoredImage
    {
        foreach (var (key, reason) in records.Unusable) onBad(key, reason);
        var pictures = new List<T>();
        for (var i = 0; i < records.Count; i++)
        {
            try
            {
                pictures.Add(picture(i));
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                onBad(records.Key(i), e.Message);
            }
        }

        return pictures;
    }

    /// <summary>Reads a record's picture when it is wanted.</summary>
    public static Func<byte[]> Content(IRecordSource records, int record) => () =>
    {
        using var bytes = records.ReadImage(record);
        return bytes.Span.ToArray();
    };
}
