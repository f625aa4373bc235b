namespace Clip.EndToEnd.Tests;

/// <summary>The <c>clip</c> command line as its users run it: built, in a process of its own.</summary>
internal static class ClipProcess
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "clip.dll");

    /// <summary>Runs a command to its end.</summary>
    public static Task<Outcome> RunAsync(params string[] arguments) => RunInAsync(Path.GetTempPath(), arguments);

    /// <summary>Runs a command to its end in a folder, to which its paths may be relative.</summary>
    public static async Task<Outcome> RunInAsync(string folder, params string[] arguments)
    {
        using var process = Start(folder, arguments);
        return await process.FinishAsync();
    }

    /// <summary>Starts a command that can be interrupted.</summary>
    public static ChildProcess Start(string folder, params string[] arguments) =>
        ChildProcess.InterruptibleDotnet(folder, Arguments(arguments));

    /// <summary>What <c>dotnet</c> takes to run a command.</summary>
    public static IEnumerable<string> Arguments(string[] arguments) => arguments.Prepend(Program);
}
