using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Tests.DataViews;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.Clip.Tests.Persistence;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Tests.Settings;

/// <summary>Every setting of the sessions arrives in ONNX Runtime's own options; all are saved with a pipeline and loaded.</summary>
public sealed class SessionSettingsTests : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter() } };

    private readonly TinyFolder _folder = new();

    public static TheoryData<string> All => SettingRows.Of<ClipSessionOptions>();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(All))]
    public void Arrives(string setting)
    {
        var row = Rows().Find(setting);
        See(row.Set(new ClipSessionOptions()));
        Assert.ThrowsAny<Exception>(() => See(new ClipSessionOptions()));

        void See(ClipSessionOptions settings)
        {
            using var made = SessionOptionsFactory.Create(settings, out var fallback);
            row.Arrives(new(made, fallback, SessionOptionsFactory.CudaEntries(settings)));
        }
    }

    [Fact]
    public void ByDefaultOperatorsRunOneAfterTheOther_OnAsManyThreadsAsThereAreCores_FullyOptimized()
    {
        using var options = SessionOptionsFactory.Create(new ClipSessionOptions { InterOpThreads = 1 });
        Assert.Equal(
            (ExecutionMode.ORT_SEQUENTIAL, 0, GraphOptimizationLevel.ORT_ENABLE_ALL, false),
            (options.ExecutionMode, options.IntraOpNumThreads, options.GraphOptimizationLevel, options.EnableProfiling));
        Assert.Throws<ArgumentOutOfRangeException>(() => SessionOptionsFactory.Create(new ClipSessionOptions { IntraOpThreads = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => SessionOptionsFactory.Create(new ClipSessionOptions { InterOpThreads = -1 }));
        foreach (var (ours, theirs) in new[]
        {
            (ClipGraphOptimization.None, GraphOptimizationLevel.ORT_DISABLE_ALL),
            (ClipGraphOptimization.Basic, GraphOptimizationLevel.ORT_ENABLE_BASIC),
            (ClipGraphOptimization.Extended, GraphOptimizationLevel.ORT_ENABLE_EXTENDED),
        })
        {
            using var optimized = SessionOptionsFactory.Create(new ClipSessionOptions { GraphOptimization = ours });
            Assert.Equal(theirs, optimized.GraphOptimizationLevel);
        }
    }

    [Theory]
    [InlineData("image")]
    [InlineData("text")]
    [InlineData("zero-shot")]
    public void AllAreSavedAndLoaded(string kind)
    {
        var session = new ClipSessionOptions
        {
            IntraOpThreads = 3,
            InterOpThreads = 2,
            AllowInt8Saturation = true,
            AllowSpinning = false,
            AllowTf32 = true,
            ExecutionProvider = ClipExecutionProvider.Cpu,
            GpuDeviceId = 7,
            FallbackToCpu = true,
            GraphOptimization = ClipGraphOptimization.Basic,
            ProfilePrefix = _folder["profile"],
            CacheOptimizedGraph = true,
        };
        Assert.Empty(SettingRows.Untouched(session));
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(PictureRow.From(_folder, 2));
        var options = new ClipModelOptions { Session = session };
        ITransformer fitted = kind switch
        {
            "image" => ml.Transforms.ClipFeaturizeImage(new ClipImageFeaturizingEstimator.Options
            {
                InputColumnName = "ImagePath",
                ModelFolder = _folder.Path,
                ModelOptions = options,
            }).Fit(data),
            "text" => ml.Transforms.ClipFeaturizeText(new ClipTextFeaturizingEstimator.Options
            {
                InputColumnName = "Caption",
                ModelFolder = _folder.Path,
                ModelOptions = options,
            }).Fit(data),
            _ => ml.Transforms.ClipClassifyZeroShot(new ClipZeroShotEstimator.Options
            {
                InputColumnName = "ImagePath",
                ModelFolder = _folder.Path,
                ModelOptions = options,
                Labels = TinyFolder.Colors,
            }).Fit(data),
        };
        ml.Model.Save(fitted, data.Schema, _folder["model.zip"]);
        Assert.Equal(session, Saved());
        var loaded = new MLContext().Model.Load(_folder["model.zip"], out _);
        ml.Model.Save(loaded, data.Schema, _folder["model.zip"]);
        Assert.Equal(session, Saved());

        ClipSessionOptions? Saved() => SavedZip.Settings(_folder["model.zip"])["Session"].Deserialize<ClipSessionOptions>(Json);
    }

    private Dictionary<string, SettingRow<ClipSessionOptions, Made>> Rows() => new()
    {
        [nameof(ClipSessionOptions.IntraOpThreads)] = new(
            s => s with { IntraOpThreads = 3 }, made => Assert.Equal(3, made.Options.IntraOpNumThreads)),
        [nameof(ClipSessionOptions.InterOpThreads)] = new(s => s with { InterOpThreads = 2 }, made => Assert.Equal(
            (2, ExecutionMode.ORT_PARALLEL), (made.Options.InterOpNumThreads, made.Options.ExecutionMode))),
        [nameof(ClipSessionOptions.AllowInt8Saturation)] = new(
            s =>
            {
                using var exact = SessionOptionsFactory.Create(s);
                Assert.Equal(CpuIdentity.HasVnni ? "0" : "1", ConfigEntry(exact, "session.x64quantprecision"));
                return s with { AllowInt8Saturation = true };
            },
            made => Assert.Null(ConfigEntry(made.Options, "session.x64quantprecision"))),
        [nameof(ClipSessionOptions.AllowSpinning)] = new(
            s => s with { AllowSpinning = false },
            made => Assert.Equal("0", ConfigEntry(made.Options, "session.intra_op.allow_spinning"))),
        [nameof(ClipSessionOptions.AllowTf32)] = new(
            s =>
            {
                Assert.Equal("0", SessionOptionsFactory.CudaEntries(s)["use_tf32"]);
                return s with { AllowTf32 = true };
            },
            made => Assert.Equal("1", made.Cuda["use_tf32"])),
        [nameof(ClipSessionOptions.ExecutionProvider)] = new(
            s => s with { ExecutionProvider = ClipExecutionProvider.Cuda, FallbackToCpu = true }, made => AsksForGpu(made.Fallback, 0)),
        [nameof(ClipSessionOptions.GpuDeviceId)] = new(
            s => s with { ExecutionProvider = ClipExecutionProvider.Cuda, FallbackToCpu = true, GpuDeviceId = 77 },
            made =>
            {
                AsksForGpu(made.Fallback, 77);
                Assert.Equal("77", made.Cuda["device_id"]);
            }),
        [nameof(ClipSessionOptions.FallbackToCpu)] = new(
            s =>
            {
                var strict = s with { ExecutionProvider = ClipExecutionProvider.Cuda, GpuDeviceId = 77 };
                Assert.Throws<NotSupportedException>(() => SessionOptionsFactory.Create(strict));
                return strict with { FallbackToCpu = true };
            },
            made => AsksForGpu(made.Fallback, 77)),
        [nameof(ClipSessionOptions.GraphOptimization)] = new(
            s => s with { GraphOptimization = ClipGraphOptimization.Basic },
            made => Assert.Equal(GraphOptimizationLevel.ORT_ENABLE_BASIC, made.Options.GraphOptimizationLevel)),
        [nameof(ClipSessionOptions.CacheOptimizedGraph)] = new(
            s => s with { CacheOptimizedGraph = true },
            made => Assert.Equal("1", ConfigEntry(made.Options, "session.save_external_prepacked_constant_initializers"))),
        [nameof(ClipSessionOptions.ProfilePrefix)] = new(s => s with { ProfilePrefix = _folder["profile"] }, made => Assert.Equal(
            (true, _folder["profile"]), (made.Options.EnableProfiling, made.Options.ProfileOutputPathPrefix))),
    };

    /// <summary>ONNX Runtime's settings, and those of its CUDA execution provider.</summary>
    private sealed record Made(SessionOptions Options, string? Fallback, IReadOnlyDictionary<string, string> Cuda);

    /// <summary>The tests run with ONNX Runtime's package for the CPU, which has no GPU to give.</summary>
    private static void AsksForGpu(string? fallback, int device)
    {
        Assert.NotNull(fallback);
        Assert.Contains($"cannot use GPU {device} ", fallback, StringComparison.Ordinal);
        Assert.Contains("the CPU is used", fallback, StringComparison.Ordinal);
    }

    /// <summary>ONNX Runtime's C# API sets entries and does not give them back: its C API does.</summary>
    private static string? ConfigEntry(SessionOptions options, string key)
    {
        var native = typeof(SessionOptions).Assembly.GetType("Microsoft.ML.OnnxRuntime.NativeMethods")!;
        var api = native.GetFields(BindingFlags.Static | BindingFlags.NonPublic).Single(f => f.FieldType.Name == "OrtApi");
        var pointer = (IntPtr)api.FieldType.GetField("GetSessionConfigEntry")!.GetValue(api.GetValue(null))!;
        var get = Marshal.GetDelegateForFunctionPointer<GetSessionConfigEntry>(pointer);
        var value = new byte[64];
        nuint length = (nuint)value.Length;
        return get(options.DangerousGetHandle(), key, value, ref length) != IntPtr.Zero
            ? null
            : System.Text.Encoding.UTF8.GetString(value, 0, (int)length - 1);
    }

    [UnmanagedFunctionPointer(CallingConvention.Winapi)]
    private delegate IntPtr GetSessionConfigEntry(
        IntPtr options, [MarshalAs(UnmanagedType.LPUTF8Str)] string key, byte[] value, ref nuint length);
}
