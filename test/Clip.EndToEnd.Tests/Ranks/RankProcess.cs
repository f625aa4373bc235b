using System.Globalization;

namespace Clip.EndToEnd.Tests;

/// <summary>The <c>clip</c> command line on two ranks.</summary>
internal static class RankProcess
{
    /// <summary>Starts a command on two ranks.</summary>
    public static ChildProcess Start(string folder, params string[] arguments) =>
        Start(folder, arguments, arguments);

    /// <summary>Starts two ranks with arguments of their own.</summary>
    public static ChildProcess Start(string folder, string[] first, string[] second)
    {
        var mpirun = Mpirun.Require();
        string[] one = [.. Mpirun.Arguments(1), "dotnet", .. ClipProcess.Arguments(first)];
        return ChildProcess.Start(
            mpirun, folder, [.. one, ":", "-np", "1", "dotnet", .. ClipProcess.Arguments(second)], Mpirun.Variables);
    }

    /// <summary>Kills a rank (SIGKILL) of the job that writes to a folder.</summary>
    /// <returns>Whether there was one.</returns>
    public static bool Kill(int rank, string output)
    {
        foreach (var folder in Directory.GetDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)))
        {
            if (!Read(folder, "environ").Contains($"OMPI_COMM_WORLD_RANK={rank}") || !Read(folder, "cmdline").Contains(output)) continue;
            try
            {
                using var process = System.Diagnostics.Process.GetProcessById(
                    int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
                process.Kill();
                return true;
            }
            catch (ArgumentException)
            {
                // It has ended meanwhile.
            }
        }

        return false;
    }

    private static string[] Read(string folder, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, name)).Split('\0');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // another user's, or ended
        }
    }
}
