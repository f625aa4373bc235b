namespace Clip.Evaluation.DataSets;

/// <summary>Data sets that are a folder for each class, and no more: EuroSAT, Caltech 101, RESISC45.</summary>
internal static class ClassFolderSets
{
    /// <summary>EuroSAT's folders, and what CLIP's authors call them (openai/CLIP, <c>data/prompts.md</c>).</summary>
    private static readonly Dictionary<string, string> LandUse = new()
    {
        ["AnnualCrop"] = "annual crop land",
        ["Forest"] = "forest",
        ["HerbaceousVegetation"] = "brushland or shrubland",
        ["Highway"] = "highway or road",
        ["Industrial"] = "industrial buildings or commercial buildings",
        ["Pasture"] = "pasture land",
        ["PermanentCrop"] = "permanent crop land",
        ["Residential"] = "residential buildings or homes or apartments",
        ["River"] = "river",
        ["SeaLake"] = "lake or sea",
    };

    /// <summary>Where CLIP's authors call a class of Caltech 101 other than its folder (openai/CLIP, <c>data/prompts.md</c>).</summary>
    private static readonly Dictionary<string, string> Objects = new()
    {
        ["BACKGROUND_Google"] = "background",
        ["Faces"] = "off-center face",
        ["Faces_easy"] = "centered face",
        ["Leopards"] = "leopard",
        ["Motorbikes"] = "motorbike",
        ["airplanes"] = "airplane",
        ["car_side"] = "side of a car",
        ["cougar_body"] = "body of a cougar cat",
        ["cougar_face"] = "face of a cougar cat",
        ["crocodile_head"] = "head of a  crocodile", // with both blanks, as published
        ["flamingo_head"] = "head of a flamingo",
        ["snoopy"] = "snoopy (cartoon beagle)",
        ["yin_yang"] = "yin and yang symbol",
    };

    public static LoadedDataSet EuroSat(DataSetFolder folder)
    {
        var root = folder.Roots.FirstOrDefault(place => LandUse.Keys.Any(name => Directory.Exists(Path.Combine(place, name))))
            ?? throw folder.Lacks("folder", [.. LandUse.Keys.Select(name => $"2750/{name}").Take(2)]);
        foreach (var name in LandUse.Keys.Where(name => !Directory.Exists(Path.Combine(root, name))))
            throw folder.Lacks("folder", Path.Combine(root, name));
        var pictures = folder.InClasses(root);
        if (pictures.Select(p => p.File).FirstOrDefault(file => file.EndsWith(".tif", StringComparison.OrdinalIgnoreCase)) is { } bands)
            throw new ClipException($"{bands} holds the 13 bands of EuroSAT's other edition; get the one in RGB, which is JPEG.");
        return Read(pictures, name => LandUse.GetValueOrDefault(name)
            ?? throw new ClipException($"EuroSAT has no class '{name}', the name of a folder in {root}; take the folder away."));
    }

    public static LoadedDataSet Caltech101(DataSetFolder folder) => Read(
        folder.InClasses(folder.Folder("101_ObjectCategories", "")),
        name => Objects.GetValueOrDefault(name) ?? name.Replace('_', ' '));

    public static LoadedDataSet Resisc45(DataSetFolder folder) =>
        Read(folder.InClasses(folder.Folder("NWPU-RESISC45", "")), name => name.Replace('_', ' '));

    private static LoadedDataSet Read(IReadOnlyList<(string Class, string File)> pictures, Func<string, string> spoken) => new()
    {
        Images = [.. pictures.Select(p => new LabeledImage { ImagePath = p.File, Class = spoken(p.Class) })],
        Labels = [.. pictures.Select(p => p.Class).Distinct().Select(spoken)],
    };
}
