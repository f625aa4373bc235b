using Microsoft.ML.Clip.Files;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Inference;

/// <summary>Starts ONNX Runtime sessions.</summary>
internal static class SessionStart
{
    /// <summary>ONNX Runtime's name for the folder that a graph in memory has its external data in.</summary>
    private const string Folder = "session.model_external_initializers_file_folder_path";

    /// <returns>The session, and why the CPU computes where a GPU was asked for, if so.</returns>
    public static (InferenceSession Session, string? Fallback) Open(string path, ClipSessionOptions options)
    {
        if (options.CacheOptimizedGraph && options.ExecutionProvider != ClipExecutionProvider.Cuda)
            return (OptimizedGraph.Open(path, options), null);
        options = options with { CacheOptimizedGraph = false };
        if (options.ExecutionProvider != ClipExecutionProvider.Cuda && OpenMapped(path, options) is { } mapped) return (mapped, null);
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

    /// <summary>A session that reads the large matrices where they lie: half the time, and less memory, for the same numbers.</summary>
    internal static InferenceSession? OpenMapped(string path, ClipSessionOptions options)
    {
        // ONNX Runtime takes nothing from outside the folder, to which a link may lead.
        var file = RegularFile.Resolve(path).FullName;
        if (MappedMatrices.Read(file) is not { } graph) return null;
        using var settings = SessionOptionsFactory.Create(options);
        settings.AddSessionConfigEntry(Folder, Path.GetDirectoryName(file)!);
        try
        {
            return new InferenceSession(graph, settings);
        }
        catch (OnnxRuntimeException)
        {
            return null; // A version that does not know of that folder, or a file that is broken: opened by its path, it says so.
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
