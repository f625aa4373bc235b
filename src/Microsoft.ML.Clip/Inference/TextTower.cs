using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip.Inference;

/// <summary>
/// The text encoder: token ids as [batch, length] in, projected features as [batch, dimension] out, not normalised. CLIP's attention is
/// causal and the feature is taken at the first end-of-text, so nothing after it counts: a batch is cut to its longest text, and the
/// shorter ones are filled up with end-of-text, which neither a first-occurrence nor an arg-max pooling mistakes for the first. SigLIP's
/// is not, and pools at the last position: its texts are all filled up to the context's length. BERT's kind has a mask that hides what
/// a text is filled up with.
/// </summary>
internal sealed class TextTower : IDisposable
{
    private const int DefaultImageSize = 224;

    private readonly OnnxSession _session;
    private readonly string _ids;
    private readonly string? _mask;
    private readonly string? _types;
    private readonly TensorElementType _outputType;
    private readonly string[] _inputNames;
    private readonly OrtValue[] _companions;
    private readonly int _fixedBatch;
    private readonly TokenRows _rows;
    private int _disposed;

    private TextTower(OnnxSession session, TextTokenizer tokenizer, TextTowerSettings settings)
    {
        _session = session;
        var graph = session.Signature;
        _ids = graph.TokenIds ?? throw new InvalidDataException(
            $"'{session.File.Path}' is no text tower: it has no integer input of shape [batch, length].");
        _mask = graph.Mask;
        _types = graph.TokenTypes;
        Output = TowerOutput.RequireText(graph);
        _outputType = graph.Outputs[Output].ElementType;
        var input = graph.Inputs[_ids];
        _fixedBatch = Math.Max(0, input.Dimensions[0]);
        var hasFixedLength = input.Dimensions[1] > 0;
        var length = hasFixedLength ? input.Dimensions[1] : settings.ContextLength ?? tokenizer.PublishedContextLength;
        _rows = new TokenRows(tokenizer, length, settings.Padding)
        {
            HasFixedLength = hasFixedLength,
            TakesMask = _mask is not null,
            Truncate = settings.Truncate,
        };
        Settings = settings with { ContextLength = length };

        // A combined graph computes both towers: the image side gets one black image.
        var pixels = graph.Pixels;
        graph.RefuseOthers(_ids, _mask, _types, pixels);
        _inputNames = [_ids, .. new[] { _mask, _types, pixels }.OfType<string>()];
        _companions = pixels is null ? [] : [session.Keep(BlackImage(session, pixels, settings.ImageSize ?? DefaultImageSize))];
        Dimension = graph.Outputs[Output].Dimensions[1] is > 0 and var known ? known : Probe();
    }

    public TextTokenizer Tokenizer => _rows.Tokenizer;

    public TextTowerSettings Settings { get; }

    public int ContextLength => _rows.ContextLength;

    public int Dimension { get; }

    /// <summary>The graph's inputs and outputs.</summary>
    public OnnxSignature Signature => _session.Signature;

    /// <summary>The output that features are taken from.</summary>
    public string Output { get; }

    public OnnxFile File => _session.File;

    /// <inheritdoc cref="OnnxSession.Fallback"/>
    public string? Fallback => _session.Fallback;

    /// <summary>Whose this is, for the sentence of a use after it was closed.</summary>
    public string Owner { get; set; } = OnnxSession.ModelOwner;

    /// <summary>Takes over <paramref name="session"/>.</summary>
    /// <exception cref="InvalidDataException">It is no text tower's.</exception>
    public static TextTower Create(OnnxSession session, TextTokenizer tokenizer, TextTowerSettings settings)
    {
        try
        {
            return new TextTower(session, tokenizer, settings);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Another holder of the same session.</summary>
    public TextTower Share()
    {
        ThrowIfDisposed();
        _session.Share();
        var other = (TextTower)MemberwiseClone();
        other._disposed = 0;
        return other;
    }

    /// <summary>The text's tokens and those around it, no padding; at most <see cref="ContextLength"/> of them.</summary>
    public int[] Tokenize(string text, out bool truncated) => _rows.Tokenize(text, out truncated);

    /// <summary>Embeds tokenized texts into <paramref name="embeddings"/>, [texts, dimension].</summary>
    public void Run(ReadOnlySpan<int[]> texts, Memory<float> embeddings)
    {
        ThrowIfDisposed();
        for (var start = 0; start < texts.Length;)
        {
            var batch = texts.Slice(start, CountTogether(texts[start..])).ToArray();
            var size = _fixedBatch == 0 ? batch.Length : _fixedBatch;
            if (batch.Length == size)
            {
                RunBatch(batch, size, embeddings.Slice(start * Dimension, size * Dimension));
            }
            else
            {
                var rows = new float[size * Dimension];
                RunBatch(batch, size, rows);
                rows.AsMemory(0, batch.Length * Dimension).CopyTo(embeddings[(start * Dimension)..]);
            }

            start += batch.Length;
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) _session.Dispose();
    }

    private void ThrowIfDisposed()
    {
        if (_disposed != 0) throw OnnxSession.Closed(Owner);
    }

    /// <summary>How many of the next texts run together: those of one length, where nothing hides what fills them up.</summary>
    private int CountTogether(ReadOnlySpan<int[]> texts)
    {
        var most = _fixedBatch == 0 ? texts.Length : Math.Min(_fixedBatch, texts.Length);
        if (!_rows.RunApart) return most;
        var count = 1;
        while (count < most && texts[count].Length == texts[0].Length) count++;
        return count;
    }

    private void RunBatch(int[][] texts, int rows, Memory<float> embeddings)
    {
        var inputs = Inputs(texts, rows);
        try
        {
            using var output = FloatTensor.Output(embeddings, [rows, Dimension], _outputType);
            _session.Run(_inputNames, [.. inputs, .. _companions], Output, output.Value);
            output.Complete();
        }
        finally
        {
            inputs.ForEach(i => i.Dispose());
        }
    }

    /// <summary>Ids and, where wanted, mask; rows beyond the texts (graphs of fixed batch) repeat the last text.</summary>
    private List<OrtValue> Inputs(int[][] texts, int rows)
    {
        var length = _rows.LengthOf(texts.Max(t => t.Length));
        var inputs = new List<OrtValue>
        {
            TokenTensor.Create(_session.Signature.Inputs[_ids], rows, length, (r, row) => _rows.FillIds(Text(r), row)),
        };
        if (_mask is not null)
            inputs.Add(TokenTensor.Create(_session.Signature.Inputs[_mask], rows, length, (r, row) => _rows.FillMask(Text(r), row)));

        if (_types is not null)
            inputs.Add(TokenTensor.Create(_session.Signature.Inputs[_types], rows, length, (_, row) => row.Clear()));

        return inputs;

        int[] Text(int row) => texts[Math.Min(row, texts.Length - 1)];
    }

    private static OrtValue BlackImage(OnnxSession session, string pixels, int side)
    {
        var (type, shape) = session.Signature.Inputs[pixels];
        long[] size = [Math.Max(1, shape[0]), 3, shape[2] > 0 ? shape[2] : side, shape[3] > 0 ? shape[3] : side];
        return FloatTensor.Input(new float[size[0] * size[1] * size[2] * size[3]], size, type).Value;
    }

    /// <summary>The dimension, where the graph does not declare it: seen by running the empty text.</summary>
    private int Probe()
    {
        var inputs = Inputs([Tokenize("", out _)], Math.Max(1, _fixedBatch));
        try
        {
            return _session.ProbeDimension(_inputNames, [.. inputs, .. _companions], Output);
        }
        finally
        {
            inputs.ForEach(i => i.Dispose());
        }
    }
}
