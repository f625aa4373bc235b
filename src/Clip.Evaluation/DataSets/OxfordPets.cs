using System.Globalization;

namespace Clip.Evaluation.DataSets;

/// <summary>
/// Oxford-IIIT Pet: <c>images/Abyssinian_201.jpg</c>; <c>annotations/test.txt</c> has lines as <c>Abyssinian_201 1 1 1</c>: the picture,
/// its class from 1, whether it is a cat or a dog, its breed among those.
/// </summary>
internal static class OxfordPets
{
    public static LoadedDataSet Read(DataSetFolder folder, string split)
    {
        var images = folder.Folder("images");
        var list = folder.File($"annotations/{split}.txt");
        var rows = Rows(list, images);
        folder.RequireAll(list, rows.Select(row => row.File));
        // Each part has all the classes, and both together all the pictures.
        var other = split == "test" ? "trainval" : "test";
        List<(string File, string Class, int Number)> others =
            folder.FindFile($"annotations/{other}.txt") is { } file ? Rows(file, images) : [];
        if (others.Count > 0)
            TellSurplusPictures(folder, images, rows.Concat(others).Select(row => row.File));
        var classes = rows.Concat(others).Select(row => (row.Class, row.Number)).Distinct().OrderBy(row => row.Number).ToArray();
        if (classes.GroupBy(row => row.Number).FirstOrDefault(group => group.Count() > 1) is { } both)
            throw new ClipException(
                $"The class {both.Key} of {list} has two names, {string.Join(" and ", both.Select(row => row.Class))}; get the lists "
                + "again.");
        return ListedPictures.Load(
            list, [.. classes.Select(row => row.Class)], rows.Select(row => (row.File, row.Class)), ListedPictures.Blanks);
    }

    private static List<(string File, string Class, int Number)> Rows(string list, string images)
    {
        var rows = new List<(string, string, int)>();
        foreach (var line in DataSetFolder.Lines(list).Where(line => !line.StartsWith('#')))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var name, var number, ..]
                || name.LastIndexOf('_') is not (> 0 and var end)
                || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                throw DataSetFolder.BadLine(list, line, "as 'Abyssinian_201 1 1 1'");
            rows.Add((Path.Combine(images, $"{name}.jpg"), name[..end], id));
        }

        return rows;
    }

    /// <summary>Matlab's files of three pictures lie among them as published.</summary>
    private static void TellSurplusPictures(DataSetFolder folder, string images, IEnumerable<string> listed) =>
        folder.TellSurplus(images, listed.Concat(Directory.EnumerateFiles(images, "*.mat")));
}
