namespace Clip.Evaluation.DataSets;

/// <summary>
/// Stanford Cars: <c>cars_test/00001.jpg</c> with <c>cars_test_annos_withlabels.mat</c>, <c>cars_train/</c> with
/// <c>devkit/cars_train_annos.mat</c>, and <c>devkit/cars_meta.mat</c> with the classes; or <c>car_ims/</c> with <c>cars_annos.mat</c>,
/// which has them all.
/// </summary>
internal static class StanfordCars
{
    public static LoadedDataSet Read(DataSetFolder folder, string split) =>
        folder.FindFile("devkit/cars_meta.mat", "cars_meta.mat") is { } meta ? Divided(folder, split, meta)
        : folder.FindFile("cars_annos.mat", "devkit/cars_annos.mat") is { } all ? Together(folder, split, all)
        : throw folder.Lacks("file", "devkit/cars_meta.mat", "cars_annos.mat");

    private static LoadedDataSet Divided(DataSetFolder folder, string split, string meta)
    {
        var list = split == "train"
            ? folder.File("devkit/cars_train_annos.mat", "cars_train_annos.mat")
            : folder.File("cars_test_annos_withlabels.mat", "devkit/cars_test_annos_withlabels.mat");
        var images = folder.Folder($"cars_{split}", $"cars_{split}/cars_{split}");
        var rows = Structures(list).Select(car => (Path.Combine(images, Text(list, car, "fname")), Number(list, car, "class"))).ToArray();
        folder.RequireAll(list, rows.Select(row => row.Item1));
        folder.TellSurplus(images, rows.Select(row => row.Item1));
        return Load(list, Names(meta, MatFile.Read(meta)), rows);
    }

    private static LoadedDataSet Together(DataSetFolder folder, string split, string list)
    {
        var root = Path.GetDirectoryName(folder.Folder("car_ims"))!;
        var rows = Structures(list).Where(car => Number(list, car, "test") == (split == "train" ? 0 : 1))
            .Select(car => (Path.Combine(root, Text(list, car, "relative_im_path")), Number(list, car, "class"))).ToArray();
        folder.RequireAll(list, rows.Select(row => row.Item1));
        return Load(list, Names(list, MatFile.Read(list)), rows);
    }

    private static LoadedDataSet Load(string list, string[] names, IEnumerable<(string File, int Class)> rows) =>
        ListedPictures.Load(list, names, rows.Select(row => (row.File, row.Class >= 1 && row.Class <= names.Length
            ? names[row.Class - 1]
            : throw new ClipException($"{list} has the class {row.Class}, and there are {names.Length}; get it again."))), name => name);

    private static IReadOnlyList<IReadOnlyDictionary<string, MatArray>> Structures(string file) =>
        MatFile.Read(file).TryGetValue("annotations", out var array) && array.Structures.Count > 0
            ? array.Structures
            : throw new ClipException($"{file} has no structures 'annotations'; get it again.");

    private static string[] Names(string file, IReadOnlyDictionary<string, MatArray> variables) =>
        variables.TryGetValue("class_names", out var array) && array.Cells.Count > 0 && array.Cells.All(cell => cell.Text is not null)
            ? [.. array.Cells.Select(cell => cell.Text!)]
            : throw new ClipException($"{file} has no texts 'class_names'; get it again.");

    private static string Text(string file, IReadOnlyDictionary<string, MatArray> car, string field) =>
        car.GetValueOrDefault(field)?.Text ?? throw NoField(file, field);

    private static int Number(string file, IReadOnlyDictionary<string, MatArray> car, string field) =>
        car.GetValueOrDefault(field)?.Numbers is [var number, ..] ? (int)number : throw NoField(file, field);

    // cars_test_annos.mat, without labels, is easily taken for the one with them.
    private static ClipException NoField(string file, string field) =>
        new($"{file} has no '{field}' for a picture; get the file with labels (cars_test_annos_withlabels.mat for the test pictures).");
}
