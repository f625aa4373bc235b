using Microsoft.ML.Clip;

namespace Clip.Data.Sources;

/// <summary>
/// A folder with a folder of images for each class, as torchvision's ImageFolder: the captions are the class's name in each template.
/// </summary>
internal static class ImageFolder
{
    /// <summary>Lists the images, by class and name; <see cref="PictureFiles"/> has the rule.</summary>
    /// <param name="root">The folder of folders.</param>
    /// <param name="templates">Sentences with a gap for the class's name.</param>
    /// <exception cref="ClipException">There are no class folders with images.</exception>
    public static IReadOnlyList<CaptionedImage> Read(string root, IReadOnlyList<string> templates)
    {
        var captions = new Dictionary<string, string[]>();
        return [.. PictureFiles.InClasses(root).Select(picture => new CaptionedImage(picture.File, Captions(picture.Class)))];

        string[] Captions(string name) => captions.TryGetValue(name, out var made)
            ? made
            : captions[name] = [.. templates.Select(template => PromptTemplates.Apply(template, name))];
    }
}
