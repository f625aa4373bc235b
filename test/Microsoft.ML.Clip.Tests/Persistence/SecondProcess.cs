using System.Diagnostics;
using System.Text;
using Microsoft.ML.Clip.Files;

namespace Microsoft.ML.Clip.Tests.Persistence;

/// <summary>
/// Another process of the same program, for what a process does at its end or finds of another: it makes a temporary folder in a root,
/// tells its path, and ends when it is told to, or is killed.
/// </summary>
internal sealed class SecondProcess : IDisposable
{
    private readonly Process _process;

    public SecondProcess(string root)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (var argument in new[] { "exec", typeof(SecondProcess).Assembly.Location, root }) start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        Folder = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The second process did not start.");
    }

    /// <summary>The folder that it made.</summary>
    public string Folder { get; }

    /// <summary>The program that the second process runs.</summary>
    public static void Main(string[] args)
    {
        var folder = TemporaryFolder.Create(args[0]);
        File.WriteAllText(Path.Combine(folder.Path, "image.onnx"), "");
        Console.WriteLine(folder.Path);
        Console.ReadLine();
        GC.KeepAlive(folder);
    }

    public void EndByItself()
    {
        _process.StandardInput.WriteLine();
        _process.WaitForExit();
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }
}
