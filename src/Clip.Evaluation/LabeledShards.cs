using System.Globalization;
using Clip.Data;
using Clip.Data.Sources;

namespace Clip.Evaluation;

/// <summary>
/// Labeled pictures in WebDataset shards, laid out as CLIP_benchmark's: images with a <c>.cls</c>, and beside the shards or a folder
/// higher <c>classnames.txt</c> and <c>zeroshot_classification_templates.txt</c>.
/// </summary>
internal static class LabeledShards
{
    /// <summary>The shards that a path means; null where it means a table or a folder of classes.</summary>
    /// <param name="path">Shards, a folder of them, or the data set's folder with them in <c>test</c>.</param>
    public static string? Find(string path)
    {
        if (!Directory.Exists(path)) return path.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) ? path : null;
        string[] places = [path, Path.Combine(path, "test")];
        return places.FirstOrDefault(place => Directory.Exists(place) && PictureFiles.Files(place, ".tar").Length > 0);
    }

    /// <summary>Reads a set.</summary>
    /// <param name="name">The set's, in reports.</param>
    /// <param name="path">What <see cref="Find"/> gave.</param>
    /// <param name="labels">Every candidate by the number in <c>.cls</c>; null for those of <c>classnames.txt</c>.</param>
    /// <param name="templates">Prompts; null for those beside the shards, or else the default.</param>
    /// <param name="onBad">Told of records that cannot be used.</param>
    /// <exception cref="ClipException">A file is absent, or nothing can be used.</exception>
    public static LabeledSet Read(
        string name, string path, IReadOnlyList<string>? labels, IReadOnlyList<string>? templates, Action<string, string> onBad)
    {
        var shards = ShardPattern.Files(path, ".tar");
        CheckCount(path, shards.Count);
        var beside = ClassNames.Beside(shards[0]);
        if (labels is not null && beside is not null && beside.Names.Count != labels.Count)
            throw new ClipException(
                $"{name} has {beside.Names.Count} classes in its {ClassNames.FileName}, and {labels.Count} labels are given; "
                + "the numbers in .cls are lines, so give as many.");
        var names = labels is null ? beside : new ClassNames(labels, "the labels given");
        // Lives as long as the process, as the set does.
        var records = new WebDatasetSource(shards, new RecordSourceOptions
        {
            CaptionEndings = ["cls"],
            ClassNames = names,
            Templates = ["{}"],
            GroupByImage = false,
        });
        var images = RecordPictures.Read(records, i => new LabeledImage
        {
            ImagePath = records.Key(i),
            Class = records.ReadCaptions(i)[0],
            Content = RecordPictures.Content(records, i),
            Container = records.ShardOf(i),
        }, onBad);
        if (images.Count == 0)
            throw new ClipException(
                $"'{path}' has no pictures with a class: {Reason(records)}; give shards of images with a .cls beside each.");
        return new LabeledSet(
            name, images, names?.Names ?? [.. images.Select(image => image.Class).Distinct().Order(StringComparer.Ordinal)],
            templates ?? Templates(shards[0])).Validate();
    }

    private static string Reason(WebDatasetSource records)
    {
        if (records.Unusable is [var (key, reason), ..]) return $"{key}: {reason}";
        try
        {
            return records.Count == 0 ? "they are empty" : records.ReadCaptions(0)[0];
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return e.Message;
        }
    }

    private static string[]? Templates(string shard) => ClassNames.Find(shard, ClassNames.TemplatesName) is { } file
        ? [.. TextFile.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)]
        : null;

    /// <summary>A set of which shards are missing would be measured on what is there.</summary>
    internal static void CheckCount(string path, int found)
    {
        var file = Path.Combine(path, "nshards.txt");
        if (!Directory.Exists(path) || !File.Exists(file)) return;
        var told = TextFile.ReadLines(file).FirstOrDefault()?.Trim();
        if (int.TryParse(told, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count != found)
            throw new ClipException($"{file} tells of {count} shards, and there are {found}; fetch the others, or correct the number.");
    }
}
