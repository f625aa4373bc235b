using System.Diagnostics;
using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Clip.Cli.Tests.Options;

/// <summary>What a command did, as one text: its exit code, what it printed, and what it wrote, whose folder is called OUT.</summary>
internal static partial class Observation
{
    private static readonly string[] Texts = [".json", ".txt", ".csv", ".html"];

    /// <summary>Runs a command in this process.</summary>
    public static async Task<string> OfAsync(string[] arguments, string stage, string output)
    {
        using var printed = new PrintedHere();
        var exit = await CommandLine.RunAsync(arguments);
        return Text(exit, printed.ToString(), stage, output);
    }

    /// <summary>Runs a command in a process with variables of its own.</summary>
    public static async Task<string> ApartAsync(
        string[] arguments, string stage, string output, IReadOnlyDictionary<string, string> variables)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "clip.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (printed, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return Text(process.ExitCode, await printed + await error, stage, output);
    }

    private static string Text(int exit, string printed, string stage, string output)
    {
        var text = new StringBuilder($"exit {exit}\n{printed}\n");
        IEnumerable<string> files = Directory.Exists(output) ? Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories)
            : Directory.EnumerateFiles(Path.GetDirectoryName(output)!, $"{Path.GetFileName(output)}*")
                .Where(file => file == output || file.StartsWith($"{output}.", StringComparison.Ordinal));
        // A pipe that shards came out of has no length, and reading it would wait for more.
        foreach (var file in files.Where(file => !file.EndsWith(".tar", StringComparison.Ordinal) || new FileInfo(file).Length > 0)
            .Order(StringComparer.Ordinal))
        {
            var bytes = File.ReadAllBytes(file);
            text.Append($"{file}: {bytes.Length} bytes, {Convert.ToHexStringLower(SHA256.HashData(bytes))[..8]}\n{Inside(file, bytes)}");
        }

        text.Replace(output, "OUT").Replace(stage, "~");
        return Seconds().Replace(text.ToString(), "SECONDS");
    }

    private static string Inside(string file, byte[] bytes)
    {
        switch (Path.GetExtension(file))
        {
            case ".safetensors":
                using (var header = JsonDocument.Parse(bytes.AsMemory(8, (int)BitConverter.ToInt64(bytes))))
                    return string.Concat(header.RootElement.EnumerateObject().Select(tensor => $"  {tensor.Name}\n"));
            case ".tar":
                var members = new StringBuilder();
                using (var tar = new TarReader(new MemoryStream(bytes)))
                {
                    while (tar.GetNextEntry(copyData: true) is { } entry)
                    {
                        var isText = entry.Name.EndsWith(".txt", StringComparison.Ordinal) && entry.DataStream is not null;
                        members.Append($"  {entry.Name} {(isText ? new StreamReader(entry.DataStream!).ReadToEnd() : "")}\n");
                    }
                }

                return members.ToString();
            case "":
                // An index, whose captions are in it as they are.
                return string.Concat(Captions().Matches(Encoding.Latin1.GetString(bytes)).Select(match => $"  {match.Value}\n"));
            default:
                return Texts.Contains(Path.GetExtension(file)) ? Encoding.UTF8.GetString(bytes) + "\n" : "";
        }
    }

    [GeneratedRegex("[ -~]{5,}")]
    private static partial Regex Captions();

    /// <summary>How long something took, which is never twice the same.</summary>
    [GeneratedRegex("""\d+(\.\d+)? s\b|\d+(\.\d+)? pictures/s|"seconds": [\d.]+""")]
    private static partial Regex Seconds();
}
