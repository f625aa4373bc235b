namespace Clip.Trainer.Quickstart;

/// <summary>What a picture of the quickstart shows.</summary>
/// <param name="Shape">One of <see cref="Shapes"/>.</param>
/// <param name="Colour">One of <see cref="Colours"/>.</param>
/// <param name="Texture">One of <see cref="Textures"/>.</param>
/// <param name="Size">One of <see cref="Sizes"/>.</param>
/// <param name="Background">One of <see cref="Backgrounds"/>.</param>
/// <param name="Position">One of <see cref="Positions"/>.</param>
internal sealed record Scene(string Shape, string Colour, string Texture, string Size, string Background, string Position)
{
    public static readonly string[] Shapes = ["circle", "square", "triangle", "star", "cross", "ring"];
    public static readonly string[] Colours = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"];
    public static readonly string[] Textures = ["plain", "striped", "dotted"];
    public static readonly string[] Sizes = ["small", "large"];
    public static readonly string[] Backgrounds = ["white", "black", "grey", "beige"];
    public static readonly string[] Positions = ["left", "right", "top", "bottom", "middle"];

    /// <summary>The combination that is classified: what the rest of the picture varies around.</summary>
    public string ClassName => Name(Size, Texture, Colour, Shape);

    public static string Name(string size, string texture, string colour, string shape) => $"{size} {texture} {colour} {shape}";
}
