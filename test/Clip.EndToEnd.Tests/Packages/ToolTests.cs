using System.IO.Compression;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Clip.EndToEnd.Tests.Packages;

/// <summary>The command as a .NET tool: packed for this system, installed from a local source into a fresh folder, run.</summary>
[Collection(PackedLibraries.Name)]
public sealed class ToolTests(TrainedModel trained)
{
    private const long MaxBytes = 250_000_000;

    [SkippableFact]
    public async Task TheCommandIsInstalledFromALocalSourceAndRuns()
    {
        Skip.IfNot(
            Environment.GetEnvironmentVariable("CLIP_TEST_TOOL") == "1",
            "Packing and installing libtorch takes a minute or two: set CLIP_TEST_TOOL to 1, as .ci/run does.");
        using var folder = new TempFolder();
        var system = RuntimeInformation.RuntimeIdentifier;
        (await RunAsync(
            folder, "dotnet", "pack", Path.Combine(Metadata("Root"), "src/Clip.Cli"), "-c", Configuration, "-o", folder["source"],
            $"-p:ToolPackageRuntimeIdentifiers={system}")).Succeeded();

        var packed = Assert.Single(Directory.GetFiles(folder["source"], $"Clip.Cli.{system}.*.nupkg"));
        Assert.InRange(new FileInfo(packed).Length, 1, MaxBytes);
        using (var package = ZipFile.OpenRead(packed))
        {
            string[] files = [.. package.Entries.Select(e => e.FullName)];
            Assert.Contains(files, f => f.EndsWith("licenses/TorchSharp/LICENSE.txt", StringComparison.Ordinal));
            Assert.All(Others, other => Assert.DoesNotContain(files, f => f.EndsWith(other, StringComparison.Ordinal)));
        }

        folder.Write("NuGet.config", """
            <configuration><packageSources><clear /><add key="packed" value="source" /></packageSources></configuration>
            """);
        (await RunAsync(
            folder, "dotnet", "tool", "install", "Clip.Cli", "--tool-path", "tools", "--configfile", "NuGet.config")).Succeeded();

        var clip = folder[OperatingSystem.IsWindows() ? "tools/clip.exe" : "tools/clip"];
        var help = (await RunAsync(folder, clip, "quickstart", "--help")).Succeeded();
        Assert.Contains("Draws captioned pictures", help.Output, StringComparison.Ordinal);

        var picture = trained.Picture("red", "square");
        var classified = (await RunAsync(
            folder, clip, "classify", "--model", trained.Folder, "--labels", trained.Labels, "--top", "1", picture)).Succeeded();
        Assert.EndsWith("%  red square", classified.OutputLines[^1], StringComparison.Ordinal);

        // libtorch loads from the tool's own folder.
        (await RunAsync(
            folder, clip, "train", "--train-data", trained.TrainTable, "--model", trained.ConfigFile, "--tokenizer", trained.Folder,
            "--batch-size", "4", "--max-steps", "1", "--output", folder["model"])).Succeeded();
    }

    /// <summary>How names of other systems' native libraries end.</summary>
    private static string[] Others =>
        OperatingSystem.IsLinux() ? [".dylib", "onnxruntime.dll", "torch_cpu.dll", "libtorch_python.so"]
        : OperatingSystem.IsMacOS() ? [".so", "onnxruntime.dll", "torch_cpu.dll"]
        : [".so", ".dylib"];

    private static string Configuration { get; } =
        typeof(ToolTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    private static async Task<Outcome> RunAsync(TempFolder folder, string program, params string[] arguments)
    {
        using var process = ChildProcess.Start(program, folder.Path, arguments);
        return await process.FinishAsync();
    }

    private static string Metadata(string key) =>
        typeof(ToolTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
