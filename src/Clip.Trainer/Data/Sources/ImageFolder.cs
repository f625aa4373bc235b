using Microsoft.ML.Clip;

namespace Clip.Trainer.Data.Sources;

/// <summary>
/// A folder with a folder of images for each class, as torchvision's ImageFolder: the captions are the class's name in each template.
/// </summary>
internal static class ImageFolder
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"];

    /// <summary>Lists the images, by class and name.</summary>
    /// <param name="root">The folder of folders; a class's images may lie deeper.</param>
    /// <param name="templates">Sentences with a gap for the class's name.</param>
    /// <exception cref="ClipException">There are no class folders with images.</exception>
    public static IReadOnlyList<CaptionedImage> Read(string root, IReadOnlyList<string> templates)
    {
        if (!Directory.Exists(root))
            throw new ClipException($"There is no folder '{root}'; give one with a folder of images for each class.");
        var rows = new List<CaptionedImage>();
        foreach (var folder in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(folder).Replace('_', ' ');
            var captions = templates.Select(template => PromptTemplates.Apply(template, name)).ToArray();
            var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(file => Extensions.Contains(Path.GetExtension(file).ToLowerInvariant()));
            rows.AddRange(files.Order(StringComparer.Ordinal).Select(file => new CaptionedImage(file, captions)));
        }

        return rows.Count > 0
            ? rows
            : throw new ClipException(
                $"The folder '{root}' has no folders with images; it takes one for each class, as {Path.Combine(root, "dog", "rex.jpg")}.");
    }
}
