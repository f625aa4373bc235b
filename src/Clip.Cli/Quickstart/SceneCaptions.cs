using Clip.Conversion.Initialization;
using Clip.Data;

namespace Clip.Cli.Quickstart;

/// <summary>Says what a scene shows, in one of many wordings; where the thing lies and on what is not always told.</summary>
internal static class SceneCaptions
{
    /// <summary>Prompts for the zero-shot classification; their wording occurs in captions, what they are asked about does not.</summary>
    public static readonly string[] Templates =
        ["a {}", "a picture of a {}", "there is a {}", "a {} on a white background", "a {} in the middle"];

    private static readonly string[] Starts =
        ["a", "a", "a picture of a", "a drawing of a", "an image of a", "there is a", "this is a", "here we see a"];

    public static string Write(Scene scene, ref SampleRandom random)
    {
        var (size, texture, color, shape) = scene.Thing;
        size = Word(size, ref random);
        var thing = random.Next(3) == 0
            ? $"{size} {color} {shape} {Pattern(texture, ref random)}"
            : $"{size} {Word(texture, ref random)} {color} {shape}";
        var place = random.Next(3) == 0 ? " " + Place(scene.Position, ref random) : "";
        var ground = random.Next(2) == 0 ? $" on a {scene.Background} background" : "";
        var caption = $"{random.Pick(Starts)} {thing}";
        return random.Next(2) == 0 ? caption + place + ground : caption + ground + place;
    }

    private static string Pattern(string texture, ref SampleRandom random) => texture switch
    {
        "striped" => random.Pick(["with stripes", "with a striped pattern"]),
        "dotted" => random.Pick(["with dots", "with a dotted pattern"]),
        _ => random.Pick(["without a pattern", "in one plain colour"]),
    };

    private static string Word(string word, ref SampleRandom random) => word switch
    {
        "small" => random.Pick(["small", "small", "little", "tiny"]),
        "large" => random.Pick(["large", "large", "big", "huge"]),
        "dotted" => random.Pick(["dotted", "dotted", "spotted"]),
        "striped" => random.Pick(["striped", "striped", "stripy"]),
        _ => random.Pick(["plain", "plain", "solid"]),
    };

    private static string Place(string position, ref SampleRandom random) => position switch
    {
        "middle" => random.Pick(["in the middle", "in the centre"]),
        "left" or "right" => random.Pick([$"on the {position}", $"at the {position} side"]),
        _ => random.Pick([$"at the {position}", $"near the {position}"]),
    };
}
