using System.Diagnostics;
using System.Text.Json;

namespace Clip.Bench;

/// <summary>The PyTorch script in a process of its own, which waits for its turns and times itself.</summary>
internal sealed class PyTorchStep : IDisposable
{
    private readonly Process _process;

    private PyTorchStep(Process process) => _process = process;

    /// <summary>What it said of its version.</summary>
    public required string Version { get; init; }

    /// <summary>Starts the script; false where this Python has no PyTorch.</summary>
    public static PyTorchStep? Start(string python, string script, StepData data, int threads, bool foreachAdamW)
    {
        var start = new ProcessStartInfo(python, [script, data.Settings, data.Start, $"{threads}", foreachAdamW ? "foreach" : "loop"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = $"{threads}";
        var process = Process.Start(start)!;
        if (process.StandardOutput.ReadLine() is not { } hello) return null;
        var versions = JsonSerializer.Deserialize<JsonElement>(hello);
        return new(process) { Version = $"PyTorch {versions.GetProperty("torch")}, Python {versions.GetProperty("python")}" };
    }

    /// <summary>Takes a step.</summary>
    public (TimeSpan Time, double Loss) Step()
    {
        _process.StandardInput.WriteLine();
        var answer = JsonSerializer.Deserialize<JsonElement>(
            _process.StandardOutput.ReadLine()
                ?? throw new InvalidOperationException("The PyTorch script ended early; its message is above."));
        return (TimeSpan.FromSeconds(answer.GetProperty("seconds").GetDouble()), answer.GetProperty("loss").GetDouble());
    }

    public void Dispose()
    {
        // The end of its input ends it.
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
