using System.Diagnostics;

namespace Clip.Testing;

/// <summary>Makes named pipes, and runs what must not wait for one.</summary>
internal static class NamedPipe
{
    /// <summary>Puts a named pipe with no writer in a file's place.</summary>
    public static void Make(string path)
    {
        Skip.If(OperatingSystem.IsWindows(), "Named pipes are files on Unix only.");
        File.Delete(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var mkfifo = Process.Start("mkfifo", [path]);
        mkfifo.WaitForExit();
        Assert.Equal(0, mkfifo.ExitCode);
    }

    /// <summary>What an action throws, within seconds.</summary>
    public static T Throws<T>(Action action)
        where T : Exception
    {
        var task = Task.Run(() => Assert.ThrowsAny<T>(action));
        Assert.True(task.Wait(TimeSpan.FromSeconds(20)), "It waits for a writer.");
        return task.Result;
    }
}
