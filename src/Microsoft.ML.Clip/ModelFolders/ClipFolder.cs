namespace Microsoft.ML.Clip.ModelFolders;

/// <summary>A model folder's parts, by <see cref="ClipLayout"/>. Only looks; opens nothing but the config.</summary>
internal sealed class ClipFolder
{
    private readonly ClipModelOptions _options;

    private ClipFolder(string path, ClipModelOptions options)
    {
        _options = options;
        Path = path;
        RequireChosen(options.VisionModelFile);
        RequireChosen(options.TextModelFile);
        var layout = new ClipLayout(name => File.Exists(Full(name)), options);
        Config = ClipFolderConfig.Read(FullOrNull(layout.ConfigFile));
        VisionFile = FullOrNull(layout.VisionFile);
        TextFile = FullOrNull(layout.TextFile);
        CombinedFile = FullOrNull(layout.CombinedFile);
        TokenizerFolder = layout.TokenizerFolder is { } folder ? System.IO.Path.TrimEndingDirectorySeparator(Full(folder)) : null;
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
            ? throw found.Missing("ONNX model", [.. ClipLayout.VisionStems, .. ClipLayout.TextStems])
            : found;
    }

    public string RequireVision() => VisionFile ?? CombinedFile ?? throw Missing("vision model", ClipLayout.VisionStems);

    public string RequireText() => TextFile ?? CombinedFile ?? throw Missing("text model", ClipLayout.TextStems);

    public string RequireTokenizer() => TokenizerFolder ?? throw new FileNotFoundException(
        $"Model folder '{Path}' has no tokenizer: expected {TextTokenizer.FileNames}; copy those of the model into it, or "
        + "convert the checkpoint again with its `Tokenizer`.");

    private string Full(string relative) => System.IO.Path.Combine(Path, relative);

    private string? FullOrNull(string? relative) => relative is null ? null : Full(relative);

    private void RequireChosen(string? relative)
    {
        if (relative is not null && !File.Exists(Full(relative)))
            throw new FileNotFoundException($"Model folder '{Path}' has no file '{relative}'.", Full(relative));
    }

    private FileNotFoundException Missing(string what, string[] stems)
    {
        var names = ClipLayout.Suffixes(_options.Precision == ClipPrecision.Auto ? ClipPrecision.Fp32 : _options.Precision)
            .SelectMany(suffix => stems.Concat(ClipLayout.CombinedStems).Select(stem => $"{stem}{suffix}.onnx"));
        return new FileNotFoundException($"Model folder '{Path}' has no {what}: expected one of {string.Join(", ", names)}.");
    }
}
