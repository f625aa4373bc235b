namespace Clip.Evaluation.DataSets;

/// <summary>
/// ObjectNet: <c>images/air_freshener/….png</c>, and <c>mappings/</c> with <c>folder_to_objectnet_label.json</c> and
/// <c>objectnet_to_imagenet_1k.json</c>. Only the 113 classes that ImageNet has too, named in lower case, as CLIP's authors and
/// CLIP_benchmark have it; the red border of one pixel stays, as there.
/// </summary>
internal static class ObjectNet
{
    public static LoadedDataSet Read(DataSetFolder folder)
    {
        var images = folder.Folder("images", "objectnet-1.0/images");
        var folderFile = folder.File("mappings/folder_to_objectnet_label.json", "folder_to_objectnet_label.json");
        var names = JsonLists.Read<Dictionary<string, string>>(folderFile);
        var shared = JsonLists.Read<Dictionary<string, string>>(
            folder.File("mappings/objectnet_to_imagenet_1k.json", "objectnet_to_imagenet_1k.json"));
        var classes = names.Where(pair => shared.ContainsKey(pair.Value)).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToArray();
        if (classes.FirstOrDefault(pair => !Directory.Exists(Path.Combine(images, pair.Key))) is { Key: { } absent })
            throw folder.Lacks("folder", Path.Combine(images, absent));
        var known = names.Keys.ToHashSet();
        if (DataSetFolder.ClassFolders(images).FirstOrDefault(place => !known.Contains(Path.GetFileName(place))) is { } stray)
            throw new ClipException($"The folder {stray} is no class of {folderFile}; take it away.");
        var wanted = classes.ToDictionary(pair => pair.Key, pair => pair.Value.ToLowerInvariant());
        return new LoadedDataSet
        {
            Images =
            [
                .. folder.InClasses(images).Where(p => wanted.ContainsKey(p.Class))
                    .Select(p => new LabeledImage { ImagePath = p.File, Class = wanted[p.Class] }),
            ],
            Labels = [.. wanted.Values],
        };
    }
}
