using System.Globalization;

namespace Clip.Evaluation.DataSets;

/// <summary>
/// Pascal VOC 2007: <c>JPEGImages/000001.jpg</c>; <c>ImageSets/Main/dog_test.txt</c> and 19 more have lines as <c>000001  1</c>: 1 where
/// the picture shows one, -1 where not, 0 where it shows only such as are hard to see, which CLIP_benchmark counts as shown.
/// </summary>
internal static class VisualObjects
{
    /// <summary>The 20 classes in the set's order, with their names in the set's files.</summary>
    private static readonly string[] Classes =
    [
        "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog", "horse", "motorbike",
        "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
    ];

    public static LoadedDataSet Read(DataSetFolder folder, string split)
    {
        var images = folder.Folder("JPEGImages");
        var shown = new Dictionary<string, List<string>>();
        string[]? order = null;
        var list = "";
        foreach (var name in Classes)
        {
            list = folder.File($"ImageSets/Main/{name}_{split}.txt");
            var rows = DataSetFolder.Lines(list).Select(line => Row(list, line)).ToArray();
            order ??= [.. rows.Select(row => row.Picture)];
            if (!order.SequenceEqual(rows.Select(row => row.Picture)))
                throw new ClipException($"{list} lists other pictures than {Classes[0]}_{split}.txt beside it; unpack VOC 2007 again.");
            foreach (var (picture, value) in rows)
            {
                var classes = shown.TryGetValue(picture, out var has) ? has : shown[picture] = [];
                if (value >= 0) classes.Add(name);
            }
        }

        folder.RequireAll(list, order!.Select(Place));
        return new LoadedDataSet
        {
            Images =
            [
                .. order!.Select(picture => new LabeledImage
                {
                    ImagePath = Place(picture),
                    Classes = shown[picture].Count > 0 ? shown[picture] : throw new ClipException(
                        $"Picture {picture} of {list} shows none of the 20 classes; unpack VOC 2007 again."),
                }),
            ],
            Labels = Classes,
        };

        string Place(string picture) => Path.Combine(images, $"{picture}.jpg");
    }

    private static (string Picture, int Value) Row(string list, string line) =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var picture, var value]
        && int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number is >= -1 and <= 1
            ? (picture, number)
            : throw DataSetFolder.BadLine(list, line, "as '000001 -1'");
}
