namespace Microsoft.ML.Clip;

/// <summary>The order of the preprocessing steps, which differs between the two reference implementations.</summary>
public enum PreprocessingOrder
{
    /// <summary>
    /// OpenAI's and open_clip's: resize and centre crop in the file's own colour mode (palettes by nearest, alpha premultiplied, CMYK as
    /// CMYK), then to RGB; the crop's offset is rounded half to even.
    /// </summary>
    Original,

    /// <summary>
    /// Hugging Face's <c>CLIPImageProcessor</c>: to RGB first, then resize and centre crop; the crop's offset is rounded down.
    /// </summary>
    HuggingFace,
}
