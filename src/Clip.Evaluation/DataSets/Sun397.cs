namespace Clip.Evaluation.DataSets;

/// <summary>
/// SUN397: <c>a/abbey/sun_aakbdcgfpksytcwj.jpg</c>; <c>ClassName.txt</c> has lines as <c>/a/abbey</c> and
/// <c>/a/apartment_building/outdoor</c>, <c>Testing_01.txt</c> as <c>/a/abbey/sun_aakbdcgfpksytcwj.jpg</c>.
/// </summary>
internal static class Sun397
{
    public static LoadedDataSet Read(DataSetFolder folder, string split)
    {
        var classFile = folder.File("ClassName.txt");
        var root = Path.GetDirectoryName(classFile)!;
        var classes = DataSetFolder.Lines(classFile);
        if (classes.FirstOrDefault(line => line is not ['/', _, '/', _, ..]) is { } bad)
            throw DataSetFolder.BadLine(classFile, bad, "a class as /a/abbey");
        if (classes.FirstOrDefault(name => !Directory.Exists(Place(name))) is { } absent)
            throw new ClipException($"The class {absent} of {classFile} has no folder {Place(absent)}; unpack SUN397 again.");
        return split == "all" ? All() : Part(split == "train" ? "Training_01.txt" : "Testing_01.txt");

        LoadedDataSet All() => ListedPictures.Load(
            classFile, classes,
            classes.SelectMany(name => Directory.EnumerateFiles(Place(name), "sun_*.jpg").Order(StringComparer.Ordinal)
                .Select(file => (file, name))), Spoken);

        LoadedDataSet Part(string file)
        {
            var list = folder.File(file, $"Partitions/{file}");
            var entries = DataSetFolder.Lines(list);
            if (entries.FirstOrDefault(line => line is not ['/', _, '/', _, ..]) is { } stray)
                throw DataSetFolder.BadLine(list, stray, "a picture as /a/abbey/sun_aakbdcgfpksytcwj.jpg");
            folder.RequireAll(list, entries.Select(Place));
            return ListedPictures.Load(
                list, classes, entries.Select(entry => (Place(entry), entry[..entry.LastIndexOf('/')])), Spoken);
        }

        string Place(string entry) => Path.Combine(root, entry[1..]);
    }

    /// <summary>Of <c>/a/apartment_building/outdoor</c>, "apartment building outdoor".</summary>
    private static string Spoken(string name) => name[3..].Replace('_', ' ').Replace('/', ' ');
}
