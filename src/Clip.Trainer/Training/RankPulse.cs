using System.Runtime.InteropServices;
using Clip.Data;
using Clip.Data.Distributed;
using Clip.Trainer.Modeling;
using TorchSharp;

namespace Clip.Trainer.Training;

/// <summary>
/// What the ranks of a job agree on beside gradients: where to start from, when to stop, what time it is, which records are bad.
/// </summary>
/// <param name="ranks">The job's.</param>
/// <param name="train">The pairs that they share.</param>
/// <param name="say">Told of a rank that holds up the others.</param>
internal sealed class RankPulse(Ranks ranks, IPairSource train, Action<string> say)
{
    private const double MostDifference = 1e-4;
    private readonly HashSet<string> _known = [.. train.Broken.Keys];
    private readonly Stragglers _stragglers = new([.. ranks.GatherAll([Environment.MachineName])]);

    /// <summary>Whether any rank was asked to stop.</summary>
    public bool Agree(bool stop) => ranks.Gather(stop ? 1.0 : 0).Any(rank => rank[0] > 0);

    /// <summary>Gives all the first rank's state.</summary>
    public void Share(TrainingStep step)
    {
        var state = step.Module.state_dict().Values.Concat(step.State.Select(s => s.Value));
        foreach (var value in state)
        {
            using var scope = torch.NewDisposeScope();
            using var unused = torch.no_grad();
            var host = value.detach().cpu().contiguous().clone();
            ranks.Broadcast(MemoryMarshal.AsBytes(host.bytes));
            if (!ranks.IsFirst) value.copy_(host);
        }

        var at = ranks.FromFirst(() => new Position(step.Steps, step.Seconds));
        (step.Steps, step.Seconds) = (at.Steps, at.Seconds);
    }

    /// <summary>Ends a step: the bad records that a rank has found become all ranks', and so does the first one's time.</summary>
    /// <param name="seconds">The run's so far.</param>
    /// <param name="taken">This step's.</param>
    /// <param name="waited">How many of them this rank waited for others.</param>
    /// <param name="dataWait">How many of them it waited for data.</param>
    /// <exception cref="ClipException">More records are bad than may be.</exception>
    public (double Seconds, RankTimes Times) EndStep(double seconds, double taken, double waited, double dataWait)
    {
        var found = train.Broken.Where(bad => !_known.Contains(bad.Key)).ToList();
        var all = ranks.Gather(seconds, taken - waited, dataWait, found.Count);
        if (all.Any(rank => rank[3] > 0))
        {
            var bad = ranks.GatherAll(found);
            _known.UnionWith(bad.Select(b => b.Key));
            train.Note(bad);
        }

        if (_stragglers.Add([.. all.Select(rank => rank[1])], [.. all.Select(rank => rank[2])]) is { } slow) say(slow);
        var (slowest, ratio) = _stragglers.Slowest;
        return (all[0][0], new RankTimes(waited, slowest, ratio));
    }

    /// <summary>Checks that all ranks have the same weights, as they must while they take the same steps.</summary>
    /// <exception cref="ClipException">One has others: a fault of a machine, or of ours.</exception>
    public void RequireSameWeights(TrainingStep step)
    {
        using var scope = torch.NewDisposeScope();
        using var unused = torch.no_grad();
        var sums = ranks.Gather(step.Module.parameters().Sum(p => p.abs().sum(torch.ScalarType.Float64).cpu().item<double>()));
        var other = Array.FindIndex(sums, rank => !(Math.Abs(rank[0] - sums[0][0]) <= MostDifference * Math.Abs(sums[0][0])));
        if (other >= 0)
            throw new ClipException(
                $"The weights of rank {other} are no longer those of rank 0 at step {step.Steps}; "
                + "look at that machine, and go on from the last checkpoint with `Resume`.");
    }

    private sealed record Position(long Steps, double Seconds);
}
