using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Inference;

/// <summary>Starts ONNX Runtime sessions, by path: bytes would lose external data.</summary>
internal static class SessionStart
{
    /// <returns>The session, and why the CPU computes where a GPU was asked for, if so.</returns>
    public static (InferenceSession Session, string? Fallback) Open(string path, ClipSessionOptions options)
    {
        if (options.CacheOptimizedGraph && options.ExecutionProvider != ClipExecutionProvider.Cuda)
            return (OptimizedGraph.Open(path, options), null);
        options = options with { CacheOptimizedGraph = false };
        using var settings = SessionOptionsFactory.Create(options, out var fallback);
        try
        {
            return (new InferenceSession(path, settings), fallback);
        }
        catch (OnnxRuntimeException e) when (options.ExecutionProvider == ClipExecutionProvider.Cuda && fallback is null)
        {
            // The GPU's fault (no driver, no memory) or the file's? On the CPU only the latter fails again.
            return OpenOnCpu(path, options, e);
        }
    }

    private static (InferenceSession Session, string? Fallback) OpenOnCpu(
        string path, ClipSessionOptions options, OnnxRuntimeException failure)
    {
        using var settings = SessionOptionsFactory.Create(options with { ExecutionProvider = ClipExecutionProvider.Cpu });
        var session = new InferenceSession(path, settings);
        var told = SessionOptionsFactory.CannotUseGpu(options, failure);
        if (options.FallbackToCpu) return (session, told);
        session.Dispose();
        throw new NotSupportedException(told, failure);
    }
}
