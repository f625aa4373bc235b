using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Clip.Inference;

/// <summary>
/// A tower's graph as ONNX Runtime made it for this processor, and its weights laid out as the kernels read them, in a folder beside the
/// tower: what starting consists of, done once. The weights are mapped into memory and not copied. It belongs to one version of ONNX
/// Runtime, one kind of processor, one degree of optimization and one way to multiply int8, which are in its name, and to the tower's very
/// bytes.
/// </summary>
internal static class OptimizedGraph
{
    public const string FolderName = ".optimized";

    private const string Graph = "model.onnx", Weights = "model.onnx.data", Source = "source.txt";

    /// <summary>A session of the kept graph, or where there is none of the tower's own, which is kept for the next time.</summary>
    /// <param name="path">The tower.</param>
    /// <param name="options">The settings; on the CPU.</param>
    public static InferenceSession Open(string path, ClipSessionOptions options)
    {
        var tower = new OnnxFile(path);
        tower.Check();
        var place = PlaceOf(path, options);
        if (IsOf(place, tower) && OpenKept(place, options) is { } kept) return kept;
        var aside = $"{place}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(aside);
            var session = OpenKeeping(path, aside, options);
            File.WriteAllText(Path.Combine(aside, Source), string.Join('\n', [tower.ComputeSha256(), .. Stamps(tower)]));
            Put(aside, place);
            return session;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OnnxRuntimeException)
        {
            // A folder that cannot be written to, a full disk: as without the option. A tower that is none says so here again.
            Remove(aside);
            using var settings = SessionOptionsFactory.Create(options with { CacheOptimizedGraph = false });
            return new InferenceSession(path, settings);
        }
    }

    private static InferenceSession? OpenKept(string place, ClipSessionOptions options)
    {
        try
        {
            // It is as optimized as it gets.
            var asItIs = options with { GraphOptimization = ClipGraphOptimization.None, CacheOptimizedGraph = false };
            using var settings = SessionOptionsFactory.Create(asItIs);
            return new InferenceSession(Path.Combine(place, Graph), settings);
        }
        catch (OnnxRuntimeException)
        {
            return null; // Damaged: it is made anew.
        }
    }

    private static InferenceSession OpenKeeping(string path, string aside, ClipSessionOptions options)
    {
        using var settings = SessionOptionsFactory.Create(options);
        settings.OptimizedModelFilePath = Path.Combine(aside, Graph);
        settings.AddSessionConfigEntry("session.optimized_model_external_initializers_file_name", Weights);
        settings.AddSessionConfigEntry("session.optimized_model_external_initializers_min_size_in_bytes", "1024");
        // It warns that the file is for this processor, which is why the processor is in its name.
        settings.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
        return new InferenceSession(path, settings);
    }

    private static string PlaceOf(string path, ClipSessionOptions options)
    {
        var how = $"{options.GraphOptimization}\n{options.AllowInt8Saturation}";
        var made = $"1\n{OrtEnv.Instance().GetVersionString()}\n{CpuIdentity.Text}\n{how}";
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(made)))[..16];
        return Path.Combine(
            Path.GetDirectoryName(Path.GetFullPath(path))!, FolderName, $"{Path.GetFileNameWithoutExtension(path)}-{key}");
    }

    /// <summary>
    /// Whether what is kept was made of this tower: by its looks, and where those have changed, as when a folder was copied, by its bytes.
    /// The record has a line for these and one for each file's looks.
    /// </summary>
    private static bool IsOf(string place, OnnxFile tower)
    {
        try
        {
            var file = Path.Combine(place, Source);
            if (!File.Exists(file)) return false;
            var record = RegularFile.ReadAllText(file, RegularFile.MaxSettings).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return record.Skip(1).SequenceEqual(Stamps(tower)) || record.FirstOrDefault() == tower.ComputeSha256();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return false;
        }
    }

    private static string[] Stamps(OnnxFile tower) =>
    [
        .. tower.Content.Select(file => string.Create(
            CultureInfo.InvariantCulture, $"{file.Length} {file.Written.Ticks} {file.Change.Number} {file.Change.Time}")),
    ];

    /// <summary>In one step, so that nobody sees half of it; of two that were made at once either will do.</summary>
    private static void Put(string aside, string place)
    {
        Remove(place);
        try
        {
            Directory.Move(aside, place);
        }
        catch (IOException)
        {
            Remove(aside);
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // On Windows, another process still reads it; what cannot be replaced is told from the tower by its record.
        }
    }
}
