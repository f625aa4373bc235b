namespace Microsoft.ML.Clip;

/// <summary>
/// Where a model folder keeps its parts: the Hugging Face / transformers.js layout, <c>visual.onnx</c> + <c>textual.onnx</c> with
/// <c>preprocess_cfg.json</c>, or one combined <c>model.onnx</c>. Only looks; opens nothing.
/// </summary>
internal sealed class ClipFolder
{
    private static readonly string[] VisionStems = ["onnx/vision_model", "vision_model", "onnx/visual", "visual", "visual/model"];
    private static readonly string[] TextStems = ["onnx/text_model", "text_model", "onnx/textual", "textual", "textual/model"];
    private static readonly string[] CombinedStems = ["onnx/model", "model"];
    private static readonly string[] ConfigNames = ["config.json", "open_clip_config.json"];

    private readonly ClipModelOptions _options;

    private ClipFolder(string path, ClipModelOptions options)
    {
        _options = options;
        Path = path;
        Config = ClipFolderConfig.Read(ConfigNames.Select(Full).FirstOrDefault(File.Exists));
        VisionFile = Chosen(options.VisionModelFile) ?? Onnx(VisionStems);
        TextFile = Chosen(options.TextModelFile) ?? Onnx(TextStems);
        CombinedFile = VisionFile is null || TextFile is null ? Onnx(CombinedStems) : null;
        TokenizerFolder = new[] { path, Full("textual") }.FirstOrDefault(HasTokenizer);
    }

    public string Path { get; }

    public ClipFolderConfig Config { get; }

    public string? VisionFile { get; }

    public string? TextFile { get; }

    public string? CombinedFile { get; }

    public string? TokenizerFolder { get; }

    /// <summary>Throws where the folder does not exist or has neither tower, or a file named in the options is missing.</summary>
    public static ClipFolder Locate(string folder, ClipModelOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"Model folder '{folder}' does not exist.");
        var found = new ClipFolder(System.IO.Path.GetFullPath(folder), options);
        return found is { VisionFile: null, TextFile: null, CombinedFile: null }
            ? throw found.Missing("ONNX model", [.. VisionStems, .. TextStems])
            : found;
    }

    public string RequireVision() => VisionFile ?? CombinedFile ?? throw Missing("vision model", VisionStems);

    public string RequireText() => TextFile ?? CombinedFile ?? throw Missing("text model", TextStems);

    public string RequireTokenizer() => TokenizerFolder ?? throw new FileNotFoundException(
        $"Model folder '{Path}' has no tokenizer: expected {TextTokenizer.FileNames}; copy those of the model into it, or "
        + "write it with clip convert --tokenizer.");

    private static bool HasTokenizer(string folder) =>
        new[] { "tokenizer.json", "spiece.model", "tokenizer.model" }.Any(name => File.Exists(System.IO.Path.Combine(folder, name)))
        || (File.Exists(System.IO.Path.Combine(folder, "vocab.json")) && File.Exists(System.IO.Path.Combine(folder, "merges.txt")));

    private static string[] Suffixes(ClipPrecision precision) => precision switch
    {
        ClipPrecision.Fp32 => [""],
        ClipPrecision.Fp16 => ["_fp16"],
        ClipPrecision.Int8 => ["_int8", "_quantized", "_uint8"],
        ClipPrecision.Auto => ["", "_fp16", "_int8", "_quantized", "_uint8", "_q4", "_q4f16", "_bnb4"],
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "Not a precision."),
    };

    private string Full(string relative) => System.IO.Path.Combine(Path, relative);

    private string? Onnx(string[] stems) =>
        (from suffix in Suffixes(_options.Precision) from stem in stems select Full($"{stem}{suffix}.onnx")).FirstOrDefault(File.Exists);

    private string? Chosen(string? relative)
    {
        if (relative is null) return null;
        var path = Full(relative);
        return File.Exists(path) ? path : throw new FileNotFoundException($"Model folder '{Path}' has no file '{relative}'.", path);
    }

    private FileNotFoundException Missing(string what, string[] stems)
    {
        var names = Suffixes(_options.Precision == ClipPrecision.Auto ? ClipPrecision.Fp32 : _options.Precision)
            .SelectMany(suffix => stems.Concat(CombinedStems).Select(stem => $"{stem}{suffix}.onnx"));
        return new FileNotFoundException($"Model folder '{Path}' has no {what}: expected one of {string.Join(", ", names)}.");
    }
}
