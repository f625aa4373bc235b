using System.Globalization;
using Clip.Conversion.Initialization;

namespace Clip.Data;

/// <summary>
/// What shows through transparent images in training; without one their alpha is dropped, as CLIP does. One color for all becomes part of
/// the model's preprocessing, so that validation and inference see the same; where each sample has its own, they drop alpha.
/// </summary>
/// <param name="Color">The color; null draws one for each sample.</param>
public sealed record Background((byte Red, byte Green, byte Blue)? Color)
{
    /// <summary>Reads <c>white</c>, <c>black</c>, <c>random</c> or <c>#rrggbb</c>; <c>none</c> is null.</summary>
    /// <exception cref="ClipException">It is something else.</exception>
    public static Background? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        switch (text)
        {
            case "none": return null;
            case "random": return new Background((ValueTuple<byte, byte, byte>?)null);
            case "white": return new Background((255, 255, 255));
            case "black": return new Background((0, 0, 0));
        }

        if (text is ['#', .. { Length: 6 }]
            && int.TryParse(text.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var rgb))
            return new Background(((byte)(rgb >> 16), (byte)(rgb >> 8), (byte)rgb));
        throw new ClipException($"`Augmentation.Background` '{text}' is not a background; give none, random, white, black or #rrggbb.");
    }

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() =>
        Color is var (red, green, blue) ? FormattableString.Invariant($"#{red:x2}{green:x2}{blue:x2}") : "random";

    /// <summary>Red, green and blue of the one color for all.</summary>
    internal byte[]? Bytes => Color is { } color ? [color.Red, color.Green, color.Blue] : null;

    /// <summary>The color of a sample, where each has its own.</summary>
    internal static (byte Red, byte Green, byte Blue) Draw(ref SampleRandom random) =>
        ((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256));
}
