namespace Microsoft.ML.Clip;

/// <summary>
/// What to download from the Hugging Face hub, from where and to where. What is not set here follows the variables that Hugging Face's
/// own clients read: <c>HF_ENDPOINT</c>, <c>HF_HOME</c>, <c>HF_HUB_CACHE</c>, <c>HF_TOKEN</c>, <c>HF_HUB_OFFLINE</c>,
/// <c>HF_HUB_DOWNLOAD_TIMEOUT</c>, <c>HF_HUB_DISABLE_SYMLINKS</c>, <c>HF_HUB_DISABLE_IMPLICIT_TOKEN</c>.
/// </summary>
public sealed record ClipHubOptions
{
    /// <summary>
    /// Which of the repository's ONNX files to download, and no others. Default <see cref="ClipPrecision.Auto"/>: those without suffix,
    /// else the first of fp16, int8 and 4-bit that is there.
    /// </summary>
    public ClipPrecision Precision { get; init; }

    /// <summary>A branch, a tag or a commit; default <c>main</c>. A full commit never changes, and once cached asks nothing.</summary>
    public string? Revision { get; init; }

    /// <summary>Told of bytes as they arrive, one call at a time; default nobody.</summary>
    public IProgress<ClipHubProgress>? Progress { get; init; }

    /// <summary>
    /// The folder with <c>models--org--name</c> folders that all clients of the hub share; default <c>HF_HUB_CACHE</c>, else <c>hub</c> in
    /// <c>HF_HOME</c>, else <c>~/.cache/huggingface/hub</c>.
    /// </summary>
    public string? CacheFolder { get; init; }

    /// <summary>The hub's address; default <c>HF_ENDPOINT</c>, else <c>https://huggingface.co</c>.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>
    /// An access token, for gated and private repositories; default <c>HF_TOKEN</c>, else what <c>hf auth login</c> stored. Empty: none.
    /// It is sent to <see cref="Endpoint"/> and to no other host.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>Whether to use what is cached and open no connection; default <c>HF_HUB_OFFLINE</c>, else false.</summary>
    public bool? Offline { get; init; }

    /// <summary>
    /// Whether addresses may be plain http, which anyone on the way can read and change; default false, except for this machine itself
    /// (loopback).
    /// </summary>
    public bool AllowHttp { get; init; }

    /// <summary>
    /// The longest time without a byte before a connection counts as broken and is tried again; default <c>HF_HUB_DOWNLOAD_TIMEOUT</c>
    /// seconds, else 10 seconds. A download as a whole may take any time.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// How to open the downloaded folder in <see cref="ClipModel.FromPretrainedAsync"/>; default <c>new ClipModelOptions()</c>. Its
    /// precision counts where <see cref="Precision"/> is <see cref="ClipPrecision.Auto"/>, and files that it names are downloaded.
    /// </summary>
    public ClipModelOptions? Model { get; init; }

    /// <summary>The wait before the first retry, doubled for each after it.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How to look at the folder: the files and the precision to choose.</summary>
    internal ClipModelOptions Layout
    {
        get
        {
            var model = Model ?? new ClipModelOptions();
            return Precision == ClipPrecision.Auto ? model : model with { Precision = Precision };
        }
    }
}
