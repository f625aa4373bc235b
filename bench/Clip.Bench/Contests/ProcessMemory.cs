using System.Globalization;

namespace Clip.Bench;

/// <summary>Linux's account of this process.</summary>
internal static class ProcessMemory
{
    /// <summary>A line of it, such as VmRSS or VmHWM, in MiB.</summary>
    public static double MiB(string name)
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024;
    }
}
