namespace Clip.Evaluation.DataSets;

/// <summary>
/// Food-101: <c>images/apple_pie/1011328.jpg</c>; <c>meta/test.txt</c> has lines as <c>apple_pie/1011328</c>, <c>test.json</c> the same by
/// class.
/// </summary>
internal static class Food101
{
    public static LoadedDataSet Read(DataSetFolder folder, string split)
    {
        var classFile = folder.File("meta/classes.txt");
        var images = folder.Folder("images");
        var list = folder.File($"meta/{split}.txt", $"meta/{split}.json");
        var entries = Entries(list);
        folder.RequireAll(list, entries.Select(Place));
        var other = split == "train" ? "test" : "train";
        if (folder.FindFile($"meta/{other}.txt", $"meta/{other}.json") is { } others)
            folder.TellSurplus(images, entries.Concat(Entries(others)).Select(Place));
        return ListedPictures.Load(
            list, DataSetFolder.Lines(classFile), entries.Select(entry => (Place(entry), entry.Split('/')[0])), ListedPictures.Blanks);

        string Place(string entry) => Path.Combine(images, $"{entry}.jpg");
    }

    private static string[] Entries(string list)
    {
        if (Path.GetExtension(list) == ".txt") return [.. DataSetFolder.Lines(list)];
        return [.. JsonLists.Read<Dictionary<string, string[]>>(list).SelectMany(pair => pair.Value)];
    }
}
