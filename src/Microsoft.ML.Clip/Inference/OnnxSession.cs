using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Inference;

/// <summary>
/// A hold on an ONNX Runtime session, which others that opened the same content may share, and counted itself: it lets go, and its
/// temporary files go, when its last holder has let go and the last run in flight has ended. Runs are thread-safe.
/// </summary>
internal sealed class OnnxSession : IDisposable
{
    /// <summary>The owner of sessions that no transformer owns; its type lies in a room above this one.</summary>
    public const string ModelOwner = "ClipModel";

    private readonly SharedSession _shared;
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly List<IDisposable> _kept = [];
    private int _holders = 1;

    private OnnxSession(OnnxFile file, SharedSession shared) =>
        (File, _shared, _session, Signature) = (file, shared, shared.Session, OnnxSignature.Of(file.Path, shared.Session));

    /// <summary>The file that this was opened from; another of the same content may have been the one that was read.</summary>
    public OnnxFile File { get; }

    /// <summary>Why the CPU computes where a GPU was asked for; <see langword="null"/> where it does not.</summary>
    public string? Fallback => _shared.Fallback;

    /// <summary>The graph's inputs and outputs, with the shapes that ONNX Runtime inferred.</summary>
    public OnnxSignature Signature { get; }

    /// <summary>Takes over the file's temporary folder, if it has one, also where opening fails.</summary>
    public static OnnxSession Open(OnnxFile file, ClipSessionOptions options)
    {
        try
        {
            file.Check();
            var shared = SharedSession.Hold(file, options);
            try
            {
                return new OnnxSession(file, shared);
            }
            catch
            {
                shared.Release();
                throw;
            }
        }
        catch (Exception e)
        {
            file.Owner?.Dispose();
            if (e is not OnnxRuntimeException) throw;
            throw new InvalidDataException($"ONNX Runtime cannot open '{file.Path}': {e.Message.ReplaceLineEndings(" ").Trim()}", e);
        }
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
        _shared.Release();
        _kept.ForEach(k => k.Dispose());
        _runOptions.Dispose();
        File.Owner?.Dispose();
    }
}
