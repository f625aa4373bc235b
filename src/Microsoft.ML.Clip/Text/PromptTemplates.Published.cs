namespace Microsoft.ML.Clip;

// What CLIP's authors published, of ImageNet in Prompt_Engineering_for_ImageNet.ipynb, of the others in data/prompts.md (openai/CLIP):
// with their order, their articles ("a origami") and their final stops. Numbers measured with other prompts are other numbers.
public static partial class PromptTemplates
{
    /// <summary>Whatever is in a photo.</summary>
    private static readonly string[] Photos =
    [
        "a photo of a {}.", "a blurry photo of a {}.", "a black and white photo of a {}.", "a low contrast photo of a {}.",
        "a high contrast photo of a {}.", "a bad photo of a {}.", "a good photo of a {}.", "a photo of a small {}.", "a photo of a big {}.",
    ];

    private static readonly string[] Renditions =
    [
        "a photo of a {}.", "a painting of a {}.", "a plastic {}.", "a sculpture of a {}.", "a sketch of a {}.", "a tattoo of a {}.",
        "a toy {}.", "a rendition of a {}.", "a embroidered {}.", "a cartoon {}.", "a {} in a video game.", "a plushie {}.",
        "a origami {}.",
        "art of a {}.", "graffiti of a {}.", "a drawing of a {}.", "a doodle of a {}.",
    ];

    private static readonly string[] OfTheRenditions =
    [
        "a photo of the {}.", "a painting of the {}.", "the plastic {}.", "a sculpture of the {}.", "a sketch of the {}.",
        "a tattoo of the {}.", "the toy {}.", "a rendition of the {}.", "the embroidered {}.", "the cartoon {}.", "the {} in a video game.",
        "the plushie {}.", "the origami {}.", "art of the {}.", "graffiti of the {}.", "a drawing of the {}.", "a doodle of the {}.",
    ];

    /// <summary>
    /// The 80 templates that CLIP's authors measured ImageNet with (openai/CLIP, <c>Prompt_Engineering_for_ImageNet.ipynb</c>).
    /// </summary>
    public static IReadOnlyList<string> ImageNet { get; } = Array.AsReadOnly<string>(
    [
        "a bad photo of a {}.", "a photo of many {}.", "a sculpture of a {}.", "a photo of the hard to see {}.",
        "a low resolution photo of the {}.", "a rendering of a {}.", "graffiti of a {}.", "a bad photo of the {}.",
        "a cropped photo of the {}.", "a tattoo of a {}.", "the embroidered {}.", "a photo of a hard to see {}.", "a bright photo of a {}.",
        "a photo of a clean {}.", "a photo of a dirty {}.", "a dark photo of the {}.", "a drawing of a {}.", "a photo of my {}.",
        "the plastic {}.", "a photo of the cool {}.", "a close-up photo of a {}.", "a black and white photo of the {}.",
        "a painting of the {}.", "a painting of a {}.", "a pixelated photo of the {}.", "a sculpture of the {}.",
        "a bright photo of the {}.",
        "a cropped photo of a {}.", "a plastic {}.", "a photo of the dirty {}.", "a jpeg corrupted photo of a {}.",
        "a blurry photo of the {}.", "a photo of the {}.", "a good photo of the {}.", "a rendering of the {}.", "a {} in a video game.",
        "a photo of one {}.", "a doodle of a {}.", "a close-up photo of the {}.", "a photo of a {}.", "the origami {}.",
        "the {} in a video game.", "a sketch of a {}.", "a doodle of the {}.", "a origami {}.", "a low resolution photo of a {}.",
        "the toy {}.",
        "a rendition of the {}.", "a photo of the clean {}.", "a photo of a large {}.", "a rendition of a {}.", "a photo of a nice {}.",
        "a photo of a weird {}.", "a blurry photo of a {}.", "a cartoon {}.", "art of a {}.", "a sketch of the {}.", "a embroidered {}.",
        "a pixelated photo of a {}.", "itap of the {}.", "a jpeg corrupted photo of the {}.", "a good photo of a {}.", "a plushie {}.",
        "a photo of the nice {}.", "a photo of the small {}.", "a photo of the weird {}.", "the cartoon {}.", "art of the {}.",
        "a drawing of the {}.", "a photo of the large {}.", "a black and white photo of a {}.", "the plushie {}.", "a dark photo of a {}.",
        "itap of a {}.", "graffiti of the {}.", "a toy {}.", "itap of my {}.", "a photo of a cool {}.", "a photo of a small {}.",
        "a tattoo of the {}.",
    ]);

    /// <summary>CIFAR-10 and CIFAR-100 (openai/CLIP, <c>data/prompts.md</c>).</summary>
    public static IReadOnlyList<string> Cifar { get; } = Published(
        [.. Photos, .. Photos.Select(template => template.Replace("of a ", "of the ", StringComparison.Ordinal))]);

    /// <summary>Caltech 101 (openai/CLIP, <c>data/prompts.md</c>).</summary>
    public static IReadOnlyList<string> Caltech101 { get; } = Published([.. Renditions, .. OfTheRenditions]);

    /// <summary>Describable Textures (openai/CLIP, <c>data/prompts.md</c>).</summary>
    public static IReadOnlyList<string> DescribableTextures { get; } = Published(
        from article in new[] { "a", "the" }
        from noun in new[] { "texture", "pattern", "thing", "object" }
        select $"a photo of {article} {{}} {noun}.");

    /// <summary>EuroSAT (openai/CLIP, <c>data/prompts.md</c>).</summary>
    public static IReadOnlyList<string> EuroSat { get; } =
        Published(from article in Articles select $"a centered satellite photo of {article}{{}}.");

    /// <summary>FGVC-Aircraft (openai/CLIP, <c>data/prompts.md</c>).</summary>
    public static IReadOnlyList<string> FgvcAircraft { get; } =
        Published(["a photo of a {}, a type of aircraft.", "a photo of the {}, a type of aircraft."]);

    /// <summary>Oxford 102 Flower (openai/CLIP, <c>data/prompts.md</c>).</summary>
    public static IReadOnlyList<string> Flowers102 { get; } = Published(["a photo of a {}, a type of flower."]);

    /// <summary>Food-101 (openai/CLIP, <c>data/prompts.md</c>).</summary>
    public static IReadOnlyList<string> Food101 { get; } = Published(["a photo of {}, a type of food."]);

    /// <summary>MNIST (openai/CLIP, <c>data/prompts.md</c>).</summary>
    public static IReadOnlyList<string> Mnist { get; } = Published(["a photo of the number: \"{}\"."]);

    /// <summary>Oxford-IIIT Pet (openai/CLIP, <c>data/prompts.md</c>).</summary>
    public static IReadOnlyList<string> OxfordPets { get; } = Published(["a photo of a {}, a type of pet."]);

    /// <summary>Pascal VOC 2007 (openai/CLIP, <c>data/prompts.md</c>).</summary>
    public static IReadOnlyList<string> PascalVoc2007 { get; } = Default;

    /// <summary>NWPU-RESISC45 (openai/CLIP, <c>data/prompts.md</c>).</summary>
    public static IReadOnlyList<string> Resisc45 { get; } = Published(
        from article in Articles
        from noun in new[] { "imagery", "photo", "view" }
        from place in new[] { "satellite", "aerial" }
        select $"{place} {noun} of {article}{{}}.");

    /// <summary>Stanford Cars (openai/CLIP, <c>data/prompts.md</c>).</summary>
    public static IReadOnlyList<string> StanfordCars { get; } = Published(
    [
        "a photo of a {}.", "a photo of the {}.", "a photo of my {}.", "i love my {}!", "a photo of my dirty {}.",
        "a photo of my clean {}.",
        "a photo of my new {}.", "a photo of my old {}.",
    ]);

    /// <summary>SUN397 (openai/CLIP, <c>data/prompts.md</c>).</summary>
    public static IReadOnlyList<string> Sun397 { get; } = Published(["a photo of a {}.", "a photo of the {}."]);

    /// <summary>
    /// Frames of videos, as those of YouTube-BoundingBoxes. Wording of this library's own: CLIP's authors published none for such.
    /// </summary>
    public static IReadOnlyList<string> VideoFrames { get; } =
        Published(["a photo of a {}.", "a video frame with a {}.", "a blurry video frame with a {}.", "a {} in a home video."]);

    private static string[] Articles => ["", "a ", "the "];

    private static System.Collections.ObjectModel.ReadOnlyCollection<string> Published(IEnumerable<string> templates) =>
        Array.AsReadOnly(templates.ToArray());
}
