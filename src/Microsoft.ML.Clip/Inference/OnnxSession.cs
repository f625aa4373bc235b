using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Inference;

/// <summary>
/// An ONNX Runtime session opened by path (bytes would lose external data) and counted: it closes, and its temporary files go,
/// when the last holder has let go and the last run in flight has ended. Runs are thread-safe.
/// </summary>
internal sealed class OnnxSession : IDisposable
{
    /// <summary>The owner of sessions that no transformer owns; its type lies in a room above this one.</summary>
    public const string ModelOwner = "ClipModel";

    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly List<IDisposable> _kept = [];
    private int _holders = 1;

    private OnnxSession(OnnxFile file, InferenceSession session, string? fallback) =>
        (File, _session, Fallback, Signature) = (file, session, fallback, OnnxSignature.Of(file.Path, session));

    public OnnxFile File { get; }

    /// <summary>Why the CPU computes where a GPU was asked for; <see langword="null"/> where it does not.</summary>
    public string? Fallback { get; }

    /// <summary>The graph's inputs and outputs, with the shapes that ONNX Runtime inferred.</summary>
    public OnnxSignature Signature { get; }

    /// <summary>Takes over the file's temporary folder, if it has one, also where opening fails.</summary>
    public static OnnxSession Open(OnnxFile file, ClipSessionOptions options)
    {
        try
        {
            file.Check();
            using var settings = SessionOptionsFactory.Create(options, out var fallback);
            try
            {
                return new OnnxSession(file, new InferenceSession(file.Path, settings), fallback);
            }
            catch (OnnxRuntimeException e) when (options.ExecutionProvider == ClipExecutionProvider.Cuda && fallback is null)
            {
                // The GPU's fault (no driver, no memory) or the file's? On the CPU only the latter fails again.
                return OpenOnCpu(file, options, e);
            }
        }
        catch (Exception e)
        {
            file.Owner?.Dispose();
            if (e is not OnnxRuntimeException) throw;
            throw new InvalidDataException($"ONNX Runtime cannot open '{file.Path}': {e.Message.ReplaceLineEndings(" ").Trim()}", e);
        }
    }

    private static OnnxSession OpenOnCpu(OnnxFile file, ClipSessionOptions options, OnnxRuntimeException failure)
    {
        using var settings = SessionOptionsFactory.Create(options with { ExecutionProvider = ClipExecutionProvider.Cpu });
        var session = new InferenceSession(file.Path, settings);
        var told = SessionOptionsFactory.CannotUseGpu(options, failure);
        if (options.FallbackToCpu) return new OnnxSession(file, session, told);
        session.Dispose();
        throw new NotSupportedException(told, failure);
    }

    /// <summary>The exception of a use after disposal; a disposed <c>PredictionEngine</c> disposed its transformer with it.</summary>
    public static ObjectDisposedException Closed(string owner) => owner == ModelOwner
        ? new ObjectDisposedException(owner)
        : new ObjectDisposedException(owner, $"The {owner} was disposed, by itself or with a PredictionEngine that owned it; see "
            + "PredictionEngineOptions.OwnsTransformer.");

    /// <summary>Counts one more holder, who must dispose in turn.</summary>
    public OnnxSession Share()
    {
        int holders;
        do
        {
            holders = Volatile.Read(ref _holders);
            if (holders == 0) throw Closed(ModelOwner);
        }
        while (Interlocked.CompareExchange(ref _holders, holders + 1, holders) != holders);
        return this;
    }

    public void Run(IReadOnlyCollection<string> inputNames, IReadOnlyCollection<OrtValue> inputs, string outputName, OrtValue output)
    {
        Share();
        try
        {
            _session.Run(_runOptions, inputNames, inputs, [outputName], [output]);
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>The last dimension of an output that the graph leaves open, seen by a run.</summary>
    public int ProbeDimension(IReadOnlyCollection<string> inputNames, IReadOnlyCollection<OrtValue> inputs, string outputName)
    {
        using var outputs = _session.Run(_runOptions, inputNames, inputs, [outputName]);
        return checked((int)outputs[0].GetTensorTypeAndShape().Shape[^1]);
    }

    /// <summary>Ties a constant input's life to the session's, so that no run in flight loses it.</summary>
    public OrtValue Keep(OrtValue constant)
    {
        _kept.Add(constant);
        return constant;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) != 0) return;
        _session.Dispose();
        _kept.ForEach(k => k.Dispose());
        _runOptions.Dispose();
        File.Owner?.Dispose();
    }
}
