using System.Diagnostics;
using Clip.Conversion.Tokenizing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using SkiaSharp;

namespace Clip.Cli.Tests.Starting;

/// <summary>What a command does not need it does not load: starting would take longer.</summary>
public sealed class LoadedTests : IDisposable
{
    /// <summary>The beginnings of names, of assemblies and on Linux of native libraries, that belong to other commands.</summary>
    private static readonly string[] OfOthers =
    [
        "TorchSharp", "LibTorch", "libtorch", "libLibTorch", "libc10", "Microsoft.AspNetCore", "ModelContextProtocol", "OpenTelemetry",
        "Npgsql", "Pgvector", "Parquet", "Microsoft.ML.AutoML", "Microsoft.ML.FastTree", "Magick",
    ];

    /// <summary>
    /// What .NET runs before the command: it writes down at the end what is loaded. An assembly of its own, for this one brings libtorch.
    /// </summary>
    private const string Hook =
        """
        using System;
        using System.IO;
        using System.Linq;

        internal static class StartupHook
        {
            public static void Initialize() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
            {
                var managed = AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name);
                var native = OperatingSystem.IsLinux()
                    ? File.ReadLines("/proc/self/maps").Select(line => Path.GetFileName(line[(line.LastIndexOf(' ') + 1)..]))
                        .Where(name => name.Contains(".so"))
                    : [];
                File.WriteAllLines(Environment.GetEnvironmentVariable("CLIP_TESTS_LOADED"), managed.Concat(native).Distinct());
            };
        }
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task VersionNeedsNoModelsLibraries()
    {
        var loaded = await LoadedByAsync("--version");
        Assert.Contains("clip", loaded);
        Assert.Equal([], Those(loaded, name => IsOfOthers(name) || name.Contains("onnxruntime", StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public async Task ClassifyNeedsNothingOfOtherCommands()
    {
        BpeTrainer.Train(["a photo of a cat and a dog"], 530).Save(_folder["tokenizer"]);
        _folder.Write("tiny.json", TinyRun.Config);
        await CommandLine.RunAsync(
            ["init", "--model", _folder["tiny.json"], "--output", _folder["model"], "--tokenizer", _folder["tokenizer"]]);
        using (var bitmap = new SKBitmap(32, 32))
        using (var encoded = bitmap.Encode(SKEncodedImageFormat.Png, 100))
            File.WriteAllBytes(_folder["picture.png"], encoded.ToArray());

        var loaded = await LoadedByAsync("classify", _folder["picture.png"], "--labels", "cat", "dog", "--model", _folder["model"]);
        Assert.Contains("Microsoft.ML.OnnxRuntime", loaded);
        Assert.Equal([], Those(loaded, IsOfOthers));
    }

    /// <summary>As a list, so that a failure names them all.</summary>
    private static string[] Those(string[] loaded, Func<string, bool> which) => [.. loaded.Where(which)];

    private static bool IsOfOthers(string name) => OfOthers.Any(other => name.StartsWith(other, StringComparison.Ordinal));

    private async Task<string[]> LoadedByAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "clip.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_STARTUP_HOOKS"] = CompileHook();
        start.Environment["CLIP_TESTS_LOADED"] = _folder["loaded.txt"];
        using var process = Process.Start(start)!;
        var (printed, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await printed + await error);
        return await File.ReadAllLinesAsync(_folder["loaded.txt"]);
    }

    private string CompileHook()
    {
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal));
        var path = _folder["hook.dll"];
        var made = CSharpCompilation.Create(
            "hook", [CSharpSyntaxTree.ParseText(Hook)], platform.Select(dll => MetadataReference.CreateFromFile(dll)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)).Emit(path);
        Assert.True(made.Success, string.Join('\n', made.Diagnostics));
        return path;
    }
}
