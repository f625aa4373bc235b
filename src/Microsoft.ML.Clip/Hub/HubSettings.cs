using System.Globalization;

namespace Microsoft.ML.Clip.Hub;

/// <summary>
/// The options, and for what they leave open the variables that Hugging Face documents for its clients
/// (huggingface_hub, "Environment variables").
/// </summary>
internal sealed record HubSettings
{
    private const string DefaultEndpoint = "https://huggingface.co";

    /// <summary>Without a slash at its end.</summary>
    public required Uri Endpoint { get; init; }

    public required string CacheFolder { get; init; }

    /// <summary>Where clients keep what they make of downloads: <c>HF_ASSETS_CACHE</c>.</summary>
    public required string AssetsFolder { get; init; }

    public required string? Token { get; init; }

    public required bool Offline { get; init; }

    public required bool AllowHttp { get; init; }

    public required bool UseSymbolicLinks { get; init; }

    public required TimeSpan Timeout { get; init; }

    public required TimeSpan RetryDelay { get; init; }

    public static HubSettings From(ClipHubOptions options, Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        var home = Path(Value("HF_HOME")) ?? System.IO.Path.Combine(
            Path(Value("XDG_CACHE_HOME")) ?? System.IO.Path.Combine(UserFolder(), ".cache"), "huggingface");
        var cache = options.CacheFolder is { } chosen
            ? System.IO.Path.GetFullPath(chosen)
            : Path(Value("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")) ?? System.IO.Path.Combine(home, "hub");
        var settings = new HubSettings
        {
            Endpoint = CheckEndpoint(options.Endpoint?.OriginalString ?? Value("HF_ENDPOINT") ?? DefaultEndpoint),
            CacheFolder = cache,
            // A cache of one's own has the rest beside it, as in HF_HOME.
            AssetsFolder = options.CacheFolder is not null
                ? System.IO.Path.Combine(System.IO.Path.GetDirectoryName(cache) ?? cache, "assets")
                : Path(Value("HF_ASSETS_CACHE", "HUGGINGFACE_ASSETS_CACHE")) ?? System.IO.Path.Combine(home, "assets"),
            Token = options.Token is { } token ? Clean(token)
                : IsTrue(Value("HF_HUB_DISABLE_IMPLICIT_TOKEN")) ? null
                : Clean(Value("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"))
                    ?? StoredToken(Path(Value("HF_TOKEN_PATH")) ?? System.IO.Path.Combine(home, "token")),
            Offline = options.Offline ?? IsTrue(Value("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")),
            AllowHttp = options.AllowHttp,
            UseSymbolicLinks = !IsTrue(Value("HF_HUB_DISABLE_SYMLINKS")),
            Timeout = options.Timeout ?? Seconds("HF_HUB_DOWNLOAD_TIMEOUT", Value("HF_HUB_DOWNLOAD_TIMEOUT")) ?? TimeSpan.FromSeconds(10),
            RetryDelay = options.RetryDelay,
        };
        if (settings.Timeout <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(options), settings.Timeout, "ClipHubOptions.Timeout must be positive.");
        return settings;

        // As clients of the hub do, the first that is set; a variable set to nothing is not set.
        string? Value(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                if (environment(name) is { Length: > 0 } value) return value;
            }

            return null;
        }

        string? Path(string? value)
        {
            if (value is null) return null;
            if (value == "~" || value.StartsWith("~/", StringComparison.Ordinal) || value.StartsWith("~\\", StringComparison.Ordinal))
                value = UserFolder() + value[1..];
            return System.IO.Path.GetFullPath(Environment.ExpandEnvironmentVariables(value));
        }
    }

    /// <summary>Whether an address is the hub's own, so that it may have the token.</summary>
    public bool IsEndpoint(Uri address) =>
        address.Scheme == Endpoint.Scheme && address.Port == Endpoint.Port
        && string.Equals(address.Host, Endpoint.Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>An address under the endpoint's.</summary>
    /// <param name="path">Escaped, without a slash before it.</param>
    public Uri At(string path) => new($"{Endpoint.AbsoluteUri.TrimEnd('/')}/{path}");

    private static string UserFolder() => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static Uri CheckEndpoint(string text) =>
        Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out var endpoint) && endpoint.Scheme is "https" or "http"
            ? endpoint
            : throw new ClipHubException(
                ClipHubError.Unsafe, $"The hub's address '{text}' is no https address; set HF_ENDPOINT to one such as {DefaultEndpoint}.");

    private static bool IsTrue(string? value) => value?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

    private static TimeSpan? Seconds(string name, string? value) => value switch
    {
        null => null,
        _ when double.TryParse(value, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 1e6
            => TimeSpan.FromSeconds(seconds),
        _ => throw new ArgumentException($"{name} is '{value}'; set it to a number of seconds."),
    };

    private static string? StoredToken(string path)
    {
        try
        {
            return File.Exists(path) ? Clean(File.ReadAllText(path)) : null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ClipHubException(
                ClipHubError.Disk, $"The stored token {path} cannot be read; give the right to, or set HF_TOKEN.", e);
        }
    }

    private static string? Clean(string? token)
    {
        token = token?.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal).Trim();
        if (string.IsNullOrEmpty(token)) return null;
        // The sentence must not repeat it.
        return token.All(c => c is > ' ' and <= '~')
            ? token
            : throw new ClipHubException(
                ClipHubError.AccessDenied, "The token for the hub has characters that no token has; set HF_TOKEN to it again.");
    }
}
