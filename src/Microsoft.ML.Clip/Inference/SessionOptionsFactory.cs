using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip;

/// <summary>Turns our plain settings into ONNX Runtime's.</summary>
internal static class SessionOptionsFactory
{
    public static SessionOptions Create(ClipSessionOptions settings)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(settings.IntraOpThreads);
        ArgumentOutOfRangeException.ThrowIfNegative(settings.InterOpThreads);
        var options = new SessionOptions
        {
            IntraOpNumThreads = settings.IntraOpThreads,
            GraphOptimizationLevel = settings.GraphOptimization switch
            {
                ClipGraphOptimization.All => GraphOptimizationLevel.ORT_ENABLE_ALL,
                ClipGraphOptimization.Extended => GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
                ClipGraphOptimization.Basic => GraphOptimizationLevel.ORT_ENABLE_BASIC,
                _ => GraphOptimizationLevel.ORT_DISABLE_ALL,
            },
        };
        try
        {
            if (settings.InterOpThreads > 1)
            {
                options.ExecutionMode = ExecutionMode.ORT_PARALLEL;
                options.InterOpNumThreads = settings.InterOpThreads;
            }

            if (!settings.AllowSpinning) options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            if (settings.ProfilePrefix is { } prefix)
            {
                options.ProfileOutputPathPrefix = prefix;
                options.EnableProfiling = true;
            }

            if (settings.ExecutionProvider == ClipExecutionProvider.Cuda) AppendCuda(options, settings);
            return options;
        }
        catch
        {
            options.Dispose();
            throw;
        }
    }

    private static void AppendCuda(SessionOptions options, ClipSessionOptions settings)
    {
        var device = settings.GpuDeviceId ?? 0;
        try
        {
            options.AppendExecutionProvider_CUDA(device);
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            if (settings.FallbackToCpu) return;
            throw new NotSupportedException(
                $"ONNX Runtime cannot use GPU {device} ({e.Message.Trim()}): reference Microsoft.ML.OnnxRuntime.Gpu, or set FallbackToCpu.",
                e);
        }
    }
}
