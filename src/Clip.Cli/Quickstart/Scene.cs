namespace Clip.Cli.Quickstart;

/// <summary>What is classified: how big, how patterned, in what color, and what shape. Training leaves some combinations out.</summary>
internal sealed record Combination(string Size, string Texture, string Color, string Shape)
{
    public static readonly string[] Sizes = ["small", "large"];
    public static readonly string[] Textures = ["plain", "striped", "dotted"];
    public static readonly string[] Colors = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"];
    public static readonly string[] Shapes = ["circle", "square", "triangle", "star", "cross", "ring"];

    /// <summary>All there are.</summary>
    public static IReadOnlyList<Combination> All { get; } =
    [
        .. from size in Sizes from texture in Textures from color in Colors from shape in Shapes
           select new Combination(size, texture, color, shape),
    ];

    /// <summary>The class's name, as in "small striped red star".</summary>
    public string Name => $"{Size} {Texture} {Color} {Shape}";
}

/// <summary>What a picture shows: a combination, and what varies around it.</summary>
internal sealed record Scene(Combination Thing, string Background, string Position)
{
    public static readonly string[] Backgrounds = ["white", "black", "grey", "beige"];
    public static readonly string[] Positions = ["left", "right", "top", "bottom", "middle"];
}
