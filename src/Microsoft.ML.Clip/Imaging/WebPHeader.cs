namespace Microsoft.ML.Clip.Imaging;

/// <summary>What Pillow takes a WebP's mode from.</summary>
internal static class WebPHeader
{
    private const int Alpha = 0x10, Animation = 0x02;

    /// <summary>
    /// Whether this is an animation whose header promises no alpha: RGB to Pillow, with black where the first frame does not cover the
    /// canvas. Skia takes that for transparent.
    /// </summary>
    public static bool IsAnimatedWithoutAlpha(ReadOnlySpan<byte> encoded) =>
        encoded.Length > 20 && encoded.StartsWith("RIFF"u8) && encoded[8..].StartsWith("WEBPVP8X"u8)
        && (encoded[20] & (Alpha | Animation)) == Animation;
}
