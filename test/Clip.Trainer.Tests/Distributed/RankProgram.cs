using System.Runtime.InteropServices;
using System.Text.Json;
using Clip.Data.Distributed;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;
using ClipModel = Clip.Trainer.Modeling.ClipModel;

namespace Clip.Trainer.Tests.Distributed;

/// <summary>
/// What a rank of the tests does: <c>[mpirun -np 2] dotnet Clip.Trainer.Tests.dll FOLDER [NAME]</c> trains every
/// <see cref="RankCase"/> of a folder, or one, on as many ranks as were started, into FOLDER/one or FOLDER/several.
/// </summary>
internal static class RankProgram
{
    public static async Task<int> Main(string[] args)
    {
        var ranks = Ranks.Join();
        var results = Directory.CreateDirectory(Path.Combine(args[0], ranks.AreSeveral ? "several" : "one")).FullName;
        foreach (var rankCase in RankCase.All.Where(c => args.Length == 1 || c.Name == args[1]))
        {
            var run = new TrainingRun(
                rankCase.Options(args[0], ranks.Size), new RunOutput(Path.Combine(results, rankCase.Name)) { Keep = 3 }, ranks, _ => { },
                ranks.IsFirst ? [new MetricsLog(TimeProvider.System)] : []);
            await run.RunAsync(CancellationToken.None).ConfigureAwait(false);
        }

        if (ranks.AreSeveral && args.Length == 1)
        {
            await GoOnAsync(args[0], results, ranks).ConfigureAwait(false);
            var facts = Facts(ranks);
            if (ranks.IsFirst) File.WriteAllText(Path.Combine(results, "facts.json"), JsonSerializer.Serialize(facts));
            var job = JobFacts.Of(ranks);
            if (ranks.IsFirst) File.WriteAllText(Path.Combine(results, "job.json"), JsonSerializer.Serialize(job));
        }

        ranks.Leave();
        return 0;
    }

    /// <summary>Goes on from the middle of what one rank has trained.</summary>
    private static Task<bool> GoOnAsync(string folder, string results, Ranks ranks)
    {
        var rankCase = RankCase.All.Single(c => c.Name == RankCase.Resumed);
        var output = new RunOutput(Path.Combine(results, "gone on"))
        {
            Resume = Path.Combine(folder, "one", RankCase.Resumed + ".run", "checkpoints", "step_00000010.safetensors"),
        };
        if (ranks.IsFirst) CopyTokenizer(Path.Combine(folder, "one", RankCase.Resumed + ".run"), output.ModelFolder + ".run");
        return new TrainingRun(rankCase.Options(folder, ranks.Size), output, ranks, _ => { }).RunAsync(CancellationToken.None);
    }

    /// <summary>Brings a run's learned vocabulary to another that goes on from it.</summary>
    internal static void CopyTokenizer(string from, string to)
    {
        var target = Directory.CreateDirectory(Path.Combine(to, "tokenizer")).FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(from, "tokenizer")))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
    }

    /// <summary>What the collectives come to.</summary>
    private static RankFacts Facts(Ranks ranks)
    {
        double[] sum = [ranks.Rank + 1, 0.5];
        ranks.Sum(sum);
        // 1000 numbers, each exact in bfloat16.
        var bfloat16 = Enumerable.Range(0, 1000).Select(i => (ushort)(BitConverter.SingleToUInt32Bits(i % 100) >> 16)).ToArray();
        Add(ranks, bfloat16, SumPrecision.BFloat16);
        var float16 = Enumerable.Range(0, 1000).Select(i => (Half)(i % 100)).ToArray();
        Add(ranks, float16, SumPrecision.Float16);
        return new RankFacts(
            ranks.Size, ranks.LocalSize, sum, [.. ranks.GatherAll<string>([.. Enumerable.Repeat($"rank {ranks.Rank}", ranks.Rank + 1)])],
            ranks.FromFirst(() => $"from {ranks.Rank}"), [.. bfloat16.Select(b => BitConverter.UInt32BitsToSingle((uint)b << 16))],
            [.. float16.Select(h => (float)h)], TakenEarly(ranks), Normalized(ranks), Held(ranks));
    }

    /// <summary>
    /// The largest differences between a batch norm over the ranks' halves of a batch and torch's over all of it: of outputs, of the
    /// input's and the gains' gradients, and of the statistics.
    /// </summary>
    private static double[] Normalized(Ranks ranks)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var (values, weights) = (randn(8, 4, 3, 3), randn(8, 4, 3, 3));
        using var whole = new BatchNorm2d(4);
        using var shared = new BatchNorm2d(4) { Ranks = ranks };
        var (all, allOut) = Run(whole, values, weights);
        var (own, ownOut) = Run(shared, values.narrow(0, 4 * ranks.Rank, 4), weights.narrow(0, 4 * ranks.Rank, 4));
        return
        [
            Most(allOut.narrow(0, 4 * ranks.Rank, 4), ownOut), Most(all.grad!.narrow(0, 4 * ranks.Rank, 4), own.grad!),
            .. whole.parameters().Zip(shared.parameters(), (a, b) => Most(a.grad!, RankSum.Sum(b.grad!, ranks))),
            .. whole.named_buffers().Zip(shared.named_buffers(), (a, b) => Most(a.buffer.@float(), b.buffer.@float())),
        ];

        static (Tensor Input, Tensor Output) Run(BatchNorm2d norm, Tensor values, Tensor weights)
        {
            var input = values.clone().requires_grad_(true);
            var output = norm.forward(input);
            (output * weights).sum().backward();
            return (input, output);
        }

        static double Most(Tensor a, Tensor b) => (a - b).abs().max().item<float>();
    }

    /// <summary>Steps of which the second rank takes three times as long, and meets a bad record.</summary>
    private static HeldUp Held(Ranks ranks)
    {
        var (said, seconds, pairs) = (new List<string>(), new List<double>(), new BrokenPairs());
        var pulse = new RankPulse(ranks, pairs, said.Add);
        var times = new RankTimes(0, 0, 0);
        for (var step = 1; step <= 30; step++)
        {
            if (step == 5 && !ranks.IsFirst) pairs.Found["b.png"] = "no image";
            // The first waits meanwhile, as long as the other is busy.
            (var now, times) = ranks.IsFirst ? pulse.EndStep(step, 0.3, waited: 0.2, 0) : pulse.EndStep(-1, 0.3, waited: 0, 0.15);
            seconds.Add(now);
        }

        // What the second rank says goes the first one's way.
        var all = ranks.GatherAll([new HeldUp([.. said], times.Slowest, times.SlowestRatio, [.. seconds], [.. pairs.Found.Keys])]);
        return all[0] with { Seconds = all[1].Seconds };
    }

    private static unsafe void Add<T>(Ranks ranks, T[] values, SumPrecision precision)
        where T : unmanaged
    {
        fixed (T* first = values) ranks.BeginSum((nint)first, values.Length, precision).Wait();
    }

    /// <summary>How many weights' gradients were on their way while backward went on.</summary>
    private static int TakenEarly(Ranks ranks)
    {
        var config = Clip.Conversion.Configs.ClipConfigJson.Parse(TinyRun.Config, "the tests");
        manual_seed(1);
        using var model = new ClipModel(config);
        var exchange = new GradientExchange(
            ranks, [.. model.parameters().OfType<TorchSharp.Modules.Parameter>()], GradientCompression.None);
        using var scope = NewDisposeScope();
        var ids = zeros(2, 12, ScalarType.Int64);
        new RankedBackward(new ClipObjective(model), new TrainingOptions(), ranks, exchange).Backward([(randn(2, 3, 16, 16), ids)]);
        return exchange.TakenEarly;
    }
}

/// <summary>What two ranks have told each other.</summary>
internal sealed record RankFacts(
    int Size, int LocalSize, double[] Sum, string[] Gathered, string FromFirst, float[] BFloat16, float[] Float16, int TakenEarly,
    double[] Normalized, HeldUp Held);

/// <summary>What the ranks tell of one that is slow, and what is logged of it.</summary>
internal sealed record HeldUp(string[] Words, int Slowest, double Ratio, double[] Seconds, string[] Broken);
