namespace Microsoft.ML.Clip;

/// <summary>
/// How pixels are interpolated when an image is resized; the numbers are Pillow's, as <c>preprocessor_config.json</c> has them.
/// </summary>
public enum ImageResample
{
    /// <summary>The nearest pixel.</summary>
    Nearest = 0,

    /// <summary>Lanczos with three lobes, antialiased.</summary>
    Lanczos = 1,

    /// <summary>Triangle filter, antialiased.</summary>
    Bilinear = 2,

    /// <summary>Cubic convolution with a = −0.5, antialiased: CLIP's own.</summary>
    Bicubic = 3,
}
