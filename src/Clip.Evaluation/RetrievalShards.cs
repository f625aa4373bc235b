using Clip.Data;
using Clip.Data.Sources;

namespace Clip.Evaluation;

/// <summary>
/// Captioned pictures in WebDataset shards, laid out as CLIP_benchmark's for retrieval: images with a <c>.txt</c> of a caption a line, and
/// beside the shards or a folder higher <c>dataset_type.txt</c> with the word <c>retrieval</c>.
/// </summary>
internal static class RetrievalShards
{
    private const string TypeName = "dataset_type.txt";

    /// <summary>Whether shards are of this layout.</summary>
    /// <param name="shards">What <see cref="LabeledShards.Find"/> gave.</param>
    public static bool Are(string shards) => ShardPattern.Files(shards, ".tar") is [var first, ..]
        && ClassNames.Find(first, TypeName) is { } file && TextFile.ReadLines(file).FirstOrDefault()?.Trim() == "retrieval";

    /// <summary>Reads a set.</summary>
    /// <param name="name">The set's, in reports.</param>
    /// <param name="path">The shards.</param>
    /// <param name="onBad">Told of records that cannot be used.</param>
    /// <exception cref="ClipException">Shards are missing, or nothing can be used.</exception>
    public static RetrievalSet Read(string name, string path, Action<string, string> onBad)
    {
        var shards = ShardPattern.Files(path, ".tar");
        LabeledShards.CheckCount(path, shards.Count);
        // Lives as long as the process, as the set does.
        var records = new WebDatasetSource(shards, new RecordSourceOptions { CaptionEndings = ["txt"], GroupByImage = false });
        var images = RecordPictures.Read(records, i => new CaptionedPicture
        {
            ImagePath = records.Key(i),
            Container = records.ShardOf(i),
            Captions = [.. records.ReadCaptions(i)[0].Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)],
            Content = RecordPictures.Content(records, i),
        }, onBad);
        return images.Count > 0
            ? new RetrievalSet(name, images)
            : throw new ClipException($"'{path}' has no pictures with captions; give shards of images with a .txt beside each.");
    }
}
