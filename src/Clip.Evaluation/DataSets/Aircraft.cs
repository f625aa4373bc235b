namespace Clip.Evaluation.DataSets;

/// <summary>
/// FGVC-Aircraft by variant: <c>data/images/0034309.jpg</c>; <c>data/images_variant_test.txt</c> has lines as <c>1514522 707-320</c>,
/// <c>data/variants.txt</c> the classes.
/// </summary>
internal static class Aircraft
{
    public static LoadedDataSet Read(DataSetFolder folder, string split)
    {
        var classes = DataSetFolder.Lines(folder.File("data/variants.txt", "variants.txt"));
        var images = folder.Folder("data/images", "images");
        var list = folder.File($"data/images_variant_{split}.txt", $"images_variant_{split}.txt");
        var rows = new List<(string, string)>();
        foreach (var line in DataSetFolder.Lines(list))
        {
            if (line.Split(' ', 2) is not [var id, var variant]) throw DataSetFolder.BadLine(list, line, "a picture and its variant");
            rows.Add((Path.Combine(images, $"{id}.jpg"), variant.Trim()));
        }

        folder.RequireAll(list, rows.Select(row => row.Item1));
        return ListedPictures.Load(list, classes, rows, name => name);
    }
}
