using Clip.Data.Distributed;
using Clip.Trainer.Reporting;
using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Distributed;

/// <summary>Two ranks with half a batch each do what one rank does with all of it.</summary>
public sealed class SeveralRanksTests(SeveralRanks trained) : IClassFixture<SeveralRanks>
{
    public static TheoryData<string> Cases => [.. RankCase.All.Select(c => c.Name)];

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void TwoRanksComeToTheLossAndTheWeightsOfOne(string name)
    {
        trained.Require();
        var most = RankCase.All.Single(c => c.Name == name).Tolerance;
        var (one, two) = (trained.Losses("one", name), trained.Losses("several", name));
        Assert.Equal(20, one.Length);
        var difference = one.Zip(two, (a, b) => Math.Abs(a - b) / Math.Max(1, a)).ToArray();
        Assert.True(difference.Max() <= most, $"the losses differ by {string.Join(", ", difference)}");
        RequireSame(trained.State("one", name, 20), trained.State("several", name, 20), most);
    }

    /// <summary>Losses that are means over pairs or tokens: how a batch is divided does not matter.</summary>
    [SkippableTheory]
    [InlineData("virtex")]
    [InlineData("bow")]
    public void PartByPartTwoRanksComeToTheWeightsOfTheWholeBatch(string name)
    {
        trained.Require();
        RequireSame(trained.State("one", name, 20), trained.State("several", $"{name}, accumulation", 20), 1e-5);
    }

    [SkippableTheory]
    [InlineData("gathered")]
    [InlineData("accumulation")]
    [InlineData("bad records")]
    [InlineData("fewer pairs than a batch")]
    public void RanksShareTheSamplesOfEachStep(string name)
    {
        trained.Require();
        Assert.Equal(trained.Samples("one", name), trained.Samples("several", name));
    }

    [SkippableFact]
    public void TwoRanksGoOnFromACheckpointOfOne()
    {
        trained.Require();
        RequireSame(trained.State("one", RankCase.Resumed, 20), trained.State("several", "gone on", 20), 1e-5);
    }

    [SkippableFact]
    public async Task OneRankGoesOnFromACheckpointOfTwo()
    {
        trained.Require();
        var run = Path.Combine(trained.Folder, "several", RankCase.Resumed + ".run");
        var output = new RunOutput(Path.Combine(trained.Folder, "one", "gone on"))
        {
            Resume = Path.Combine(run, "checkpoints", "step_00000010.safetensors"),
        };
        RankProgram.CopyTokenizer(run, output.ModelFolder + ".run");
        var options = RankCase.All.Single(c => c.Name == RankCase.Resumed).Options(trained.Folder, ranks: 1);
        await new TrainingRun(options, output, Ranks.Alone, _ => { }).RunAsync(CancellationToken.None);
        RequireSame(trained.State("one", RankCase.Resumed, 20), trained.State("one", "gone on", 20), 1e-5);
    }

    [SkippableFact]
    public void WhatRanksTellEachOtherArrives()
    {
        trained.Require();
        var facts = trained.Facts();
        Assert.Equal((2, 2), (facts.Size, facts.LocalSize));
        Assert.Equal([3, 1], facts.Sum);
        Assert.Equal(["rank 0", "rank 1", "rank 1"], facts.Gathered);
        Assert.Equal("from 0", facts.FromFirst);
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => i % 100 * 2f), facts.BFloat16);
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => i % 100 * 2f), facts.Float16);
    }

    [SkippableFact]
    public void ARankThatHoldsUpTheOthersIsNamedAndLogged()
    {
        trained.Require();
        var held = trained.Facts().Held;
        Assert.Matches(
            @"^Rank 1 \(.+\) holds up the others: its steps take 3\.0 times theirs, 50 % of it waiting for data\.$",
            Assert.Single(held.Words));
        Assert.Equal((1, 3.0), (held.Slowest, Math.Round(held.Ratio, 6)));
        // The first one's time is all ranks', and so are the bad records.
        Assert.Equal(Enumerable.Range(1, 30).Select(i => (double)i), held.Seconds);
        Assert.Equal(["b.png"], held.Broken);

        var log = MetricsLog.Read(Path.Combine(trained.Folder, "several", "gathered.run", MetricsLog.FileName));
        Assert.All(log["communication"], share => Assert.InRange(share.Value, 0, 1));
        Assert.All(log["slowest_rank"], rank => Assert.InRange(rank.Value, 0, 1));
        Assert.All(log["slowest_rank_ratio"], ratio => Assert.True(ratio.Value >= 1));
        Assert.Equal((20, 20, 20), (log["communication"].Count, log["slowest_rank"].Count, log["slowest_rank_ratio"].Count));
        var alone = MetricsLog.Read(Path.Combine(trained.Folder, "one", "gathered.run", MetricsLog.FileName));
        Assert.DoesNotContain("slowest_rank", alone.Keys);
    }

    [SkippableFact]
    public void GradientsOfBlocksSetOutBeforeBackwardIsDone()
    {
        trained.Require();
        // Of both towers' two blocks of 12 weights each.
        Assert.Equal(48, trained.Facts().TakenEarly);
    }

    [SkippableFact]
    public void ABatchNormOverTwoRanksIsThatOfOneBatch()
    {
        trained.Require();
        var differences = trained.Facts().Normalized;
        Assert.Equal(7, differences.Length);
        Assert.All(differences, difference => Assert.InRange(difference, 0, 1e-5));
    }

    /// <summary>Else they would train on different pairs, or one would wait for another for ever.</summary>
    [SkippableFact]
    public void RanksThatCouldNotTrainTogetherAreRefused()
    {
        trained.Require();
        var refused = trained.Job().Refused;
        Assert.Equal(["files", "same data", "same weights"], refused.Where(r => r.Value is null).Select(r => r.Key).Order());
        Assert.Matches(
            @"^The training data of .+ \(1\) are not those of .+ \(0\); give every rank the same files\.$", refused["other data"]);
        Assert.Matches(@"^The `Tokenizer` of .+ \(1\) is not that of .+ \(0\); ", refused["other tokenizer"]);
        Assert.StartsWith("3 pairs in 2 parts are too few for 2 ranks; ", refused["few pairs"], StringComparison.Ordinal);
        Assert.StartsWith("99 pairs in 2 parts are too few for 2 ranks; ", refused["small batch"], StringComparison.Ordinal);
        Assert.StartsWith("Shards that are pipes can be read once, and not by 2 ranks", refused["pipes"], StringComparison.Ordinal);
        Assert.StartsWith(
            "The weights of rank 1 are no longer those of rank 0 at step 8; ", refused["other weights"], StringComparison.Ordinal);
    }

    [SkippableFact]
    public void TheSecondRankStartsAndStopsWithTheFirst()
    {
        trained.Require();
        var job = trained.Job();
        Assert.Equal("of the first", job.Shared);
        Assert.Equal([1, 2, 3], job.Slice);
        Assert.Equal([false, true, true], job.Stops); // whichever is asked
        Assert.Equal((1f, 1f, 7L, 70.0), (job.Weight, job.Average, job.Steps, job.Seconds));
    }

    private static void RequireSame(Dictionary<string, float[]> one, Dictionary<string, float[]> two, double most)
    {
        Assert.Equal(one.Keys.Order(), two.Keys.Order());
        var (difference, where) = one.Max(p => (Difference(p.Key, p.Value, two[p.Key]), p.Key));
        Assert.True(difference <= most, $"{where} differs by {difference}");
    }

    /// <summary>
    /// The largest difference, relative for numbers above 1. A softmax does not see the biases of keys, so their gradients are nothing but
    /// rounding, which AdamW makes large: they are left out.
    /// </summary>
    private static double Difference(string name, float[] a, float[] b)
    {
        var keys = name.EndsWith("in_proj_bias", StringComparison.Ordinal) ? (a.Length / 3, 2 * a.Length / 3)
            : name.EndsWith("k_proj.bias", StringComparison.Ordinal) ? (0, a.Length)
            : (0, 0);
        return a.Select((value, i) => i >= keys.Item1 && i < keys.Item2 ? 0 : Math.Abs(value - b[i]) / Math.Max(1, Math.Abs(value))).Max();
    }
}
