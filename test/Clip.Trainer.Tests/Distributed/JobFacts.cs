using Clip.Data;
using Clip.Data.Distributed;
using Clip.Data.Sources;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;
using ClipModel = Clip.Trainer.Modeling.ClipModel;

namespace Clip.Trainer.Tests.Distributed;

/// <summary>What ranks agree on before they train, and what they refuse: of the second rank, as it sees it.</summary>
/// <param name="Refused">By what it is about: the sentence, or null where nothing is refused.</param>
/// <param name="Shared">A file of the first one's folder.</param>
/// <param name="Slice">Its part of a batch: rank, ranks, and parts of a step.</param>
/// <param name="Stops">Whether all stop when none, the first and the second is asked to.</param>
/// <param name="Weight">A weight that was 1 on the first rank and 2 on the second.</param>
/// <param name="Average">The same weight's average.</param>
/// <param name="Steps">Steps done, 7 on the first and 8 on the second.</param>
/// <param name="Seconds">Seconds taken, 70 on the first and 80 on the second.</param>
internal sealed record JobFacts(
    Dictionary<string, string?> Refused, string Shared, int[] Slice, bool[] Stops, float Weight, float Average, long Steps, double Seconds)
{
    /// <summary>What two ranks come to.</summary>
    public static JobFacts Of(Ranks ranks)
    {
        var job = new JobSetup(ranks);
        var own = $"{ranks.Rank}";
        var refused = new Dictionary<string, string?>
        {
            ["same data"] = Refusal(() => job.RequireSameData(new BrokenPairs { Fingerprint = "d", Count = 4 }, "t", 8, parts: 2)),
            ["other data"] = Refusal(() => job.RequireSameData(new BrokenPairs { Fingerprint = own, Count = 4 }, "t", 8, parts: 2)),
            ["other tokenizer"] = Refusal(() => job.RequireSameData(new BrokenPairs { Fingerprint = "d", Count = 4 }, own, 8, parts: 2)),
            ["few pairs"] = Refusal(() => job.RequireSameData(new BrokenPairs { Fingerprint = "d", Count = 3 }, "t", 8, parts: 2)),
            ["small batch"] = Refusal(() => job.RequireSameData(new BrokenPairs { Fingerprint = "d", Count = 99 }, "t", 3, parts: 2)),
            ["pipes"] = Refusal(() => job.RequireSharable(NamedSource.Of("x.tar", new RecordSourceOptions { Pipes = true }))),
            ["files"] = Refusal(() => job.RequireSharable(NamedSource.Of("x.tar"))),
        };
        using var folder = new TempFolder();
        if (ranks.IsFirst) folder.Write("vocab.json", "of the first");
        job.ShareFolder(folder.Path);
        var slice = job.Slice(new TrainingOptions { AccumFrequency = 3 })!;

        var pulse = new RankPulse(ranks, new BrokenPairs { Fingerprint = "d", Count = 4 }, _ => { });
        bool[] stops = [pulse.Agree(false), pulse.Agree(ranks.IsFirst), pulse.Agree(!ranks.IsFirst)];
        manual_seed(1);
        using var model = new ClipModel(Clip.Conversion.Configs.ClipConfigJson.Parse(TinyRun.Config, "the tests"));
        using var step = new TrainingStep(new ClipObjective(model), new TrainingOptions { ModelEmaDecay = 0.5 });
        refused["same weights"] = Refusal(() => pulse.RequireSameWeights(step));
        using (no_grad())
        {
            foreach (var value in new[] { model.LogitScale, step.State.Single(s => s.Name == "ema.logit_scale").Value })
                value.fill_(ranks.Rank + 1);
        }

        (step.Steps, step.Seconds) = (7 + ranks.Rank, 70 + (10 * ranks.Rank));
        refused["other weights"] = Refusal(() => pulse.RequireSameWeights(step));
        pulse.Share(step);
        var facts = new JobFacts(
            refused, File.ReadAllText(folder["vocab.json"]), [slice.Rank, slice.Ranks, slice.Parts], stops, model.LogitScale.item<float>(),
            step.State.Single(s => s.Name == "ema.logit_scale").Value.item<float>(), step.Steps, step.Seconds);
        return ranks.GatherAll([facts])[^1];
    }

    private static string? Refusal(Action action) => (Record.Exception(action) as ClipException)?.Message;
}
