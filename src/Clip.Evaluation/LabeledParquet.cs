using System.Globalization;
using System.Text.Json;
using Clip.Data.Sources;

namespace Clip.Evaluation;

/// <summary>
/// Labeled pictures in Parquet as Hugging Face's library writes them: a column of images and one of classes, by name or by number. What the
/// numbers mean is told in the file itself.
/// </summary>
internal static class LabeledParquet
{
    /// <summary>Columns of classes where none is given, the usual ones first.</summary>
    private static readonly string[] UsualKeys = ["label", "labels", "fine_label", "class"];

    /// <summary>
    /// The files that a path means; null where it means something else. Of a folder with files for several parts, as
    /// <c>test-00000-of-00001.parquet</c>, those of one.
    /// </summary>
    /// <param name="path">A file, a pattern of files, or a folder of them or with them in <c>data</c>.</param>
    /// <param name="part"><c>train</c>, or <c>test</c>, for which <c>validation</c> serves too.</param>
    public static IReadOnlyList<string>? Files(string path, string part)
    {
        if (!Directory.Exists(path))
            return path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) ? ShardPattern.Files(path, ".parquet") : null;
        string[] places = [path, Path.Combine(path, "data")];
        var files = places.Where(Directory.Exists).Select(place => PictureFiles.Files(place, ".parquet")).FirstOrDefault(f => f.Length > 0);
        if (files is null) return null;
        string[] starts = part == "train" ? ["train-"] : ["test-", "validation-", "val-"];
        return starts.Select(start => files.Where(file => Path.GetFileName(file).StartsWith(start, StringComparison.Ordinal)).ToArray())
            .FirstOrDefault(found => found.Length > 0) ?? files;
    }

    /// <summary>Reads a set.</summary>
    /// <param name="name">The set's, in reports.</param>
    /// <param name="files">What <see cref="Files"/> gave.</param>
    /// <param name="key">The column of classes, where there is one of this name.</param>
    /// <param name="labels">Every candidate, for numbers by number; null for those that the file tells.</param>
    /// <param name="templates">Prompts; null for the default.</param>
    /// <param name="onBad">Told of rows that cannot be used.</param>
    /// <exception cref="ClipException">A column is absent, a class has no name, or nothing can be used.</exception>
    public static LabeledSet Read(
        string name, IReadOnlyList<string> files, string key, IReadOnlyList<string>? labels, IReadOnlyList<string>? templates,
        Action<string, string> onBad)
    {
        var (column, isNumbered, told) = Look(files[0], key);
        var names = labels ?? told;
        if (isNumbered && names is null)
            throw new ClipException($"The classes of {files[0]} are numbers, and nothing in it names them; give the labels by number.");
        // Lives as long as the process, as the set does.
        var records = ParquetSource.Open(files, new RecordSourceOptions
        {
            CaptionKeys = [column],
            ClassNames = ClassNames.None,
            GroupByImage = false,
        });
        var images = RecordPictures.Read(records, i => new LabeledImage
        {
            ImagePath = records.Key(i),
            Container = records.FileOf(i),
            Class = Name(records.ReadCaptions(i)[0]),
            Content = RecordPictures.Content(records, i),
        }, onBad);
        if (images.Count == 0) throw new ClipException($"'{files[0]}' has no rows with an image and a class that can be used.");
        return new LabeledSet(
            name, images, names ?? [.. images.Select(image => image.Class).Distinct().Order(StringComparer.Ordinal)], templates).Validate();

        string Name(string told)
        {
            if (!isNumbered) return told;
            var number = long.Parse(told, CultureInfo.InvariantCulture);
            return number >= 0 && number < names!.Count
                ? names[(int)number]
                : throw new InvalidDataException($"its class is {number}, and there are names for {names!.Count}");
        }
    }

    /// <summary>The column of classes, whether they are numbers, and the names of those.</summary>
    private static (string Column, bool IsNumbered, IReadOnlyList<string>? Names) Look(string file, string key)
    {
        using var table = Open(file, key);
        var column = new[] { key }.Concat(UsualKeys).First(table.Names.Contains);
        return (column, table.HasNumbers, Told(table.Features, column));
    }

    private static ParquetTable Open(string file, string key)
    {
        foreach (var candidate in UsualKeys.Prepend(key))
        {
            try
            {
                return ParquetTable.Open(file, imageKey: null, [candidate], classes: true);
            }
            catch (ClipException) when (candidate != UsualKeys[^1])
            {
                // Perhaps it has the next.
            }
            catch (InvalidDataException e)
            {
                throw new ClipException($"{file}: {e.Message}; get it again.", e);
            }
        }

        throw new InvalidOperationException();
    }

    private static IReadOnlyList<string>? Told(string? features, string column)
    {
        if (features is null) return null;
        try
        {
            using var json = JsonDocument.Parse(features);
            return json.RootElement.TryGetProperty("info", out var info) && info.TryGetProperty("features", out var columns)
                && columns.TryGetProperty(column, out var feature) && feature.TryGetProperty("names", out var names)
                ? [.. names.EnumerateArray().Select(name => name.GetString()!)]
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // of another form, and then numbers stay numbers
        }
    }
}
