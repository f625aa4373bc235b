using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace Clip.Bench;

/// <summary>
/// <c>start</c>: what a user waits for before the first answer, and the memory it takes, each in a process of its own, in turns.
/// </summary>
internal static class StartCommand
{
    private const string Classify = "`clip classify` of a picture, process", BothBare = "two bare sessions, process";

    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "A model folder with one ONNX file a tower, as init writes it." };
        var rounds = ContestOptions.Rounds(5);
        var one = new Option<string?>("--one") { Description = "Does one road in this process.", Hidden = true };
        var command = new Command("start", "Times starting, saving and loading, and the memory they take, beside bare sessions.")
        {
            folder, rounds, one,
        };
        command.SetAction(parsed =>
        {
            var path = Path.GetFullPath(parsed.GetValue(folder)!);
            if (parsed.GetValue(one) is { } name) StartRoads.Run(name, path);
            else All(path, parsed.GetValue(rounds));
        });
        return command;
    }

    private static void All(string folder, int rounds)
    {
        var temporary = Directory.CreateTempSubdirectory("clip-bench-").FullName;
        try
        {
            var picture = Photographs.Write(temporary, 1)[0];
            Environment.SetEnvironmentVariable(StartRoads.PictureVariable, picture);
            List<(string Name, Func<Run> Run)> roads = [.. StartRoads.Names.Select(name => (name, (Func<Run>)(() => Apart(name, folder))))];
            roads.Add((BothBare, () => Timed(Self("bare-both", folder))));
            var command = Path.Combine(AppContext.BaseDirectory, "clip.dll");
            roads.Add((Classify, () => Timed(
                [command, "classify", picture, "--labels", "cat", "dog", "car", "--model", folder])));
            foreach (var road in roads) road.Run();
            var runs = roads.ToDictionary(road => road.Name, _ => new List<Run>());
            for (var round = 0; round < rounds; round++)
            {
                foreach (var road in round % 2 == 0 ? roads : Enumerable.Reverse(roads)) runs[road.Name].Add(road.Run());
                Console.Error.WriteLine($"round {round + 1} of {rounds}");
            }

            Console.WriteLine("\n| what | median s | lowest | highest | of the processor | peak MiB |\n|---|---:|---:|---:|---:|---:|");
            foreach (var road in roads)
            {
                var seconds = runs[road.Name].Select(run => run.Seconds).Order().ToArray();
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {StartRoads.Told(road.Name)} | {seconds[seconds.Length / 2]:F2} | {seconds[0]:F2} | {seconds[^1]:F2} "
                    + $"| {runs[road.Name].Select(run => run.Processor).Order().ElementAt(seconds.Length / 2):F2} "
                    + $"| {runs[road.Name].Max(run => run.PeakMiB):F0} |"));
            }
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    public static string[] Self(string name, string folder) =>
        [Path.Combine(AppContext.BaseDirectory, "Clip.Bench.dll"), "start", folder, "--one", name];

    /// <summary>A road that times itself, in a process of its own.</summary>
    private static Run Apart(string name, string folder)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", Self(name, folder)) { RedirectStandardOutput = true })!;
        var told = process.StandardOutput.ReadToEnd().Trim().Split(' ');
        process.WaitForExit();
        var numbers = told.Select(word => double.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        return new(numbers[0], numbers[1], numbers[2]);
    }

    /// <summary>A process, from its start to its end; its memory is looked at while it runs.</summary>
    private static Run Timed(string[] arguments)
    {
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var (peak, processor) = (0.0, 0.0);
        while (!process.WaitForExit(5))
        {
            process.Refresh();
            try
            {
                peak = Math.Max(peak, process.PeakWorkingSet64 / (1024.0 * 1024));
                processor = process.TotalProcessorTime.TotalSeconds;
            }
            catch (InvalidOperationException)
            {
                // It has just ended.
            }
        }

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        output.Wait();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{string.Join(' ', arguments)} failed.");
        return new(seconds, processor, peak);
    }

    private sealed record Run(double Seconds, double Processor, double PeakMiB);
}
