using System.Globalization;

namespace Clip.Evaluation.DataSets;

/// <summary>
/// ImageNet (ILSVRC 2012) and the sets with its classes. Their folders are named by WordNet's identifiers (<c>n01440764</c>), V2's by the
/// class's number from 0.
/// </summary>
internal static class ImageNet
{
    /// <summary>The 1,000 identifiers in their order, and the names of CLIP's authors.</summary>
    private static readonly Lazy<ImageNetClasses> Classes = new(ImageNetClasses.Read);

    /// <summary>
    /// A folder for each class, as torchvision has it; or all validation pictures in one folder with what tells their classes: the devkit's
    /// <c>ILSVRC2012_validation_ground_truth.txt</c> with its <c>meta.mat</c>, Kaggle's <c>LOC_val_solution.csv</c>, or Caffe's
    /// <c>val.txt</c>.
    /// </summary>
    public static LoadedDataSet Read(DataSetFolder folder, string split)
    {
        var images = folder.FindFolder(split, $"ILSVRC/Data/CLS-LOC/{split}")
            ?? folder.Roots.FirstOrDefault(root => HasClasses(root) || Directory.EnumerateFiles(root, "ILSVRC2012_val_*.JPEG").Any())
            ?? throw folder.Lacks("folder", split);
        CheckSynsets(folder);
        if (HasClasses(images)) return InSynsets(folder, images, all: true);
        if (split == "train") throw folder.Lacks("folder", $"{images}/n01440764");
        var truth = ImageNetTruth.Find(folder, Classes.Value) ?? throw folder.Lacks(
            "file", "LOC_val_solution.csv", "val.txt", "ILSVRC2012_validation_ground_truth.txt (with meta.mat)");
        var rows = truth.Rows.Select(row => (File: Path.Combine(images, row.File), row.Class)).ToArray();
        folder.RequireAll(truth.File, rows.Select(row => row.File));
        folder.TellSurplus(images, rows.Select(row => row.File).Append(truth.File));
        return Loaded(rows, all: true);
    }

    /// <summary>ImageNet-V2: folders <c>0</c> to <c>999</c>, which sorted as texts are in another order.</summary>
    public static LoadedDataSet V2(DataSetFolder folder)
    {
        var root = folder.Roots.LastOrDefault(place => Directory.Exists(Path.Combine(place, "0"))) ?? throw folder.Lacks("folder", "0");
        return Loaded(folder.InClasses(root).Select(p => (p.File, Number(p.Class, p.File))), all: true);

        static int Number(string name, string file) =>
            int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < Classes.Value.Labels.Count
                ? index
                : throw new ClipException($"The folder of {file} is no number from 0 to 999, as ImageNet-V2's classes are; take it away.");
    }

    /// <summary>ImageNet-Sketch: all of the classes.</summary>
    public static LoadedDataSet Sketch(DataSetFolder folder) => InSynsets(folder, all: true);

    /// <summary>ImageNet-A and -R: of the classes 200 each, those that have a folder.</summary>
    public static LoadedDataSet Some(DataSetFolder folder) => InSynsets(folder, all: false);

    private static LoadedDataSet InSynsets(DataSetFolder folder, bool all) =>
        InSynsets(folder, folder.Roots.LastOrDefault(HasClasses) ?? throw folder.Lacks("folder", "n01498041"), all);

    private static LoadedDataSet InSynsets(DataSetFolder folder, string root, bool all) =>
        Loaded(folder.InClasses(root).Select(p => (p.File, Classes.Value.Index(p.Class, p.File))), all);

    private static LoadedDataSet Loaded(IEnumerable<(string File, int Class)> rows, bool all)
    {
        var labels = Classes.Value.Labels;
        LabeledImage[] images = [.. rows.Select(row => new LabeledImage { ImagePath = row.File, Class = labels[row.Class] })];
        var used = images.Select(image => image.Class).ToHashSet();
        return new LoadedDataSet
        {
            Images = images,
            Labels = all ? labels : [.. labels.Where(used.Contains)],
            Numbered = all ? null : labels,
            Spoken = Classes.Value.Spoken.Where(pair => all || used.Contains(pair.Key)).ToDictionary(),
        };
    }

    private static bool HasClasses(string folder) => Directory.EnumerateDirectories(folder, "n????????").Any();

    /// <summary>A list of Kaggle's that names other classes is another ImageNet.</summary>
    private static void CheckSynsets(DataSetFolder folder)
    {
        if (folder.FindFile("LOC_synset_mapping.txt") is not { } file) return;
        foreach (var line in DataSetFolder.Lines(file)) Classes.Value.Index(line.Split(' ')[0], file);
    }
}
