using System.Diagnostics;
using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Clip.Trainer.Reporting;
using SkiaSharp;

namespace Clip.Trainer.Tests.Distributed;

/// <summary>Every <see cref="RankCase"/>, trained once by one rank and once by two.</summary>
public sealed class SeveralRanks : IDisposable
{
    private const string ResNet =
        """
        {"embed_dim": 16, "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "patch_size": null},
         "text_cfg": {"context_length": 12, "vocab_size": 520, "width": 16, "heads": 2, "layers": 1}}
        """;

    private readonly TinyRun _data = new();
    private readonly Lazy<bool> _trained;

    public SeveralRanks() => _trained = new Lazy<bool>(Train);

    internal string Folder => _data.Folder.Path;

    /// <summary>Trains, unless that was done; skips the test where there is no MPI.</summary>
    internal void Require()
    {
        Mpirun.Require();
        Assert.True(_trained.Value);
    }

    internal RankFacts Facts() =>
        JsonSerializer.Deserialize<RankFacts>(File.ReadAllText(Path.Combine(Folder, "several", "facts.json")))!;

    internal JobFacts Job() => JsonSerializer.Deserialize<JobFacts>(File.ReadAllText(Path.Combine(Folder, "several", "job.json")))!;

    /// <summary>A checkpoint's tensors.</summary>
    internal Dictionary<string, float[]> State(string ranks, string name, int step)
    {
        using var reader = SafetensorsReader.Open(Path.Combine(Folder, ranks, $"{name}.run", "checkpoints", $"step_{step:D8}.safetensors"));
        return reader.Names.ToDictionary(n => n, n => reader.Read(n).Data.ToArray());
    }

    internal double[] Losses(string ranks, string name) =>
        [.. MetricsLog.Read(Path.Combine(Folder, ranks, $"{name}.run", MetricsLog.FileName))["loss"].Select(p => p.Value)];

    /// <summary>What each step showed: step and record, in any order within a step.</summary>
    internal string[] Samples(string ranks, string name) =>
        [.. File.ReadAllLines(Path.Combine(Folder, ranks, $"{name}.samples")).Order(StringComparer.Ordinal)];

    public void Dispose() => _data.Dispose();

    private bool Train()
    {
        var rows = File.ReadAllLines(_data.Table);
        _data.Folder.Write("bad.tsv", string.Join('\n', [.. rows, "absent.png\ta missing wall", "gone.png\tanother one"]) + "\n");
        _data.Folder.Write("five.tsv", string.Join('\n', rows.Take(6)) + "\n");
        _data.Folder.Write("resnet.json", ResNet);
        _data.Folder.Write("noise.tsv", "filepath\ttitle\n" + string.Concat(Enumerable.Range(0, 16).Select(i =>
        {
            var random = new Random(i);
            using var bitmap = new SKBitmap(64, 64);
            bitmap.Pixels = [.. Enumerable.Range(0, 64 * 64).Select(_ => new SKColor((uint)random.Next() | 0xff000000))];
            using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            File.WriteAllBytes(_data.Folder[$"noise{i}.png"], png.ToArray());
            return $"noise{i}.png\ta {(char)('a' + i)} wall\n";
        })));
        Run("dotnet", [Program, Folder]);
        Run(Mpirun.Require(), [.. Mpirun.Arguments(2), "dotnet", Program, Folder]);
        return true;
    }

    private static string Program => typeof(SeveralRanks).Assembly.Location;

    private static void Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var (name, value) in Mpirun.Variables) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(TimeSpan.FromMinutes(4)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} did not end: {output.Result}{error.Result}");
        }

        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {output.Result}{error.Result}");
    }
}
