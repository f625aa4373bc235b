using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Imaging;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.ModelFolders;
using Microsoft.ML.Data;

namespace Microsoft.ML.Clip;

/// <summary>
/// An opened CLIP model folder: image tower, text tower, tokenizer and preprocessing. Each part is opened when first needed and once;
/// pipeline steps made from one <see cref="ClipModel"/> share its sessions, as all that open the same towers with the same settings in one
/// process share one session a tower, which the last of them closes. All members are thread-safe.
/// </summary>
/// <remarks>
/// The folder may be in the Hugging Face / transformers.js layout (<c>config.json</c>, <c>preprocessor_config.json</c>, tokenizer files,
/// <c>onnx/vision_model.onnx</c>, <c>onnx/text_model.onnx</c>), hold <c>visual.onnx</c> and <c>textual.onnx</c> with
/// <c>preprocess_cfg.json</c>, or hold one
/// combined <c>model.onnx</c>, which works but computes both towers each time. Only the files that a use needs must be there.
/// Disposing closes the sessions; pipeline steps made from this instance then throw <see cref="ObjectDisposedException"/>.
/// </remarks>
public sealed class ClipModel : IDisposable
{
    /// <summary>The scale at which OpenAI's models ended: their training clamps it to ln 100.</summary>
    private const float DefaultLogitScale = 100f;

    private readonly ClipFolder _folder;
    private readonly ModelParts _parts;
    private readonly ClipModelOptions _options;
    private readonly TrainedLogits _trained;
    private readonly Lazy<string> _fingerprint;
    private readonly Lock _gate = new();
    private ImageTower? _imageTower;
    private TextTower? _textTower;
    private OnnxSession? _combined;
    private bool _disposed;

    private ClipModel(ClipFolder folder, ClipModelOptions options)
    {
        _folder = folder;
        _options = options;
        _parts = new ModelParts(folder, options);
        _trained = TrainedLogits.Read(Path.Combine(folder.Path, "model.safetensors"));
        _fingerprint = new(() => ModelFingerprint.Compute(folder, options, _parts.ToldPreprocessing));
    }

    /// <summary>The folder's full path.</summary>
    public string Folder => _folder.Path;

    /// <summary>
    /// Tells this model from others by everything its embeddings depend on: 32 hexadecimal digits of a hash over the files of towers and
    /// tokenizer, the preprocessing and the options. It belongs into the keys of a cache of embeddings. The files are read when it is
    /// first asked for.
    /// </summary>
    public string Fingerprint => _fingerprint.Value;

    /// <summary>
    /// Length of an embedding: 512 for ViT-B/32. Opens no session, unless the towers' files leave it open: then it takes a run to see.
    /// </summary>
    /// <exception cref="InvalidDataException">A tower's file is none of ONNX, or its features lack their projection.</exception>
    public int Dimension => Tell(() => _imageTower?.Dimension ?? _textTower?.Dimension ?? _parts.Dimension)
        ?? (_folder.VisionFile is null && _folder.CombinedFile is null ? TextTower.Dimension : ImageTower.Dimension);

    /// <summary>
    /// The factor on cosine similarities before the softmax or sigmoid, <c>exp(logit_scale)</c>:
    /// <see cref="ClipModelOptions.LogitScale"/>, else the trained value in the folder's <c>model.safetensors</c>, else 100.
    /// </summary>
    /// <exception cref="InvalidDataException">The folder's <c>model.safetensors</c> is a Git LFS pointer or a web page.</exception>
    public float LogitScale => _options.LogitScale ?? Trained.Scale ?? DefaultLogitScale;

    /// <summary>
    /// What is added to the scaled similarities of a model trained with the sigmoid loss (SigLIP), whose scores are then
    /// sigmoid(scale × cosine + bias), each by itself: <see cref="ClipModelOptions.LogitBias"/>, else the trained value in the folder's
    /// <c>model.safetensors</c>. <see langword="null"/> for CLIP, whose scores are a softmax over the labels.
    /// </summary>
    /// <exception cref="InvalidDataException">The folder's <c>model.safetensors</c> is a Git LFS pointer or a web page.</exception>
    public float? LogitBias => _options.LogitBias ?? (_options.LogitScale is null ? Trained.Bias : _trained.Bias);

    /// <summary>Height in pixels of the images that the image tower takes, 224 for most.</summary>
    /// <exception cref="FileNotFoundException">The folder has no vision model.</exception>
    public int ImageSize => ClipImagePreprocessor.Create(Preprocessing).Height;

    /// <summary>Longest token sequence, the tokens around the text included; 77 for published CLIP models, 64 for SigLIP's.</summary>
    /// <exception cref="FileNotFoundException">The folder has no text model or no tokenizer.</exception>
    public int ContextLength => Tell(() => _textTower?.ContextLength ?? _parts.ContextLength) ?? TextTower.ContextLength;

    /// <summary>The folder's tokenizer.</summary>
    /// <exception cref="FileNotFoundException">The folder has no tokenizer.</exception>
    public TextTokenizer Tokenizer => Tell(() => _parts.Tokenizer);

    /// <summary>How images are prepared.</summary>
    /// <exception cref="FileNotFoundException">The folder has no vision model.</exception>
    /// <exception cref="InvalidDataException">Neither folder nor options tell it, and the model is not one of CLIP's own.</exception>
    public ClipImagePreprocessing Preprocessing => Tell(() => _imageTower?.Preprocessing ?? _parts.Preprocessing());

    /// <summary>Equal between two openings of a folder as long as nothing that the embeddings of texts depend on was changed.</summary>
    internal FileStamp?[] TextStamps => ModelFingerprint.TextStamps(_folder);

    /// <summary>The settings its sessions were opened with, which pipelines made from it save.</summary>
    internal ClipSessionOptions SessionOptions => _options.Session;

    /// <summary>The image tower, opened on first use.</summary>
    internal ImageTower ImageTower
    {
        get
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (_imageTower is not null) return _imageTower;
                var (file, preprocessing) = (_folder.RequireVision(), _parts.Preprocessing());
                var tower = ImageTower.Create(Session(file), preprocessing);
                Check(tower, tower.Signature, tower.Output, tower.Dimension, _textTower?.Dimension);
                return _imageTower = tower;
            }
        }
    }

    /// <summary>The text tower, opened on first use.</summary>
    internal TextTower TextTower
    {
        get
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (_textTower is not null) return _textTower;
                var (file, settings) = (_folder.RequireText(), _parts.TextSettings());
                var tower = TextTower.Create(Session(file), _parts.Tokenizer, settings);
                Check(tower, tower.Signature, tower.Output, tower.Dimension, _imageTower?.Dimension);
                return _textTower = tower;
            }
        }
    }

    /// <summary>Opens a model folder. Sessions open on first use, so this is quick; the folder's layout is checked here.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">How to read it; default <c>new ClipModelOptions()</c>.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">It has no ONNX model in any of the known places, or not at the chosen precision.</exception>
    /// <exception cref="InvalidDataException">A file in it is not what its name says.</exception>
    public static ClipModel Open(string folder, ClipModelOptions? options = null)
    {
        options ??= new ClipModelOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1, nameof(ClipModelOptions.BatchSize));
        return new ClipModel(ClipFolder.Locate(folder, options), options);
    }

    /// <summary>Downloads a model from the Hugging Face hub, if it is not cached, and opens it; see <see cref="ClipHub"/>.</summary>
    /// <param name="model">
    /// A repository such as <c>Xenova/clip-vit-base-patch32</c>, or a short name of <see cref="ClipHub.KnownModels"/>.
    /// </param>
    /// <param name="options">What to download, and how to open it; default <c>new ClipHubOptions()</c>.</param>
    /// <param name="cancellationToken">Stops the download. What has arrived is kept for the next one.</param>
    /// <exception cref="ClipHubException">
    /// The model cannot be had; <see cref="ClipHubException.Error"/> tells the kind of fault.
    /// </exception>
    /// <exception cref="ArgumentException">The name is none of a model.</exception>
    /// <exception cref="InvalidDataException">A file of the model is not what its name says.</exception>
    public static async Task<ClipModel> FromPretrainedAsync(
        string model, ClipHubOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ClipHubOptions();
        var folder = await ClipHub.DownloadAsync(model, options, cancellationToken).ConfigureAwait(false);
        return Open(folder, options.Layout);
    }

    /// <summary>Embeds one text; see <see cref="EmbedTexts(IReadOnlyList{string}, bool, CancellationToken)"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="normalize">Whether to scale the embedding to length 1.</param>
    /// <returns><see cref="Dimension"/> floats.</returns>
    public float[] EmbedText(string text, bool normalize = true) => EmbedTexts([text], normalize)[0];

    /// <summary>Embeds texts, in batches cut to their longest text where the model allows it (CLIP's do, SigLIP's do not).</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="normalize">
    /// Whether to scale each embedding to length 1 (default), so that a dot product with another is their cosine similarity; if not, the
    /// projected features are given as the model computes them.
    /// </param>
    /// <param name="cancellationToken">Checked before each batch.</param>
    /// <returns>One embedding of <see cref="Dimension"/> floats a text, in their order.</returns>
    /// <exception cref="FileNotFoundException">The folder has no text model or no tokenizer.</exception>
    /// <exception cref="ArgumentException">A text is too long and <see cref="ClipModelOptions.TruncateTexts"/> is off.</exception>
    public float[][] EmbedTexts(IReadOnlyList<string> texts, bool normalize = true, CancellationToken cancellationToken = default) =>
        EmbedTexts(texts, out _, normalize, cancellationToken);

    /// <summary>Embeds texts, and tells how many tokens they were, which services charge or log.</summary>
    /// <inheritdoc cref="EmbedTexts(IReadOnlyList{string}, bool, CancellationToken)"/>
    /// <param name="texts">The texts.</param>
    /// <param name="tokenCount">
    /// The tokens of all texts together, as the model read them: start and end of text included, padding not.
    /// </param>
    /// <param name="normalize">Whether to scale each embedding to length 1.</param>
    /// <param name="cancellationToken">Checked before each batch.</param>
    public float[][] EmbedTexts(
        IReadOnlyList<string> texts, out long tokenCount, bool normalize = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var tower = TextTower;
        return Rows(tower.Embed(texts, _options.BatchSize, out tokenCount, cancellationToken), tower.Dimension, normalize);
    }

    /// <summary>Embeds one image file; see <see cref="EmbedImages(IReadOnlyList{string}, bool, CancellationToken)"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="normalize">Whether to scale the embedding to length 1.</param>
    /// <returns><see cref="Dimension"/> floats.</returns>
    public float[] EmbedImage(string path, bool normalize = true) => EmbedImages([path], normalize)[0];

    /// <summary>Embeds one image; see <see cref="EmbedImages(IReadOnlyList{string}, bool, CancellationToken)"/>.</summary>
    /// <param name="encoded">The bytes of an image file.</param>
    /// <param name="normalize">Whether to scale the embedding to length 1.</param>
    /// <returns><see cref="Dimension"/> floats.</returns>
    public float[] EmbedImage(ReadOnlyMemory<byte> encoded, bool normalize = true) => EmbedImages([encoded], normalize)[0];

    /// <summary>Embeds one image; see <see cref="EmbedImages(IReadOnlyList{string}, bool, CancellationToken)"/>.</summary>
    /// <param name="image">A decoded image. It stays the caller's.</param>
    /// <param name="normalize">Whether to scale the embedding to length 1.</param>
    /// <returns><see cref="Dimension"/> floats.</returns>
    public float[] EmbedImage(MLImage image, bool normalize = true) => EmbedImages([image], normalize)[0];

    /// <summary>Embeds image files; a batch is decoded on all cores.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="normalize">
    /// Whether to scale each embedding to length 1 (default), so that a dot product with another is their cosine similarity; if not, the
    /// projected features are given as the model computes them.
    /// </param>
    /// <param name="cancellationToken">Checked between images.</param>
    /// <returns>One embedding of <see cref="Dimension"/> floats an image, in their order.</returns>
    /// <exception cref="FileNotFoundException">An image does not exist, or the folder has no vision model.</exception>
    /// <exception cref="InvalidDataException">A file is no image; the message names it.</exception>
    public float[][] EmbedImages(IReadOnlyList<string> paths, bool normalize = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var tower = ImageTower;
        return EmbedImages(
            tower, paths.Count, (i, to) => ImageFile.Prepare(tower.Preprocessor, paths[i], to), normalize, cancellationToken);
    }

    /// <summary>Embeds images given as the bytes of their files.</summary>
    /// <inheritdoc cref="EmbedImages(IReadOnlyList{string}, bool, CancellationToken)"/>
    /// <param name="encoded">The files' bytes.</param>
    /// <param name="normalize">Whether to scale each embedding to length 1.</param>
    /// <param name="cancellationToken">Checked between images.</param>
    public float[][] EmbedImages(
        IReadOnlyList<ReadOnlyMemory<byte>> encoded, bool normalize = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        var tower = ImageTower;
        return EmbedImages(tower, encoded.Count, Prepare, normalize, cancellationToken);

        void Prepare(int index, Span<float> pixels)
        {
            try
            {
                tower.Preprocessor.Preprocess(encoded[index].Span, pixels);
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException($"Image {index} of {encoded.Count} cannot be read: {e.Message}", e);
            }
        }
    }

    /// <summary>Embeds decoded images. They stay the caller's.</summary>
    /// <inheritdoc cref="EmbedImages(IReadOnlyList{string}, bool, CancellationToken)"/>
    /// <param name="images">The images.</param>
    /// <param name="normalize">Whether to scale each embedding to length 1.</param>
    /// <param name="cancellationToken">Checked between images.</param>
    public float[][] EmbedImages(IReadOnlyList<MLImage> images, bool normalize = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        var tower = ImageTower;
        if (images.Any(i => i is null)) throw new ArgumentException("An image is null; leave out what is not there.", nameof(images));
        return EmbedImages(tower, images.Count, (i, to) => tower.Preprocessor.Preprocess(images[i], to), normalize, cancellationToken);
    }

    /// <summary>What turns cosines into scores; throws where a SigLIP folder does not tell, rather than score with a guess.</summary>
    internal ClipScoring RequireScoring() => !_folder.Config.IsSiglip
        || ((_options.LogitScale ?? Trained.Scale) is not null && LogitBias is not null)
        ? new ClipScoring(LogitScale, LogitBias)
        : throw new InvalidDataException(
            $"Model folder '{Folder}' holds a SigLIP model, but no model.safetensors with its logit_scale and logit_bias; "
            + "set ClipModelOptions.LogitScale and LogitBias.");

    /// <summary>Closes the sessions, once the calls in flight have ended.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            _imageTower?.Dispose();
            _textTower?.Dispose();
            _combined?.Dispose();
        }
    }

    private static float[][] Rows(float[] embeddings, int dimension, bool normalize)
    {
        if (normalize) EmbeddingMath.NormalizeRows(embeddings, dimension);
        return [.. embeddings.Chunk(dimension)];
    }

    private float[][] EmbedImages(
        ImageTower tower, int count, ImagePreparer prepare, bool normalize, CancellationToken cancellationToken) =>
        Rows(tower.Embed(count, _options.BatchSize, prepare, cancellationToken), tower.Dimension, normalize);

    /// <summary>What lies in the file of weights, which is only needed for scores.</summary>
    private TrainedLogits Trained => _trained.Problem is { } problem
        ? throw new InvalidDataException($"{problem} It has the scale of the scores; or set ClipModelOptions.LogitScale and LogitBias.")
        : _trained;

    /// <summary>What a property asks of a folder, as long as it is open.</summary>
    private T Tell<T>(Func<T> value)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return value();
        }
    }

    /// <summary>
    /// Refuses, and closes, a tower without its projection, or of another width than the other one: those are not of one model.
    /// </summary>
    private void Check(IDisposable tower, OnnxSignature graph, string output, int dimension, int? other)
    {
        try
        {
            ProjectedFeatures.Require(graph, output, dimension, _folder.Config);
            if (other is null || other == dimension) return;
            var (images, texts) = tower is ImageTower ? (dimension, other.Value) : (other.Value, dimension);
            throw new InvalidDataException(
                $"'{_folder.RequireVision()}' puts out {images} numbers and '{_folder.RequireText()}' {texts}: they are not the towers "
                + "of one model, or one of them lacks its projection.");
        }
        catch
        {
            tower.Dispose();
            throw;
        }
    }

    /// <summary>A session for one tower; both towers of a combined file hold the same.</summary>
    private OnnxSession Session(string file)
    {
        if (file != _folder.CombinedFile) return OnnxSession.Open(new OnnxFile(file), _options.Session);
        _combined ??= OnnxSession.Open(new OnnxFile(file), _options.Session);
        return _combined.Share();
    }
}
