namespace Clip.Evaluation.DataSets;

/// <summary>
/// CIFAR-10 and -100 (by fine class), in their binary files (<c>test_batch.bin</c>, <c>test.bin</c>) or Python's pickles
/// (<c>test_batch</c>, <c>test</c>), of which no code is run.
/// </summary>
internal static class Cifar
{
    private const int Side = 32, Pixels = 3 * Side * Side;

    public static LoadedDataSet Ten(DataSetFolder folder, string split)
    {
        var names = split == "train" ? Enumerable.Range(1, 5).Select(i => $"data_batch_{i}").ToArray() : ["test_batch"];
        return folder.FindFile("batches.meta") is { } meta
            ? Pickled(folder, names, meta, "label_names", "labels")
            : Binary(folder, names, folder.File("batches.meta.txt"), labelBytes: 1);
    }

    public static LoadedDataSet Hundred(DataSetFolder folder, string split) => folder.FindFile("meta") is { } meta
        ? Pickled(folder, [split], meta, "fine_label_names", "fine_labels")
        : Binary(folder, [split], folder.File("fine_label_names.txt"), labelBytes: 2);

    /// <summary>Records of a label's byte, for CIFAR-100 the coarse and the fine one, and the pixels by planes.</summary>
    private static LoadedDataSet Binary(DataSetFolder folder, string[] names, string classFile, int labelBytes)
    {
        var classes = DataSetFolder.Lines(classFile);
        var images = new List<LabeledImage>();
        foreach (var name in names)
        {
            var file = folder.File($"{name}.bin");
            var bytes = CifarPickle.Bytes(file);
            var size = labelBytes + Pixels;
            if (bytes.Length == 0 || bytes.Length % size != 0)
                throw new ClipException($"{file} has {bytes.Length} bytes, which are no records of {size}; get it again.");
            for (var i = 0; i < bytes.Length / size; i++)
                images.Add(Picture(file, i, bytes, (i * size) + labelBytes, bytes[(i * size) + labelBytes - 1], classes));
        }

        return Loaded(images, classes);
    }

    private static LoadedDataSet Pickled(DataSetFolder folder, string[] names, string meta, string classKey, string labelKey)
    {
        var classes = CifarPickle.Read(meta).Texts(classKey);
        var images = new List<LabeledImage>();
        foreach (var name in names)
        {
            var file = folder.File(name);
            var batch = CifarPickle.Read(file);
            var (labels, bytes) = (batch.Numbers(labelKey), batch.Array("data"));
            if (bytes.Length != labels.Count * Pixels)
                throw new ClipException(
                    $"{file} has {labels.Count} labels and {bytes.Length} bytes of pixels, not {Pixels} for each; get it again.");
            for (var i = 0; i < labels.Count; i++) images.Add(Picture(file, i, bytes, i * Pixels, labels[i], classes));
        }

        return Loaded(images, classes);
    }

    private static LabeledImage Picture(string file, int i, byte[] bytes, int start, long label, IReadOnlyList<string> classes) => new()
    {
        ImagePath = FormattableString.Invariant($"{file}#{i}"),
        Class = label >= 0 && label < classes.Count
            ? ListedPictures.Blanks(classes[(int)label])
            : throw new ClipException($"Picture {i} of {file} has the label {label}, and there are {classes.Count} classes; get it again."),
        Container = file,
        Content = () => RawPictures.Png(Side, Side, bytes.AsSpan(start, Pixels)),
    };

    private static LoadedDataSet Loaded(IReadOnlyList<LabeledImage> images, IEnumerable<string> classes) =>
        new() { Images = images, Labels = [.. classes.Select(ListedPictures.Blanks)] };
}
