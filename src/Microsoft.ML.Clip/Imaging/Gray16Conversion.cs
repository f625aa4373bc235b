namespace Microsoft.ML.Clip;

/// <summary>What becomes of a 16-bit grey image, which the reference implementations turn almost white.</summary>
public enum Gray16Conversion
{
    /// <summary>The upper 8 of the 16 bits are kept, as for 16-bit colour images.</summary>
    Scale,

    /// <summary>Values above 255 become 255: what Pillow does, and so what the reference implementations see.</summary>
    Clip,
}
