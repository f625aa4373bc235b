using System.Text.Json.Serialization;

namespace Microsoft.ML.Clip;

/// <summary>Where ONNX Runtime computes.</summary>
public enum ClipExecutionProvider
{
    /// <summary>On the CPU, unless the <see cref="MLContext"/> names a GPU (<see cref="MLContext.GpuDeviceId"/>).</summary>
    Default = 0,

    /// <summary>On the CPU, whatever the <see cref="MLContext"/> says.</summary>
    Cpu,

    /// <summary>On an NVIDIA GPU; the application must reference <c>Microsoft.ML.OnnxRuntime.Gpu</c>, in place of
    /// <c>Microsoft.ML.OnnxRuntime</c>.</summary>
    Cuda,
}

/// <summary>How far ONNX Runtime rewrites a graph before running it.</summary>
public enum ClipGraphOptimization
{
    /// <summary>Every rewrite it has (default).</summary>
    All = 0,

    /// <summary>Those that keep to the standard's operators, and fusions.</summary>
    Extended,

    /// <summary>Redundant nodes only.</summary>
    Basic,

    /// <summary>None: the graph as written.</summary>
    None,
}

/// <summary>
/// Settings of the ONNX Runtime sessions, as plain values: they are saved with a pipeline as JSON, and no type of ONNX Runtime is.
/// </summary>
public sealed record ClipSessionOptions
{
    /// <summary>Threads within one operator; 0 (default) is one per physical core.</summary>
    public int IntraOpThreads { get; init; }

    /// <summary>
    /// Threads across operators, used when above 1; 0 (default) runs operators one after the other, best for CLIP's towers.
    /// </summary>
    public int InterOpThreads { get; init; }

    /// <summary>
    /// Whether idle threads spin while they wait for the next operator. <see langword="true"/> (default) is fastest for a session alone;
    /// <see langword="false"/> leaves the cores to others, e.g. to several sessions at once.
    /// </summary>
    public bool AllowSpinning { get; init; } = true;

    /// <summary>
    /// Whether int8 weights are multiplied as ONNX Runtime does by itself on x86 processors without VNNI: up to twice as fast, with sums of
    /// two products cut off where they go beyond 16 bits. <see langword="false"/> (default) is exact, where
    /// <see cref="GraphOptimization"/> is <see cref="ClipGraphOptimization.Extended"/> or more. On other processors, for weights of 7 bits
    /// and for those without a sign it makes no difference.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool AllowInt8Saturation { get; init; }

    /// <summary>Where to compute.</summary>
    public ClipExecutionProvider ExecutionProvider { get; init; }

    /// <summary>The GPU; <see langword="null"/> (default) takes <see cref="MLContext.GpuDeviceId"/>, and without it 0.</summary>
    public int? GpuDeviceId { get; init; }

    /// <summary>
    /// Whether to use the CPU where the GPU cannot be used, as <see cref="MLContext.FallbackToCpu"/>. Default <see langword="false"/>.
    /// Pipelines tell of it in <see cref="MLContext.Log"/>.
    /// </summary>
    public bool FallbackToCpu { get; init; }

    /// <summary>
    /// Whether a GPU may multiply float32 in TF32, with 10 bits of precision in place of 23, as ONNX Runtime does by itself from NVIDIA's
    /// Ampere on: faster, and no longer exact. Default <see langword="false"/>, as PyTorch's matrix products.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool AllowTf32 { get; init; }

    /// <summary>How far the graph is optimised.</summary>
    public ClipGraphOptimization GraphOptimization { get; init; }

    /// <summary>
    /// Whether to keep the graph as ONNX Runtime makes it, with its weights as this processor's kernels read them, beside the tower, in
    /// the folder <c>.optimized</c>: the next start reads that, in a fraction of the time and of the memory, and computes the same.
    /// It takes twice the tower's size on disk, and is made anew where the tower, ONNX Runtime, the processor or one of
    /// <see cref="GraphOptimization"/> and <see cref="AllowInt8Saturation"/> is another. Default
    /// <see langword="false"/>. It has no effect on a GPU, in a folder that cannot be written to, and for a tower out of a saved pipeline.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool CacheOptimizedGraph { get; init; }

    /// <summary>Path prefix of profiling files that ONNX Runtime writes; <see langword="null"/> (default) profiles nothing.</summary>
    public string? ProfilePrefix { get; init; }
}
