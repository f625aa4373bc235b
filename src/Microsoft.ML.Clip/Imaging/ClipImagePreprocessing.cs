using System.Text.Json.Serialization;

namespace Microsoft.ML.Clip;

/// <summary>
/// How an image becomes the model's input: decode, resize, centre crop, scale, normalise. Immutable; serialises with
/// <see cref="System.Text.Json"/>. The defaults are OpenAI's, except for the sizes: <see cref="ForSize"/> sets those too.
/// </summary>
public sealed record ClipImagePreprocessing
{
    /// <summary>Whether to resize; <see langword="true"/> by default.</summary>
    public bool DoResize { get; init; } = true;

    /// <summary>
    /// The length, in pixels, that the shorter side gets, keeping the aspect ratio. Not together with the two fixed sides.
    /// </summary>
    public int? ShortestEdge { get; init; }

    /// <summary>The fixed height, in pixels, to squash the image to, with <see cref="ResizeWidth"/>.</summary>
    public int? ResizeHeight { get; init; }

    /// <summary>The fixed width, in pixels, to squash the image to, with <see cref="ResizeHeight"/>.</summary>
    public int? ResizeWidth { get; init; }

    /// <summary>
    /// Whether to cut <see cref="CropHeight"/> × <see cref="CropWidth"/> out of the middle; <see langword="true"/> by default.
    /// </summary>
    public bool DoCenterCrop { get; init; } = true;

    /// <summary>The height of the crop, in pixels. Where the image is smaller it is padded with zeros.</summary>
    public int CropHeight { get; init; }

    /// <summary>The width of the crop, in pixels. Where the image is smaller it is padded with zeros.</summary>
    public int CropWidth { get; init; }

    /// <summary>The interpolation; <see cref="ImageResample.Bicubic"/> by default.</summary>
    public ImageResample Resample { get; init; } = ImageResample.Bicubic;

    /// <summary>Whether to multiply the bytes by <see cref="RescaleFactor"/>; <see langword="true"/> by default.</summary>
    public bool DoRescale { get; init; } = true;

    /// <summary>The factor on bytes, 1/255 by default. A double, as in the reference, so that the product rounds once.</summary>
    public double RescaleFactor { get; init; } = 1 / 255.0;

    /// <summary>Whether to subtract <see cref="Mean"/> and divide by <see cref="Std"/>; <see langword="true"/> by default.</summary>
    public bool DoNormalize { get; init; } = true;

    /// <summary>The mean of red, green and blue after rescaling; OpenAI's by default.</summary>
    public float[] Mean { get; init; } = [0.48145466f, 0.4578275f, 0.40821073f];

    /// <summary>The standard deviation of red, green and blue after rescaling; OpenAI's by default.</summary>
    public float[] Std { get; init; } = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>
    /// Whose order of steps to follow; <see cref="PreprocessingOrder.Original"/> by default, also for settings read from Hugging Face's
    /// files, since they do not say with which the model was trained.
    /// </summary>
    public PreprocessingOrder Order { get; init; }

    /// <summary>What becomes of 16-bit grey; <see cref="Gray16Conversion.Scale"/> by default.</summary>
    public Gray16Conversion Gray16 { get; init; }

    /// <summary>
    /// The red, green and blue that show through transparent parts; <see langword="null"/> by default, as in the reference, which drops
    /// alpha and shows whatever colours lie under it. Not for palettes, whose transparency is ignored, as in the reference. Read from the
    /// key <c>background</c> of <c>preprocessor_config.json</c>, which is this project's own: other software does not know it.
    /// </summary>
    public byte[]? Background { get; init; }

    /// <summary>
    /// Whether pictures are turned upright as their EXIF says the camera was held; <see langword="false"/> by default, as in the
    /// reference, which ignores it. For JPEG, PNG and WebP, where bytes or a file are given: an <c>MLImage</c> has no EXIF.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ApplyExifOrientation { get; init; }

    /// <summary>
    /// Whether large JPEGs are decoded at a fraction of their size; <see cref="ImageDecoding.Exact"/> by default. Where bytes or a file are
    /// given: an <c>MLImage</c> is decoded already.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImageDecoding Decode { get; init; }

    /// <summary>
    /// The largest image to decode, in pixels; a larger one is refused before memory is taken for it. 178 956 970 by default, above
    /// which Pillow refuses a picture as a decompression bomb (it warns above half of that).
    /// </summary>
    public long MaxPixels { get; init; } = 178_956_970;

    /// <summary>OpenAI's preprocessing for a model whose input is <paramref name="size"/> × <paramref name="size"/> pixels.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is not positive.</exception>
    public static ClipImagePreprocessing ForSize(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        return new() { ShortestEdge = size, CropHeight = size, CropWidth = size };
    }

    /// <summary>
    /// Reads Hugging Face's <c>preprocessor_config.json</c> or <c>processor_config.json</c> (transformers 5), open_clip's
    /// <c>open_clip_config.json</c>, or the <c>preprocess_cfg.json</c> that lies beside ONNX exports; which of them it is shows in its
    /// keys. A key that is absent has its library's default.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="FormatException">The file is not JSON, tells nothing of pictures, or a value in it is unknown or impossible; the
    /// sentence names the key, the value and the file.</exception>
    public static ClipImagePreprocessing Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Imaging.PreprocessingFile.Read(path);
    }

    /// <summary>
    /// Writes a <c>preprocessor_config.json</c> that <see cref="Load"/> reads back to the same settings and Hugging Face's image processors
    /// understand. <see cref="Background"/>, <see cref="Order"/>, <see cref="Gray16"/>, <see cref="ApplyExifOrientation"/> and
    /// <see cref="Decode"/> stand in it under keys of this project's own, and only where they differ from the defaults.
    /// <see cref="MaxPixels"/>, what the reading program bears, is not the model's and is not written.
    /// </summary>
    /// <param name="path">The file to write or replace.</param>
    /// <exception cref="ArgumentException">The settings contradict themselves; the sentence says how.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Imaging.PreprocessingChecks.FindOutputSize(this);
        File.WriteAllBytes(path, Imaging.PreprocessingWriter.Write(this));
    }

    /// <summary>Whether all settings are equal, the means, deviations and background number by number.</summary>
    public bool Equals(ClipImagePreprocessing? other) =>
        other is not null
        && Scalars.Equals(other.Scalars)
        && Background.AsSpan().SequenceEqual(other.Background)
        && (Background is null) == (other.Background is null)
        && Mean.AsSpan().SequenceEqual(other.Mean)
        && Std.AsSpan().SequenceEqual(other.Std);

    /// <inheritdoc/>
    public override int GetHashCode() => Scalars.GetHashCode();

    private object Scalars => (
        (DoResize, ShortestEdge, ResizeHeight, ResizeWidth, DoCenterCrop, CropHeight, CropWidth),
        (Resample, DoRescale, RescaleFactor, DoNormalize),
        (Order, Gray16, ApplyExifOrientation, Decode, MaxPixels));
}
