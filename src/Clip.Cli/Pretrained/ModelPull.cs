using Clip.Conversion;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Onnx;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Hub;

namespace Clip.Cli.Pretrained;

/// <summary>A model by its name: its ONNX files downloaded, or its weights, which are converted; each once.</summary>
internal sealed class ModelPull
{
    private readonly PretrainedName _name;
    private readonly ClipHubOptions _options;
    private readonly DownloadDisplay _display;
    private readonly ModelDownload _download;

    public ModelPull(PretrainedName name, ClipHubOptions options)
    {
        _name = name;
        _display = new DownloadDisplay(name.Text);
        _options = options with { Progress = _display };
        _download = new ModelDownload(name, _options);
    }

    /// <summary>Brings the model.</summary>
    /// <returns>Its folder, in a cache.</returns>
    public async Task<string> RunAsync(CancellationToken cancellation)
    {
        Weights? weights = null;
        var folder = await _display.ShowAsync(async () =>
        {
            var found = await _download.RunAsync(cancellation).ConfigureAwait(false);
            if (found is null) weights = await WeightsAsync(cancellation).ConfigureAwait(false);
            return found ?? weights!.Target;
        }).ConfigureAwait(false);
        if (weights is not null) await ConvertAsync(weights, cancellation).ConfigureAwait(false);
        return folder;
    }

    /// <summary>Brings the model, and copies what it needs out of the cache.</summary>
    public async Task<string> CopyAsync(string output, CancellationToken cancellation)
    {
        var target = ModelFolderWriter.EnsureReplaceable(output);
        var folder = await RunAsync(cancellation).ConfigureAwait(false);
        await AtomicFolder.WriteAsync(target, async aside =>
        {
            foreach (var file in _download.FilesOf(folder))
            {
                cancellation.ThrowIfCancellationRequested();
                var copy = Path.Combine(aside, file);
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                // Read through the link, of which File.Copy would make another.
                await using var from = File.OpenRead(Path.Combine(folder, file));
                await using var to = new FileStream(copy, FileMode.CreateNew);
                await from.CopyToAsync(to, cancellation).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        return target;
    }

    private async Task<Weights> WeightsAsync(CancellationToken cancellation)
    {
        var settings = _download.Settings;
        if (_name.Archive is { } archive)
        {
            // Where OpenAI's and open_clip's code keep them.
            var cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "clip");
            return new Weights(
                await archive.DownloadAsync(settings, cache, _display, cancellation).ConfigureAwait(false),
                null,
                await MergesAsync(cancellation).ConfigureAwait(false),
                _download.ConvertedFolder(archive.Sha256));
        }

        var repository = await _download.OpenAsync(cancellation).ConfigureAwait(false);
        var (checkpoint, config) = await RepositoryWeights.DownloadAsync(repository, cancellation).ConfigureAwait(false);
        repository.Keep();
        var hasTokenizer = CompanionFiles.Of(checkpoint).AnyTokenizer is not null;
        return new Weights(
            checkpoint,
            config,
            hasTokenizer || !RepositoryWeights.TakesOpenAIsTokenizer(config) ? null : await MergesAsync(cancellation).ConfigureAwait(false),
            _download.ConvertedFolder(repository.Commit));
    }

    private Task<string> MergesAsync(CancellationToken cancellation) => OpenAIArchive.Merges.DownloadAsync(
        _download.Settings, Path.Combine(_download.Settings.AssetsFolder, "Microsoft.ML.Clip"), _display, cancellation);

    private async Task ConvertAsync(Weights weights, CancellationToken cancellation)
    {
        using var held = await FileLock.AcquireAsync($"{weights.Target}.lock", cancellation).ConfigureAwait(false);
        if (Directory.Exists(weights.Target)) return; // Another process has, meanwhile.
        await Console.Error.WriteLineAsync($"Converting {_name.Text} to ONNX, once.").ConfigureAwait(false);
        new ModelConversion(
            new ConversionOptions
            {
                Checkpoint = weights.Checkpoint,
                Config = weights.Config,
                Tokenizer = weights.Tokenizer,
                Output = weights.Target,
                Precisions = [_options.Layout.Precision switch
                {
                    ClipPrecision.Fp16 => OnnxPrecision.Fp16,
                    ClipPrecision.Int8 => OnnxPrecision.Int8,
                    _ => OnnxPrecision.Fp32,
                }],
            },
            _ => { },
            line => Console.Error.WriteLine($"clip: warning: {line}")).Run();
    }

    private sealed record Weights(string Checkpoint, string? Config, string? Tokenizer, string Target);
}
