using System.Globalization;

namespace Clip.Evaluation.DataSets;

/// <summary>What tells the classes of ImageNet's validation pictures where they lie in one folder.</summary>
/// <param name="File">The file that tells it.</param>
/// <param name="Rows">The pictures' names and their classes from 0.</param>
internal sealed record ImageNetTruth(string File, IReadOnlyList<(string File, int Class)> Rows)
{
    /// <summary>Finds and reads the file; null where there is none.</summary>
    public static ImageNetTruth? Find(DataSetFolder folder, ImageNetClasses classes)
    {
        if (folder.FindFile("LOC_val_solution.csv") is { } kaggle) return new(kaggle, Kaggle(kaggle, classes));
        if (folder.FindFile("val.txt", "caffe_ilsvrc12/val.txt", "val/val.txt") is { } caffe) return new(caffe, Caffe(caffe, classes));
        const string Numbers = "ILSVRC2012_validation_ground_truth.txt";
        string[] places = ["", "data/", "devkit/", "devkit/data/", "ILSVRC2012_devkit_t12/data/"];
        if (folder.FindFile([.. places.Select(place => place + Numbers)]) is not { } devkit) return null;
        var meta = folder.File([.. places.Select(place => $"{place}meta.mat")]);
        return new(devkit, Devkit(devkit, meta, classes));
    }

    /// <summary>Lines as <c>ILSVRC2012_val_00048981,n03995372 85 1 499 272</c>, below a header.</summary>
    private static List<(string, int)> Kaggle(string file, ImageNetClasses classes) =>
    [
        .. DataSetFolder.Lines(file).Skip(1).Select(line => line.Split(',') is [var name, var boxes]
            ? ($"{name}.JPEG", classes.Index(boxes.Split(' ')[0], file))
            : throw DataSetFolder.BadLine(file, line, "as 'ILSVRC2012_val_00048981,n03995372 85 1 499 272'")),
    ];

    /// <summary>Lines as <c>ILSVRC2012_val_00000001.JPEG 65</c>, the class from 0 in the order of identifiers.</summary>
    private static List<(string, int)> Caffe(string file, ImageNetClasses classes) =>
    [
        .. DataSetFolder.Lines(file).Select(line => line.Split(' ') is [var name, var number] && Number(number) is { } index
            && index < classes.Labels.Count
            ? (name, index)
            : throw DataSetFolder.BadLine(file, line, "as 'ILSVRC2012_val_00000001.JPEG 65'")),
    ];

    /// <summary>
    /// A line a picture, in their order: the class's number from 1 in an order of ILSVRC's own, which only <c>meta.mat</c> tells.
    /// </summary>
    private static List<(string, int)> Devkit(string file, string meta, ImageNetClasses classes)
    {
        if (!MatFile.Read(meta).TryGetValue("synsets", out var synsets) || synsets.Structures.Count == 0)
            throw new ClipException($"{meta} has no structures 'synsets'; get it again.");
        var order = new Dictionary<int, int>();
        foreach (var synset in synsets.Structures)
        {
            if (synset.GetValueOrDefault("ILSVRC2012_ID")?.Numbers is not [var id, ..]
                || synset.GetValueOrDefault("WNID")?.Text is not { } name)
                throw new ClipException($"{meta} has a class without ILSVRC2012_ID or WNID; get it again.");
            if (id <= classes.Labels.Count) order[(int)id] = classes.Index(name, meta); // those above are kinds of classes
        }

        return
        [
            .. DataSetFolder.Lines(file).Select((line, i) => Number(line) is { } number && order.TryGetValue(number, out var index)
                ? (FormattableString.Invariant($"ILSVRC2012_val_{i + 1:00000000}.JPEG"), index)
                : throw DataSetFolder.BadLine(file, line, $"the number of a class in {meta}")),
        ];
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
