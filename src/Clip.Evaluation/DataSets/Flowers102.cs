namespace Clip.Evaluation.DataSets;

/// <summary>
/// Oxford 102 Flower: <c>jpg/image_00001.jpg</c>; <c>imagelabels.mat</c> has the class of each picture from 1, <c>setid.mat</c> the
/// pictures of each part.
/// </summary>
internal static class Flowers102
{
    public static LoadedDataSet Read(DataSetFolder folder, string split)
    {
        var images = folder.Folder("jpg");
        var labelFile = folder.File("imagelabels.mat");
        var partFile = folder.File("setid.mat");
        var labels = Numbers(labelFile, "labels");
        var part = Numbers(partFile, split switch { "train" => "trnid", "val" => "valid", _ => "tstid" });
        var names = ClassLists.Read("flowers102");
        var rows = new List<(string, string)>();
        foreach (var id in part)
        {
            if (id < 1 || id > labels.Count)
                throw new ClipException(
                    $"{partFile} names picture {id}, and {labelFile} has the classes of {labels.Count}; get both again.");
            var number = labels[id - 1];
            if (number < 1 || number > names.Count)
                throw new ClipException($"{labelFile} has the class {number}, and Flowers 102 has {names.Count}; get it again.");
            rows.Add((Place(id), names[number - 1]));
        }

        folder.RequireAll(partFile, rows.Select(row => row.Item1));
        folder.TellSurplus(images, Enumerable.Range(1, labels.Count).Select(Place));
        return ListedPictures.Load(partFile, names, rows, name => name);

        string Place(int id) => Path.Combine(images, FormattableString.Invariant($"image_{id:00000}.jpg"));
    }

    private static List<int> Numbers(string file, string name) => MatFile.Read(file).TryGetValue(name, out var array)
        ? [.. array.Numbers.Select(number => (int)number)]
        : throw new ClipException($"{file} has no variable '{name}'; get it again.");
}
