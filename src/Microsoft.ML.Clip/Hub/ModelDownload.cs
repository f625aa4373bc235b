using Microsoft.ML.Clip.Formats;

namespace Microsoft.ML.Clip.Hub;

/// <summary>A model by its name: from the cache, from the hub, or from what <c>clip pull</c> has converted.</summary>
internal sealed class ModelDownload
{
    private readonly PretrainedName _name;
    private readonly ClipHubOptions _options;

    public ModelDownload(PretrainedName name, ClipHubOptions options)
    {
        _name = name;
        _options = options;
        Settings = HubSettings.From(options);
    }

    public HubSettings Settings { get; }

    private string Repository => _name.Repository!;

    /// <summary>The model folder; null where there are weights alone, which nobody has converted yet.</summary>
    /// <exception cref="ClipHubException">It cannot be had.</exception>
    public async Task<string?> RunAsync(CancellationToken cancellationToken)
    {
        if (_name.Archive is { } archive) return Existing(ConvertedFolder(archive.Sha256));
        if (Settings.Offline) return FindCached() ?? throw NotCached();
        HubRepository repository;
        try
        {
            repository = await OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ClipHubException e) when (e.Error is ClipHubError.Unreachable or ClipHubError.RateLimited && FindCached() is not null)
        {
            // As the hub's other clients do: what is here is better than nothing.
            return FindCached()!;
        }

        if (ModelFiles.Onnx(Repository, repository.Files, _options.Layout) is not { } files)
            return Existing(ConvertedFolder(repository.Commit));
        var paths = await repository.DownloadAsync(files, cancellationToken).ConfigureAwait(false);
        await DownloadMoreAsync(repository, files.Zip(paths), cancellationToken).ConfigureAwait(false);
        repository.Keep();
        return repository.Folder;
    }

    /// <summary>The repository at the revision.</summary>
    public Task<HubRepository> OpenAsync(CancellationToken cancellationToken) =>
        HubRepository.OpenAsync(new HubClient(Settings), Repository, _options, cancellationToken);

    /// <summary>The files of a folder of <see cref="RunAsync"/> that the model needs: a snapshot may hold other precisions too.</summary>
    public IReadOnlyList<string> FilesOf(string folder)
    {
        var all = Listed(folder);
        var needed = ModelFiles.Onnx(_name.Text, all, _options.Layout) ?? all;
        var more = needed.Where(IsOnnx).SelectMany(file => ExternalData(file, Path.Combine(folder, file.Path)))
            .Concat(all.Select(file => file.Path).Where(path => path == "model.safetensors"));
        return [.. needed.Select(file => file.Path).Concat(more).Distinct()];
    }

    /// <summary>Where the converted model of a commit, or of an archive, is kept: where the hub's clients keep what they make.</summary>
    public string ConvertedFolder(string commit)
    {
        var precision = _options.Layout.Precision;
        var suffix = (precision == ClipPrecision.Auto ? ClipPrecision.Fp32 : precision).ToString().ToLowerInvariant();
        var source = _name.Archive is { } archive
            ? $"openai--{Path.GetFileNameWithoutExtension(archive.FileName)}"
            : HubNames.Folder(Repository);
        return Path.Combine(Settings.AssetsFolder, "Microsoft.ML.Clip", source, $"{commit}-{suffix}");
    }

    private static string? Existing(string folder) => Directory.Exists(folder) ? folder : null;

    private ClipHubException NotCached() => new(
        ClipHubError.Offline,
        $"{Repository} is not in the cache {Settings.CacheFolder}, and HF_HUB_OFFLINE or ClipHubOptions.Offline forbids to download it "
        + $"from {Settings.Endpoint.AbsoluteUri.TrimEnd('/')}; allow that once.");

    /// <summary>The folder in the cache if all that the model needs is there, whoever put it there.</summary>
    private string? FindCached()
    {
        var cache = new HubCache(Settings, Repository);
        if (cache.ReadRef(_options.Revision ?? "main") is not { } commit) return null;
        var snapshot = cache.Snapshot(commit);
        var files = cache.ReadTree(commit) ?? Listed(snapshot);
        if (ModelFiles.Onnx(Repository, files, _options.Layout) is not { } needed) return Existing(ConvertedFolder(commit));
        var isWhole = needed.All(file => HubCache.Has(cache.Pointer(commit, file.Path), file.Size))
            && needed.Where(IsOnnx).SelectMany(file => ExternalData(file, cache.Pointer(commit, file.Path)))
                .All(path => File.Exists(cache.Pointer(commit, path)));
        return isWhole ? snapshot : null;
    }

    private static HubFile[] Listed(string snapshot) => !Directory.Exists(snapshot)
        ? []
        :
        [
            .. Directory.EnumerateFiles(snapshot, "*", SearchOption.AllDirectories)
                .Select(path => new HubFile(Path.GetRelativePath(snapshot, path).Replace('\\', '/'), null, null)),
        ];

    /// <summary>What only the downloaded files tell: weights under other names, and a trained scale of the scores.</summary>
    private async Task DownloadMoreAsync(
        HubRepository repository, IEnumerable<(HubFile File, string Path)> downloaded, CancellationToken cancellationToken)
    {
        var more = new List<HubFile>();
        foreach (var (file, path) in downloaded.Where(pair => IsOnnx(pair.File)))
        {
            foreach (var name in ExternalData(file, path))
            {
                more.Add(repository.Find(name) ?? throw new ClipHubException(
                    ClipHubError.FileNotFound, $"{Repository} lacks '{name}', which its {file.Path} needs; tell its owner."));
            }
        }

        var isTold = _options.Model is { LogitScale: not null, LogitBias: not null };
        if (!isTold && repository.Find("model.safetensors") is { } weights
            && await TrainedLogitsProbe.IsNeededAsync(repository, weights, cancellationToken).ConfigureAwait(false))
            more.Add(weights);
        if (more.Count > 0) await repository.DownloadAsync([.. more.Distinct()], cancellationToken).ConfigureAwait(false);
    }

    private static bool IsOnnx(HubFile file) => file.Path.EndsWith(".onnx", StringComparison.Ordinal);

    /// <summary>The files, by their paths in the repository, that an ONNX file keeps its weights in.</summary>
    private static IEnumerable<string> ExternalData(HubFile file, string path)
    {
        var folder = file.Path[..(file.Path.LastIndexOf('/') + 1)];
        return OnnxExternalData.Locations(path)
            .Select(name => folder + (name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name));
    }
}
