using Microsoft.ML.Clip;

namespace Clip.Bench;

/// <summary>A prompt set of the size and the lengths of ImageNet's: 80 templates a class, most prompts of 7 to 12 tokens.</summary>
internal static class Prompts
{
    private static readonly string[] Sentences =
    [
        "a {0} photo of a {{}}.", "a {0} photo of the {{}}.", "a photo of a {0} {{}}.", "a photo of the {0} {{}}.",
        "a {0} picture of one {{}}.", "the {0} {{}} in a video game.", "art of the {0} {{}}.", "a close-up of my {0} {{}}.",
    ];

    private static readonly string[] Adjectives =
        ["good", "bad", "bright", "dark", "small", "large", "clean", "dirty", "blurry", "black and white"];

    private static readonly string[] Classes =
    [
        "dog", "tabby cat", "goldfish", "great white shark", "hummingbird", "tree frog", "hermit crab", "zebra", "red panda", "bagel",
        "fire engine", "coffee mug", "acoustic guitar", "lighthouse", "mountain bike", "suspension bridge", "teapot", "umbrella",
        "wooden spoon", "volcano",
    ];

    public static int ClassCount => Classes.Length;

    /// <summary>The prompts of the first classes.</summary>
    public static string[] ForClasses(int count) =>
    [
        .. from name in Classes.Take(count)
           from sentence in Sentences
           from adjective in Adjectives
           select PromptTemplates.Apply(string.Format(null, sentence, adjective), name),
    ];
}
