namespace Clip.Evaluation.DataSets;

/// <summary>
/// Describable Textures: <c>images/banded/banded_0002.jpg</c>; <c>labels/test1.txt</c> has lines as <c>banded/banded_0002.jpg</c>. Of its
/// ten divisions the first, as CLIP and CLIP_benchmark have it.
/// </summary>
internal static class Textures
{
    public static LoadedDataSet Read(DataSetFolder folder, string split)
    {
        var images = folder.Folder("images");
        var list = folder.File($"labels/{split}1.txt");
        var entries = DataSetFolder.Lines(list);
        folder.RequireAll(list, entries.Select(Place));
        string?[] lists = [folder.FindFile("labels/train1.txt"), folder.FindFile("labels/val1.txt"), folder.FindFile("labels/test1.txt")];
        if (lists.All(file => file is not null))
            folder.TellSurplus(images, lists.SelectMany(file => DataSetFolder.Lines(file!)).Select(Place));
        return ListedPictures.Load(
            list, [.. DataSetFolder.ClassFolders(images).Select(place => Path.GetFileName(place))],
            entries.Select(entry => (Place(entry), entry.Split('/')[0])), ListedPictures.Blanks);

        string Place(string entry) => Path.Combine(images, entry);
    }
}
