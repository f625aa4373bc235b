namespace Microsoft.ML.Clip.Hub;

/// <summary>
/// What a model's name stands for: a repository of the hub, or one of OpenAI's archives.
/// </summary>
/// <param name="Text">The name as it was given.</param>
/// <param name="Repository">The repository; null for an archive.</param>
/// <param name="Archive">The archive; null for a repository.</param>
internal sealed record PretrainedName(string Text, string? Repository, OpenAIArchive? Archive)
{
    private const string OpenAI = "openai:";

    private static readonly string[] Prefixes = ["hf-hub:", "https://huggingface.co/", "https://hf.co/"];

    /// <summary>Reads a name.</summary>
    /// <exception cref="ArgumentException">It is none; the message says what would be.</exception>
    public static PretrainedName Parse(string text)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        if (KnownModelTable.All.FirstOrDefault(model => model.Name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } known)
            return new(text, known.Repository, null);
        var prefix = Prefixes.FirstOrDefault(prefix => text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
        var name = prefix is null ? text : text[prefix.Length..].TrimEnd('/');
        if (name.Contains('/', StringComparison.Ordinal) && HubNames.IsRepository(name)) return new(text, name, null);
        if (name.StartsWith(OpenAI, StringComparison.OrdinalIgnoreCase))
        {
            return OpenAIArchive.Find(name[OpenAI.Length..]) is { } archive ? new(text, null, archive) : throw new ArgumentException(
                $"OpenAI has published no model '{name[OpenAI.Length..]}'; give one of "
                + $"{string.Join(", ", OpenAIArchive.All.Select(model => OpenAI + model.Name))}.",
                nameof(text));
        }

        if (name.Split(':') is [var architecture, var tag] && OpenClipTable.Find(architecture, tag) is { } repository)
            return new(text, repository, null);
        throw new ArgumentException(Unknown(text), nameof(text));
    }

    private static string Unknown(string text)
    {
        const string forms = "a repository such as Xenova/clip-vit-base-patch32, a name of `ClipHub.KnownModels`, openai:ViT-B/32, or "
            + "open_clip's ViT-B-32:laion2b_s34b_b79k";
        if (text.Split(':') is not [var architecture, _]) return $"'{text}' is no model's name; give {forms}.";
        var tags = OpenClipTable.Tags(architecture);
        return tags.Length > 0
            ? $"open_clip has no weights '{text}'; of {architecture} it has {string.Join(", ", tags)}."
            : $"'{text}' is no name of open_clip's; give {forms}.";
    }
}

/// <summary>
/// A model as OpenAI has published it: a TorchScript archive whose address has its hash in it (openai/CLIP, <c>clip/clip.py</c>).
/// </summary>
/// <param name="Name">OpenAI's name.</param>
/// <param name="Sha256">The archive's hash.</param>
/// <param name="FileName">The archive's name, by which OpenAI's and open_clip's code keep it in <c>~/.cache/clip</c>.</param>
internal sealed record OpenAIArchive(string Name, string Sha256, string FileName)
{
    private const string Models = "https://openaipublic.azureedge.net/clip/models";

    public static readonly OpenAIArchive[] All =
    [
        new("RN50", "afeb0e10f9e5a86da6080e35cf09123aca3b358a0c3e3b6c78a7b63bc04b6762", "RN50.pt"),
        new("RN101", "8fa8567bab74a42d41c5915025a8e4538c3bdbe8804a470a72f30b0d94fab599", "RN101.pt"),
        new("RN50x4", "7e526bd135e493cef0776de27d5f42653e6b4c8bf9e0f653bb11773263205fdd", "RN50x4.pt"),
        new("RN50x16", "52378b407f34354e150460fe41077663dd5b39c54cd0bfd2b27167a4a06ec9aa", "RN50x16.pt"),
        new("RN50x64", "be1cfb55d75a9666199fb2206c106743da0f6468c9d327f3e0d0a543a9919d9c", "RN50x64.pt"),
        new("ViT-B/32", "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af", "ViT-B-32.pt"),
        new("ViT-B/16", "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f", "ViT-B-16.pt"),
        new("ViT-L/14", "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836", "ViT-L-14.pt"),
        new("ViT-L/14@336px", "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02", "ViT-L-14-336px.pt"),
    ];

    /// <summary>OpenAI's list of merges, which all its models share, and its hash: from the repository's commit that has it.</summary>
    public static readonly OpenAIArchive Merges = new(
        "the tokenizer's merges", "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a", "bpe_simple_vocab_16e6.txt.gz")
    {
        Address = new(
            "https://raw.githubusercontent.com/openai/CLIP/3bee28119e6b28e75b82b811b87b56935314e6a5/clip/bpe_simple_vocab_16e6.txt.gz"),
    };

    public Uri Address { get; init; } = new($"{Models}/{Sha256}/{FileName}");

    /// <summary>OpenAI's name, also spelled as open_clip does: with a hyphen, and without "px".</summary>
    public static OpenAIArchive? Find(string name) => All.FirstOrDefault(model => Spelled(model.Name) == Spelled(name));

    /// <summary>
    /// Brings it into a folder; what is there already is held against its hash, as OpenAI's code does, and brought anew where it differs.
    /// </summary>
    /// <returns>Its path.</returns>
    public async Task<string> DownloadAsync(
        HubSettings settings, string folder, IProgress<ClipHubProgress>? progress, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, FileName);
        var file = new HubFile(FileName, null, null, Sha256);
        using var held = await FileLock.AcquireAsync($"{path}.lock", cancellationToken).ConfigureAwait(false);
        if (IsWhole(path, file)) return path;
        if (settings.Offline)
        {
            throw new ClipHubException(
                ClipHubError.Offline,
                $"{FileName} is not in {folder}, and HF_HUB_OFFLINE forbids to download it from {Address}; allow that once.");
        }

        var request = new HubRequest(Address, new HubSubject(null, ""));
        await new BlobDownload(new HubClient(settings), request, file, new DownloadMeter(progress)).RunAsync(path, cancellationToken)
            .ConfigureAwait(false);
        return path;
    }

    private static bool IsWhole(string path, HubFile file)
    {
        if (!File.Exists(path)) return false;
        using var hash = new ContentHash(file);
        using var content = File.OpenRead(path);
        var buffer = new byte[1 << 20];
        while (content.Read(buffer) is > 0 and var count) hash.Append(buffer.AsSpan(0, count));
        return hash.IsMatch();
    }

    private static string Spelled(string name) =>
        name.ToUpperInvariant().Replace("PX", "", StringComparison.Ordinal).Replace('/', '-').Replace('@', '-');
}
