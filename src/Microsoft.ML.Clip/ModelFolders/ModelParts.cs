using Microsoft.ML.Clip.Imaging;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Text.Bpe;

namespace Microsoft.ML.Clip.ModelFolders;

/// <summary>
/// What a model folder tells without a session: tokenizer, preprocessing, and what stands in the towers' files. Each is read when first
/// asked for.
/// </summary>
internal sealed class ModelParts
{
    private readonly ClipModelOptions _options;
    private readonly Lazy<OnnxSignature> _vision;
    private readonly Lazy<OnnxSignature> _text;
    private readonly Lazy<TextTokenizer> _tokenizer;
    private readonly Lazy<ClipImagePreprocessing?> _told;

    public ModelParts(ClipFolder folder, ClipModelOptions options)
    {
        (Folder, _options) = (folder, options);
        _vision = Once(() => new OnnxFile(folder.RequireVision()).ReadSignature());
        _text = Once(() => new OnnxFile(folder.RequireText()).ReadSignature());
        _tokenizer = Once(() => TextTokenizer.Open(folder.RequireTokenizer()));
        _told = Once(() => (options.Preprocessing ?? PreprocessingFile.ReadFolder(folder.Path, out _)) is { } told ? Set(told) : null);

        // Errors are not kept: a folder may be mended.
        static Lazy<T> Once<T>(Func<T> read) => new(read, LazyThreadSafetyMode.PublicationOnly);
    }

    public ClipFolder Folder { get; }

    public TextTokenizer Tokenizer => _tokenizer.Value;

    /// <summary>The preprocessing that options or files tell; null where neither does.</summary>
    public ClipImagePreprocessing? ToldPreprocessing => _told.Value;

    /// <summary>The width of embeddings, where one of the towers' files tells it; null where only a session can.</summary>
    /// <remarks>One good tower is enough: who only embeds texts need not know that the image tower's file is broken.</remarks>
    /// <exception cref="InvalidDataException">No file tells it, and one is not what its name says, or lacks the projection.</exception>
    public int? Dimension
    {
        get
        {
            InvalidDataException? error = null;
            var isCombined = Folder.CombinedFile is not null;
            if ((Folder.VisionFile is not null || isCombined) && Try(_vision, TowerOutput.Image) is { } ofImages) return ofImages;
            if ((Folder.TextFile is not null || isCombined) && Try(_text, TowerOutput.Text) is { } ofTexts) return ofTexts;
            return error is null ? null : throw error;

            int? Try(Lazy<OnnxSignature> graph, Func<OnnxSignature, string?> output)
            {
                try
                {
                    return Width(graph.Value, output(graph.Value));
                }
                catch (InvalidDataException e)
                {
                    error ??= e;
                    return null;
                }
            }
        }
    }

    /// <summary>The longest token sequence, where the text tower's file or the folder tells it; null where only a session can.</summary>
    public int? ContextLength
    {
        get
        {
            if (_text.Value.TokenIds is not { } ids) return null;
            return _text.Value.Inputs[ids].Dimensions[1] is > 0 and var length
                ? length : LongestText ?? Tokenizer.PublishedContextLength;
        }
    }

    /// <summary>The preprocessing that is told, else CLIP's own at the size of the image tower's input.</summary>
    /// <exception cref="InvalidDataException">Nothing tells it, and the model is not one of CLIP's own.</exception>
    public ClipImagePreprocessing Preprocessing()
    {
        if (ToldPreprocessing is { } told) return told;
        var graph = _vision.Value;
        var pixels = graph.Pixels ?? throw new InvalidDataException(
            $"'{graph.Path}' is no image tower: it has no float input of shape [batch, 3, height, width].");
        return Set(OwnPreprocessing.For(graph.Inputs[pixels].Dimensions, graph.Path, Folder.Config));
    }

    public TextTowerSettings TextSettings() => new()
    {
        ContextLength = LongestText,
        Truncate = _options.TruncateTexts,
        ImageSize = Folder.RequireText() == Folder.CombinedFile && ToldPreprocessing is { } images
            ? ClipImagePreprocessor.Create(images).Height : null,
        Padding = Texts.Padding,
    };

    private TextFolder Texts => new(Folder.Config, Tokenizer, VocabularyReader.PaddingToken(Folder.RequireTokenizer()));

    /// <summary>What options or files tell.</summary>
    private int? LongestText => _options.ContextLength ?? (Folder.Config.ContextLength is null ? null : Texts.ContextLength);

    /// <summary>With what the options turn on, whatever the preprocessing says.</summary>
    private ClipImagePreprocessing Set(ClipImagePreprocessing preprocessing) => preprocessing with
    {
        ApplyExifOrientation = preprocessing.ApplyExifOrientation || _options.ApplyExifOrientation,
        Decode = _options.Decode == ImageDecoding.Scaled ? ImageDecoding.Scaled : preprocessing.Decode,
    };

    private int? Width(OnnxSignature graph, string? output)
    {
        if (output is null || graph.Outputs[output].Dimensions[1] is not (> 0 and var width)) return null;
        ProjectedFeatures.Require(graph, output, width, Folder.Config);
        return width;
    }
}
