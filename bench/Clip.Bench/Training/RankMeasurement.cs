using System.Diagnostics;
using System.Text.Json;
using Clip.Data;
using Clip.Data.Distributed;
using Clip.Data.Embedding;
using Clip.Data.Sources;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using Microsoft.ML.Clip;
using TorchSharp;

namespace Clip.Bench;

/// <summary>What one rank does of <see cref="RankPlan"/>, on one thread.</summary>
internal static class RankMeasurement
{
    public static void Run(string folder, string name)
    {
        var ranks = Ranks.Join();
        NativeAllocator.KeepFreedMemory();
        torch.set_num_threads(1);
        var plan = RankPlan.Read(folder);
        var steps = plan.Sizes.Select(size => Train(size, Path.Combine(folder, $"{size.Name}.json"), plan.Rounds, ranks)).ToArray();
        var (bytes, seconds) = Sum(ranks);
        var embedder = File.ReadAllText(Path.Combine(folder, "embedder"));
        var result = new RankResult(steps, bytes, seconds, embedder, plan.Pictures, Embed(folder, embedder, name, plan.Pictures, ranks));
        if (ranks.IsFirst) File.WriteAllBytes(Path.Combine(folder, $"{name}.json"), JsonSerializer.SerializeToUtf8Bytes(result));
        ranks.Leave();
    }

    private static StepResult Train(TrainingSize size, string settings, int rounds, Ranks ranks)
    {
        using var data = StepData.Create(settings, seed: ranks.Rank);
        using var model = data.Model();
        using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions { Optimizer = data.Optimizer }, ranks);
        var (seconds, waited) = (new List<double>(), new List<double>());
        for (var round = 0; round <= rounds; round++)
        {
            ranks.Meet();
            var (start, before) = (Stopwatch.GetTimestamp(), ranks.WaitSeconds);
            step.Take(data.Pixels, data.Ids, data.LearningRate);
            if (round == 0) continue;
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            waited.Add(ranks.WaitSeconds - before);
        }

        Console.Error.WriteLine($"  {size.Name}: {Median(seconds):F2} s a step");
        var all = model.parameters().Sum(p => p.numel());
        return new StepResult(all, all - ((long)data.Config.Text.VocabSize * size.Width), Median(seconds), Median(waited));
    }

    /// <summary>Sums 100 MB of numbers, with nothing else to do.</summary>
    private static unsafe (long Bytes, double Seconds) Sum(Ranks ranks)
    {
        var values = new float[25_000_000];
        var seconds = new List<double>();
        fixed (float* first = values)
        {
            for (var round = 0; round < 6; round++)
            {
                ranks.Meet();
                var start = Stopwatch.GetTimestamp();
                ranks.BeginSum((nint)first, values.Length, SumPrecision.Float32).Wait();
                if (round > 0) seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        }

        return (4L * values.Length, Median(seconds));
    }

    /// <summary>Embeds as many pictures as the ranks have, and as <c>clip embed</c> does.</summary>
    private static double Embed(string folder, string embedder, string name, int pictures, Ranks ranks)
    {
        const int batch = 16;
        using var model = ClipModel.Open(
            Path.Combine(folder, embedder),
            new ClipModelOptions { BatchSize = batch, Session = new ClipSessionOptions { IntraOpThreads = 1 } });
        var files = Directory.GetFiles(Path.Combine(folder, "pictures"))
            .Order(StringComparer.Ordinal).Take(pictures * ranks.Size).ToArray();
        var table = Path.Combine(folder, $"{name}{ranks.Rank}.tsv");
        File.WriteAllLines(table, files.Select(file => $"{file}\t").Prepend("filepath\ttitle"));
        model.EmbedImages(files[..Math.Min(batch, files.Length)]);
        using var records = RecordSources.Open(table, new RecordSourceOptions().WithoutCaptions());
        var options = new EmbeddingOptions(Path.Combine(folder, $"{name}.out"))
        {
            BatchSize = batch,
            ShardSize = batch,
            Reading = new ReadingOptions { Workers = 1 },
        };
        var job = new EmbeddingJob(options, model.Fingerprint, ranks, _ => { });
        ranks.Meet();
        var start = Stopwatch.GetTimestamp();
        var done = job.Run(new ImageInput(records, model, options), CancellationToken.None);
        if (done.Rows != files.Length) throw new InvalidDataException($"{done.Rows} of {files.Length} pictures were embedded.");
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
