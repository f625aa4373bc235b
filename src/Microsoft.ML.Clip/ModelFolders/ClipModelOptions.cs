namespace Microsoft.ML.Clip;

/// <summary>
/// How to read a model folder. Every default suits a folder written by <c>clip train</c> or downloaded from Hugging Face.
/// </summary>
public sealed record ClipModelOptions
{
    /// <summary>Which ONNX files to open where the folder has several precisions. Default <see cref="ClipPrecision.Auto"/>.</summary>
    public ClipPrecision Precision { get; init; }

    /// <summary>The image tower's file, relative to the folder; <see langword="null"/> (default) looks in the usual places.</summary>
    public string? VisionModelFile { get; init; }

    /// <summary>The text tower's file, relative to the folder; <see langword="null"/> (default) looks in the usual places.</summary>
    public string? TextModelFile { get; init; }

    /// <summary>
    /// Preprocessing to use instead of what the folder's <c>preprocessor_config.json</c> or <c>processor_config.json</c> tells;
    /// <see langword="null"/> (default) uses the folder's. Where it has none and the image tower takes a size of OpenAI's models (224,
    /// 288, 336, 384 or 448), CLIP's own is meant; another model without such a file is refused.
    /// </summary>
    public ClipImagePreprocessing? Preprocessing { get; init; }

    /// <summary>
    /// Whether pictures are turned upright as their EXIF says, whatever the folder's preprocessing: see
    /// <see cref="ClipImagePreprocessing.ApplyExifOrientation"/>, which it sets. Default <see langword="false"/>, as the original.
    /// </summary>
    public bool ApplyExifOrientation { get; init; }

    /// <summary>
    /// Whether large JPEGs are decoded at a fraction of their size, whatever the folder's preprocessing: see
    /// <see cref="ClipImagePreprocessing.Decode"/>, which <see cref="ImageDecoding.Scaled"/> sets. Default
    /// <see cref="ImageDecoding.Exact"/>: as the preprocessing says.
    /// </summary>
    public ImageDecoding Decode { get; init; }

    /// <summary>
    /// The factor on cosine similarities before the softmax or sigmoid, <c>exp(logit_scale)</c> in CLIP's terms. <see langword="null"/>
    /// (default) takes the trained value from <c>model.safetensors</c>, and without that file 100, the clamp at which all of OpenAI's
    /// models ended; a SigLIP folder without that file needs it to classify.
    /// </summary>
    public float? LogitScale { get; init; }

    /// <summary>
    /// What models trained with the sigmoid loss (SigLIP) add to the scaled similarities; scores are then sigmoids instead of a softmax.
    /// <see langword="null"/> (default) takes the trained value from <c>model.safetensors</c>, which CLIP models do not have.
    /// </summary>
    public float? LogitBias { get; init; }

    /// <summary>Longest token sequence; <see langword="null"/> (default) takes the text tower's or <c>config.json</c>'s, else 77.</summary>
    public int? ContextLength { get; init; }

    /// <summary>What a text longer than the context does: cut it, keeping end-of-text last (default), or throw.</summary>
    public bool TruncateTexts { get; init; } = true;

    /// <summary>Images or texts a session gets at once in <see cref="ClipModel"/>'s own methods. Default 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Settings of the ONNX Runtime sessions.</summary>
    public ClipSessionOptions Session { get; init; } = new();
}
