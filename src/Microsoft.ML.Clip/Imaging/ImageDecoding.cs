namespace Microsoft.ML.Clip;

/// <summary>How much of a picture is decoded.</summary>
public enum ImageDecoding
{
    /// <summary>Every pixel, as the reference does (default).</summary>
    Exact = 0,

    /// <summary>
    /// Large JPEGs at a half, a quarter or an eighth of their size, whichever is the smallest that leaves the resampling something to do,
    /// by libjpeg's scaled inverse transform. Several times as fast for photographs of many megapixels; features are close to the exact
    /// ones, and not the same. Other formats, and JPEGs that are not much larger than what the model takes, are decoded exactly.
    /// </summary>
    Scaled,
}
