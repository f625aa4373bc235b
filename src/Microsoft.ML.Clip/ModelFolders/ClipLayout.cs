namespace Microsoft.ML.Clip.ModelFolders;

/// <summary>
/// Which of a folder's files a model is made of, told by their names alone, so that a list of files not yet downloaded will do: the
/// Hugging Face / transformers.js layout, <c>visual.onnx</c> + <c>textual.onnx</c> with <c>preprocess_cfg.json</c>, or one combined
/// <c>model.onnx</c>. All paths are relative, with slashes.
/// </summary>
internal sealed class ClipLayout
{
    internal static readonly string[] VisionStems = ["onnx/vision_model", "vision_model", "onnx/visual", "visual", "visual/model"];
    internal static readonly string[] TextStems = ["onnx/text_model", "text_model", "onnx/textual", "textual", "textual/model"];
    internal static readonly string[] CombinedStems = ["onnx/model", "model"];

    internal static readonly string[] ConfigNames = ["config.json", "open_clip_config.json"];

    private readonly Func<string, bool> _exists;
    private readonly ClipPrecision _precision;

    /// <param name="exists">Whether there is a file.</param>
    /// <param name="options">The precision, and files chosen by the user, which count whether they are there or not.</param>
    public ClipLayout(Func<string, bool> exists, ClipModelOptions options)
    {
        _exists = exists;
        _precision = options.Precision;
        VisionFile = options.VisionModelFile ?? Onnx(VisionStems);
        TextFile = options.TextModelFile ?? Onnx(TextStems);
        CombinedFile = VisionFile is null || TextFile is null ? Onnx(CombinedStems) : null;
        ConfigFile = ConfigNames.FirstOrDefault(exists);
        TokenizerFolder = new[] { "", "textual/" }.FirstOrDefault(HasTokenizer);
    }

    public string? VisionFile { get; }

    public string? TextFile { get; }

    public string? CombinedFile { get; }

    public string? ConfigFile { get; }

    /// <summary>Empty, or with a slash at its end.</summary>
    public string? TokenizerFolder { get; }

    /// <summary>Whether there is neither a tower nor a combined file.</summary>
    public bool IsEmpty => VisionFile is null && TextFile is null && CombinedFile is null;

    internal static string[] Suffixes(ClipPrecision precision) => precision switch
    {
        ClipPrecision.Fp32 => [""],
        ClipPrecision.Fp16 => ["_fp16"],
        ClipPrecision.Int8 => ["_int8", "_quantized", "_uint8"],
        ClipPrecision.Auto => ["", "_fp16", "_int8", "_quantized", "_uint8", "_q4", "_q4f16", "_bnb4"],
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "Not a precision."),
    };

    private bool HasTokenizer(string folder) =>
        new[] { "tokenizer.json", "spiece.model", "tokenizer.model" }.Any(name => _exists(folder + name))
        || (_exists($"{folder}vocab.json") && _exists($"{folder}merges.txt"));

    private string? Onnx(string[] stems) =>
        (from suffix in Suffixes(_precision) from stem in stems select $"{stem}{suffix}.onnx").FirstOrDefault(_exists);
}
