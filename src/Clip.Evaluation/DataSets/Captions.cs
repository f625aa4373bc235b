using System.Text.RegularExpressions;
using Clip.Data;

namespace Clip.Evaluation.DataSets;

/// <summary>COCO, Flickr30k and Flickr8k: pictures with about five captions each, in Karpathy's division or the sets' own files.</summary>
internal static partial class Captions
{
    /// <summary>
    /// COCO: Karpathy's <c>dataset_coco.json</c>; or CLIP_benchmark's <c>coco_test_karpathy.json</c>, of his division in COCO's form; or
    /// COCO's own <c>annotations/captions_val2017.json</c>. Pictures lie in <c>val2014/</c> and <c>train2014/</c>, or <c>val2017/</c>.
    /// </summary>
    public static LoadedDataSet Coco(DataSetFolder folder, string split)
    {
        if (folder.FindFile("dataset_coco.json", "annotations/dataset_coco.json") is { } karpathy)
            return Karpathy(folder, karpathy, split, row =>
                [$"{row.FilePath}/{row.FileName}", $"images/{row.FilePath}/{row.FileName}", row.FileName]);
        string[] own = split switch
        {
            "train" => ["annotations/captions_train2017.json", "annotations/captions_train2014.json"],
            "val2017" => ["annotations/captions_val2017.json", "captions_val2017.json"],
            _ => [],
        };
        var list = folder.File([$"coco_{split}_karpathy.json", $"annotations/coco_{split}_karpathy.json", .. own]);
        var read = JsonLists.Read<CocoFile>(list);
        var captions = (read.Annotations ?? []).ToLookup(a => a.ImageId, a => a.Caption);
        return Loaded(folder, list, (read.Images ?? []).Select(image =>
        {
            string[] places = [.. new[] { "val2014", "train2014", "val2017", "train2017" }
                .SelectMany(place => new[] { $"{place}/{image.FileName}", $"images/{place}/{image.FileName}" }), image.FileName];
            return (places, (IReadOnlyList<string>)[.. captions[image.Id]]);
        }));
    }

    /// <summary>
    /// Flickr30k: Karpathy's <c>dataset_flickr30k.json</c>, CLIP_benchmark's <c>flickr30k_test_karpathy.txt</c> (lines as
    /// <c>1007129816.jpg,A man …</c> below a header), or for all pictures the set's own <c>results_20130124.token</c>.
    /// </summary>
    public static LoadedDataSet Flickr30K(DataSetFolder folder, string split) =>
        Flickr(
            folder, split, "flickr30k", ["flickr30k-images", "flickr30k_images", "Images", "images", ""],
            ["results_20130124.token", "results.csv"]);

    /// <summary>
    /// Flickr8k: Karpathy's <c>dataset_flickr8k.json</c>, CLIP_benchmark's <c>flickr8k_test_karpathy.txt</c>, or the set's own
    /// <c>Flickr8k.token.txt</c> with <c>Flickr_8k.testImages.txt</c>.
    /// </summary>
    public static LoadedDataSet Flickr8K(DataSetFolder folder, string split) =>
        Flickr(
            folder, split, "flickr8k", ["Flicker8k_Dataset", "Flickr8k_Dataset", "Images", "images", ""],
            ["Flickr8k.token.txt", "captions.txt"]);

    private static LoadedDataSet Flickr(DataSetFolder folder, string split, string name, string[] places, string[] own)
    {
        if (split != "all" && folder.FindFile($"dataset_{name}.json") is { } karpathy)
            return Karpathy(folder, karpathy, split, row => In(row.FileName));
        var pictures = split == "all" ? null : folder.FindFile($"Flickr_8k.{(split == "val" ? "dev" : split)}Images.txt");
        var list = split == "all" || pictures is not null
            ? folder.File(own)
            : folder.File($"{name}_{split}_karpathy.txt", $"dataset_{name}.json");
        var rows = Tokens(list);
        if (pictures is not null)
        {
            var kept = DataSetFolder.Lines(pictures).ToHashSet();
            if (kept.FirstOrDefault(picture => rows.All(row => row.Picture != picture)) is { } alone)
                throw new ClipException($"{pictures} names {alone}, which has no caption in {list}; get both again.");
            rows.RemoveAll(row => !kept.Contains(row.Picture));
        }

        return Loaded(folder, list, rows.GroupBy(row => row.Picture).Select(group =>
            (In(group.Key), (IReadOnlyList<string>)[.. group.Select(row => row.Caption)])));

        // Beside the list a picture has its name alone: with a slash before it, it would be looked for at the root of the disk.
        string[] In(string picture) => [.. places.Select(place => place.Length == 0 ? picture : $"{place}/{picture}")];
    }

    /// <summary>
    /// Lines as <c>1000092795.jpg#0 TAB A caption</c>, <c>1000092795.jpg,A caption</c> or <c>1000092795.jpg| 0| A caption</c>.
    /// </summary>
    private static List<(string Picture, string Caption)> Tokens(string list)
    {
        var rows = new List<(string, string)>();
        var isFirst = true;
        foreach (var line in DataSetFolder.Lines(list))
        {
            if (Token().Match(line) is { Success: true } match)
                rows.Add((match.Groups["picture"].Value, Unquoted(match.Groups["caption"].Value.Trim())));
            else if (!isFirst)
                throw DataSetFolder.BadLine(list, line, "a picture and a caption");
            isFirst = false; // a header
        }

        return rows;
    }

    private static string Unquoted(string caption) =>
        caption is ['"', .. var inner, '"'] ? inner.Replace("\"\"", "\"", StringComparison.Ordinal) : caption;

    private static LoadedDataSet Karpathy(DataSetFolder folder, string list, string split, Func<KarpathyImage, string[]> places)
    {
        // COCO's pictures of restval are those of the validation that everybody trains on too.
        string[] parts = split == "train" ? ["train", "restval"] : [split];
        return Loaded(folder, list, (JsonLists.Read<KarpathyFile>(list).Images ?? []).Where(row => parts.Contains(row.Split))
            .Select(row => (places(row), (IReadOnlyList<string>)[.. (row.Sentences ?? []).Select(sentence => sentence.Raw)])));
    }

    private static LoadedDataSet Loaded(
        DataSetFolder folder, string list,
        IEnumerable<(string[] Places, IReadOnlyList<string> Captions)> rows)
    {
        var captioned = new List<CaptionedImage>();
        foreach (var (places, captions) in rows)
        {
            var file = folder.FindFile(places)
                ?? throw new ClipException($"{places[0]} is listed in {list} and is not there; unpack the pictures again.");
            string[] kept = [.. captions.Select(caption => caption.Trim()).Where(caption => caption.Length > 0)];
            if (kept.Length == 0) throw new ClipException($"{places[0]} has no caption in {list}; get the list again.");
            captioned.Add(new CaptionedImage(file, kept));
        }

        if (captioned.GroupBy(row => row.Path).FirstOrDefault(group => group.Count() > 1) is { Key: var twice })
            throw new ClipException($"{twice} comes twice in {list}; get the list again.");
        var others = captioned.Count(row => row.Captions.Count != 5);
        if (others > 0)
            folder.Tell(FormattableString.Invariant(
                $"{others:N0} of its pictures have other than five captions; all of them count"));
        return new LoadedDataSet { Captioned = captioned };
    }

    [GeneratedRegex(@"^(?<picture>[^\t|,#]+?\.jpg(\.1)?)(#\d+\t|\t|,|\|\s*\d+\s*\|)(?<caption>.*)$", RegexOptions.IgnoreCase)]
    private static partial Regex Token();
}
