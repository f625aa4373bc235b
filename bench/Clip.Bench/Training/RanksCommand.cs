using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;

namespace Clip.Bench;

/// <summary>
/// <c>ranks</c>: training and embedding on two ranks of one core each, beside one rank and beside two processes that do not speak to each
/// other; and from what that comes to, what more ranks would.
/// </summary>
internal static class RanksCommand
{
    private static readonly TrainingSize[] Sizes =
    [
        new("4 layers of 128", Layers: 4, Width: 128, Pairs: 64),
        new("6 layers of 256", Layers: 6, Width: 256, Pairs: 32),
        new("8 layers of 512", Layers: 8, Width: 512, Pairs: 16),
    ];

    public static Command Create()
    {
        var rounds = new Option<int>("--rounds")
        {
            Description = "Steps of each size, besides one to warm up.",
            DefaultValueFactory = _ => 5,
        };
        var pictures = new Option<int>("--pictures") { Description = "Pictures each rank embeds.", DefaultValueFactory = _ => 96 };
        var sizes = new Option<int>("--sizes")
        {
            Description = "How many sizes of models are trained.",
            DefaultValueFactory = _ => Sizes.Length,
        };
        var model = new Option<string>("--model") { Description = "What embeds.", DefaultValueFactory = _ => "ViT-B-32" };
        var write = new Option<bool>("--write") { Description = "Writes the tables into bench/README.md and docs/distributed.md." };
        var command = new Command("ranks", "Measures training and embedding on two ranks.") { rounds, pictures, sizes, model, write };
        command.SetAction(parsed =>
        {
            var folder = Directory.CreateTempSubdirectory("clip-bench-").FullName;
            try
            {
                var plan = new RankPlan(Sizes[..parsed.GetValue(sizes)], parsed.GetValue(rounds), parsed.GetValue(pictures));
                plan.Write(folder, parsed.GetValue(model)!);
                var load = File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
                Report(Measure(folder, "one"), Measure(folder, "two"), Measure(folder, "apart"), plan, load, parsed.GetValue(write));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }

    /// <summary>The hidden command that a rank runs.</summary>
    public static Command CreateRank()
    {
        var folder = new Argument<string>("folder");
        var name = new Argument<string>("name");
        var command = new Command("rank", "What ranks runs.") { folder, name };
        command.Hidden = true;
        command.SetAction(parsed => RankMeasurement.Run(parsed.GetValue(folder)!, parsed.GetValue(name)!));
        return command;
    }

    /// <summary>Runs one rank, two, or two processes at once; each on a core of its own.</summary>
    private static RankResult Measure(string folder, string how)
    {
        string[] own = ["dotnet", typeof(RanksCommand).Assembly.Location, "rank", folder, how];
        string[][] commands = how switch
        {
            "one" => [["taskset", "-c", "0", .. own]],
            "two" => [["mpirun", "-np", "2", "--bind-to", "core", .. own]],
            _ => [["taskset", "-c", "0", .. own], ["taskset", "-c", "1", .. own[..^1], "beside"]],
        };
        Console.Error.WriteLine($"{how}: {string.Join(' ', commands[0].Take(4))} …");
        var processes = commands.Select(Start).ToArray();
        foreach (var process in processes)
        {
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"'{process.StartInfo.FileName}' ended with {process.ExitCode}.");
            process.Dispose();
        }

        return JsonSerializer.Deserialize<RankResult>(File.ReadAllBytes(Path.Combine(folder, $"{how}.json")))!;
    }

    private static Process Start(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]);
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        // Containers may not read each other's memory.
        start.Environment["OMPI_MCA_btl"] = "self,vader";
        start.Environment["OMPI_MCA_btl_vader_single_copy_mechanism"] = "none";
        return Process.Start(start)!;
    }

    private static void Report(RankResult one, RankResult two, RankResult apart, RankPlan plan, string load, bool write)
    {
        var text = new StringWriter { NewLine = "\n" };
        text.WriteLine("| training, model | parameters | pairs a rank | 1 rank, pairs/s | 2 ranks | scaling | of two apart | waited |");
        text.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var (size, a, b, c) in plan.Sizes.Zip(one.Steps, two.Steps).Zip(apart.Steps, (x, y) => (x.First, x.Second, x.Third, y)))
        {
            var (alone, both) = (size.Pairs / a.Seconds, 2 * size.Pairs / b.Seconds);
            text.WriteLine($"| {size.Name} | {a.Parameters / 1e6:F1} M | {size.Pairs} | {alone:F1} | {both:F1} "
                + $"| {a.Seconds / b.Seconds:F2} | {c.Seconds / b.Seconds:F2} | {100 * b.Waited / b.Seconds:F0} % |");
        }

        var (own, together) = (one.Embedded / one.EmbedSeconds, 2 * two.Embedded / two.EmbedSeconds);
        text.WriteLine("\n| embedding, model | 1 rank, images/s | 2 ranks | scaling | of two apart |\n|---|---:|---:|---:|---:|");
        text.WriteLine($"| {two.Embedder} | {own:F1} | {together:F1} "
            + $"| {one.EmbedSeconds / two.EmbedSeconds:F2} | {apart.EmbedSeconds / two.EmbedSeconds:F2} |");
        text.WriteLine($"\nTwo ranks sum {two.SumBytes / 1e6:F0} MB, with nothing else to do, in {1000 * two.SumSeconds:F0} ms. "
            + $"The machine's load before the run was {load}; medians of {plan.Rounds} steps.");
        var scaling = new ScalingModel(two, apart);
        Console.WriteLine(text);
        Console.WriteLine(scaling.Text());
        if (!write) return;
        Replace(Path.Combine("bench", "README.md"), text.ToString());
        Replace(Path.Combine("docs", "distributed.md"), scaling.Text());

    }

    /// <summary>Puts a text between the marks of a page.</summary>
    private static void Replace(string page, string text)
    {
        const string begin = "<!-- bench ranks -->\n", end = "<!-- /bench ranks -->";
        var all = File.ReadAllText(page);
        var (from, to) = (all.IndexOf(begin, StringComparison.Ordinal) + begin.Length, all.IndexOf(end, StringComparison.Ordinal));
        File.WriteAllText(page, $"{all[..from]}{text.TrimEnd()}\n{all[to..]}");
    }
}
