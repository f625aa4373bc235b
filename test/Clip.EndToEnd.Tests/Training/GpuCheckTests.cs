using System.Reflection;
using System.Text.Json;

namespace Clip.EndToEnd.Tests.Training;

/// <summary>The check that is carried to a machine with a GPU, run on the CPU: its parts fit before it travels.</summary>
public sealed class GpuCheckTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task AllPartsRunOnTheCpu()
    {
        var root = typeof(GpuCheckTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Root").Value!;
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        var app = Path.Combine(root, "bench/Clip.Bench/bin", built.Parent!.Name, built.Name);
        Skip.IfNot(OperatingSystem.IsLinux(), "It is a script for Linux.");
        Skip.IfNot(File.Exists(Path.Combine(app, "Clip.Bench.dll")), "bench/Clip.Bench is not built; build the solution.");
        Skip.IfNot(Directory.GetFiles("/usr/bin", "python3").Length > 0, "There is no python3.");
        Pictures.Draw(_folder, "train", ofEach: 2);
        Pictures.Draw(_folder, "val", ofEach: 1);

        string[] script = [Path.Combine(root, "bench/gpu/check.sh"), _folder["gpu.json"]];
        using var check = ChildProcess.Start("bash", _folder.Path, script, new Dictionary<string, string>
        {
            ["CLIP_APP"] = app,
            ["CLIP_DATA"] = _folder.Path,
            ["CLIP_DEVICE"] = "cpu",
            ["CLIP_LARGE"] = Path.Combine(root, "bench/pytorch/tiny.json"),
            ["CLIP_MINUTES"] = "0.05",
            ["CLIP_PYTHON"] = "/usr/bin/python3",
            ["CLIP_STEPS"] = "1",
            ["CLIP_TORCH"] = Path.Combine(app, "runtimes/linux-x64/native"),
        });
        (await check.FinishAsync()).Succeeded();

        using var result = JsonDocument.Parse(File.ReadAllBytes(_folder["gpu.json"]));
        var (parts, ours) = (result.RootElement, result.RootElement.GetProperty("ours").GetProperty("result"));
        Assert.True(ours.GetProperty("exact").GetBoolean());
        Assert.True(ours.GetProperty("step_seconds").GetProperty("bf16").GetDouble() > 0);
        Assert.Equal(0, parts.GetProperty("train").GetProperty("exit").GetInt32());
        Assert.Equal(0, parts.GetProperty("evaluate").GetProperty("exit").GetInt32());
    }
}
