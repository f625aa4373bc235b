using Clip.Data;
using Clip.Data.Distributed;
using Clip.Data.Sources;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>What ranks of a job do before they train together; a process on its own does nothing of it.</summary>
/// <param name="ranks">The job's.</param>
internal sealed class JobSetup(Ranks ranks)
{
    /// <summary>Keeps torch to this rank's share of the machine, unless OMP_NUM_THREADS says how many threads there are to be.</summary>
    public void TakeProcessors()
    {
        if (ranks.AreSeveral && Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is null) set_num_threads(ranks.Processors);
    }

    /// <summary>How this rank reads, with its share of the machine's processors.</summary>
    public ReadingOptions Reading(ReadingOptions options) =>
        ranks.AreSeveral && options.Workers == Environment.ProcessorCount ? options with { Workers = ranks.Processors } : options;

    /// <summary>This rank's part of every batch; null for all of it.</summary>
    public BatchSlice? Slice(TrainingOptions training) =>
        ranks.AreSeveral ? new BatchSlice(ranks.Rank, ranks.Size, training.AccumFrequency) : null;

    /// <summary>Refuses data that can be read once only.</summary>
    public void RequireSharable(NamedSource source)
    {
        if (ranks.AreSeveral && source.Layout is { Pipes: true })
            throw new ClipException(
                $"Shards that are pipes can be read once, and not by {ranks.Size} ranks; give files, or train on one rank with `Pipes`.");
    }

    /// <summary>Checks that all ranks have the same data and tokenizer, and enough pairs.</summary>
    /// <exception cref="ClipException">A rank has others, or a batch has fewer pairs than there are ranks.</exception>
    public void RequireSameData(IPairSource train, string tokenizer, int pairsPerStep, int parts)
    {
        if (!ranks.AreSeveral) return;
        var all = ranks.GatherAll([new Seen(Environment.MachineName, train.Fingerprint, tokenizer)]);
        if (all.FirstOrDefault(seen => seen.Data != all[0].Data) is { } other)
            throw new ClipException(
                $"The training data of {other.Machine} ({other.Data}) are not those of {all[0].Machine} ({all[0].Data}); "
                + "give every rank the same files.");
        if (all.FirstOrDefault(seen => seen.Tokenizer != all[0].Tokenizer) is { } different)
            throw new ClipException(
                $"The `Tokenizer` of {different.Machine} ({different.Tokenizer}) is not that of {all[0].Machine} ({all[0].Tokenizer}); "
                + "give every rank the same files.");
        if (Math.Min(pairsPerStep, train.Count) / parts < ranks.Size)
            throw new ClipException(
                $"{train.Count} pairs in {parts} parts are too few for {ranks.Size} ranks; start fewer, or lower `AccumFrequency`.");
    }

    /// <summary>Gives the other ranks copies of the files of the first one's folder.</summary>
    /// <param name="folder">Each rank's own.</param>
    public void ShareFolder(string folder)
    {
        if (!ranks.AreSeveral) return;
        var files = ranks.FromFirst(() => Directory.GetFiles(folder).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes));
        if (ranks.IsFirst) return;
        foreach (var (name, bytes) in files) File.WriteAllBytes(Path.Combine(folder, name), bytes);
    }

    private sealed record Seen(string Machine, string Data, string Tokenizer);
}
