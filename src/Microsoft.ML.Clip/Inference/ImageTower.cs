using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip.Inference;

/// <summary>
/// The image encoder: pixels as [batch, 3, height, width] in, projected features as [batch, dimension] out, not normalised.
/// </summary>
internal sealed class ImageTower : IDisposable
{
    private readonly OnnxSession _session;
    private readonly string _pixels;
    private readonly TensorElementType _pixelType;
    private readonly TensorElementType _outputType;
    private readonly string[] _inputNames;
    private readonly OrtValue[] _companions;
    private readonly int _fixedBatch;
    private int _disposed;

    private ImageTower(OnnxSession session, ClipImagePreprocessing preprocessing)
    {
        _session = session;
        var graph = session.Signature;
        _pixels = graph.Pixels ?? throw new InvalidDataException(
            $"'{session.File.Path}' is no image tower: it has no float input of shape [batch, 3, height, width].");
        var input = graph.Inputs[_pixels];
        _pixelType = input.ElementType;
        _fixedBatch = Math.Max(0, input.Dimensions[0]);
        Preprocessing = preprocessing;
        Preprocessor = ClipImagePreprocessor.Create(Preprocessing);
        CheckSize(input.Dimensions, session.File.Path);

        Output = TowerOutput.RequireImage(graph);
        _outputType = graph.Outputs[Output].ElementType;

        // A combined graph computes both towers: the text side gets the shortest text there is.
        string?[] textInputs = [graph.TokenIds, graph.Mask, graph.TokenTypes];
        graph.RefuseOthers([_pixels, .. textInputs]);
        var others = textInputs.OfType<string>().ToArray();
        _inputNames = [_pixels, .. others];
        _companions = [.. others.Select(name => session.Keep(TokenTensor.Constant(graph.Inputs[name], name == graph.TokenTypes ? 0 : 1)))];
        Dimension = graph.Outputs[Output].Dimensions[1] is > 0 and var known ? known : Probe();
    }

    public ClipImagePreprocessing Preprocessing { get; }

    public ClipImagePreprocessor Preprocessor { get; }

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
    /// <exception cref="InvalidDataException">It is no image tower's, or takes images of another size.</exception>
    public static ImageTower Create(OnnxSession session, ClipImagePreprocessing preprocessing)
    {
        try
        {
            return new ImageTower(session, preprocessing);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Another holder of the same session.</summary>
    public ImageTower Share()
    {
        ThrowIfDisposed();
        _session.Share();
        var other = (ImageTower)MemberwiseClone();
        other._disposed = 0;
        return other;
    }

    /// <summary>The rows that buffers must have for <paramref name="count"/> images: more only where the graph's batch is fixed.</summary>
    public int RowsFor(int count) => _fixedBatch == 0 ? count : (count + _fixedBatch - 1) / _fixedBatch * _fixedBatch;

    /// <summary>
    /// Embeds <paramref name="count"/> preprocessed images; <paramref name="pixels"/> and <paramref name="embeddings"/> have room for
    /// <see cref="RowsFor"/> rows.
    /// </summary>
    public void Run(Memory<float> pixels, int count, Memory<float> embeddings)
    {
        ThrowIfDisposed();
        var size = _fixedBatch == 0 ? count : _fixedBatch;
        for (var start = 0; start < count; start += size)
        {
            using var input = FloatTensor.Input(
                pixels.Slice(start * Preprocessor.FloatCount, size * Preprocessor.FloatCount),
                [size, 3, Preprocessor.Height, Preprocessor.Width], _pixelType);
            using var output = FloatTensor.Output(embeddings.Slice(start * Dimension, size * Dimension), [size, Dimension], _outputType);
            _session.Run(_inputNames, [input.Value, .. _companions], Output, output.Value);
            output.Complete();
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

    private void CheckSize(int[] shape, string path)
    {
        int[] made = [3, Preprocessor.Height, Preprocessor.Width];
        var taken = shape[1..];
        if (taken.Zip(made).All(size => size.First <= 0 || size.First == size.Second)) return;
        throw new InvalidDataException(
            $"'{path}' takes images of {string.Join('×', taken)}, but the preprocessing makes {string.Join('×', made)}.");
    }

    /// <summary>The dimension, where the graph does not declare it: seen by running a black image.</summary>
    private int Probe()
    {
        var rows = RowsFor(1);
        using var input = FloatTensor.Input(
            new float[rows * Preprocessor.FloatCount], [rows, 3, Preprocessor.Height, Preprocessor.Width], _pixelType);
        return _session.ProbeDimension(_inputNames, [input.Value, .. _companions], Output);
    }
}
