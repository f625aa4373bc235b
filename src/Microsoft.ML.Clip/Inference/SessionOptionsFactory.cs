using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Inference;

/// <summary>Turns our plain settings into ONNX Runtime's.</summary>
internal static class SessionOptionsFactory
{
    /// <exception cref="DllNotFoundException">The application references none of ONNX Runtime's native packages.</exception>
    /// <exception cref="NotSupportedException">The GPU cannot be used, and the settings do not allow the CPU instead.</exception>
    public static SessionOptions Create(ClipSessionOptions settings) => Create(settings, out _);

    /// <param name="settings">The settings.</param>
    /// <param name="fallback">Why the CPU computes where a GPU was asked for; <see langword="null"/> where it does not.</param>
    public static SessionOptions Create(ClipSessionOptions settings, out string? fallback)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(settings.IntraOpThreads);
        ArgumentOutOfRangeException.ThrowIfNegative(settings.InterOpThreads);
        fallback = null;
        var options = CreateNative();
        try
        {
            options.IntraOpNumThreads = settings.IntraOpThreads;
            options.GraphOptimizationLevel = settings.GraphOptimization switch
            {
                ClipGraphOptimization.All => GraphOptimizationLevel.ORT_ENABLE_ALL,
                ClipGraphOptimization.Extended => GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
                ClipGraphOptimization.Basic => GraphOptimizationLevel.ORT_ENABLE_BASIC,
                _ => GraphOptimizationLevel.ORT_DISABLE_ALL,
            };
            if (settings.InterOpThreads > 1)
            {
                options.ExecutionMode = ExecutionMode.ORT_PARALLEL;
                options.InterOpNumThreads = settings.InterOpThreads;
            }

            if (!settings.AllowSpinning) options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            // ONNX Runtime would do so where there is VNNI, too, and be slower there for nothing.
            if (!settings.AllowInt8Saturation) options.AddSessionConfigEntry("session.x64quantprecision", CpuIdentity.HasVnni ? "0" : "1");
            if (settings.CacheOptimizedGraph)
                options.AddSessionConfigEntry("session.save_external_prepacked_constant_initializers", "1");
            if (settings.ProfilePrefix is { } prefix)
            {
                options.ProfileOutputPathPrefix = prefix;
                options.EnableProfiling = true;
            }

            if (settings.ExecutionProvider == ClipExecutionProvider.Cuda) fallback = AppendCuda(options, settings);
            return options;
        }
        catch
        {
            options.Dispose();
            throw;
        }
    }

    /// <summary>What to tell of a GPU that was asked for and cannot be used: an error, or with a fallback a warning.</summary>
    public static string CannotUseGpu(ClipSessionOptions settings, Exception why)
    {
        var reason = why.Message.ReplaceLineEndings(" ").Trim().TrimEnd('.');
        return $"ONNX Runtime cannot use GPU {settings.GpuDeviceId ?? 0} ({reason}): "
            + (settings.FallbackToCpu
                ? "the CPU is used. For the GPU, reference Microsoft.ML.OnnxRuntime.Gpu in place of Microsoft.ML.OnnxRuntime."
                : "reference Microsoft.ML.OnnxRuntime.Gpu in place of Microsoft.ML.OnnxRuntime, or set FallbackToCpu.");
    }

    /// <summary>The CUDA execution provider's settings by its names for them.</summary>
    internal static Dictionary<string, string> CudaEntries(ClipSessionOptions settings) => new()
    {
        ["device_id"] = (settings.GpuDeviceId ?? 0).ToString(CultureInfo.InvariantCulture),
        ["use_tf32"] = settings.AllowTf32 ? "1" : "0",
    };

    private static string? AppendCuda(SessionOptions options, ClipSessionOptions settings)
    {
        try
        {
            using var cuda = new OrtCUDAProviderOptions();
            cuda.UpdateOptions(CudaEntries(settings));
            options.AppendExecutionProvider_CUDA(cuda);
            return null;
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            var told = CannotUseGpu(settings, e);
            return settings.FallbackToCpu ? told : throw new NotSupportedException(told, e);
        }
    }

    private static SessionOptions CreateNative()
    {
        try
        {
            return new SessionOptions();
        }
        catch (TypeInitializationException e) when (e.GetBaseException() is DllNotFoundException absent)
        {
            throw new DllNotFoundException(
                "ONNX Runtime's native library is not among the application's files: add a reference to the package "
                + "Microsoft.ML.OnnxRuntime (CPU), Microsoft.ML.OnnxRuntime.Gpu, .DirectML, .OpenVino or .QNN to the application.",
                absent);
        }
    }
}
