using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Clip.Conversion.Checkpoints;
using Clip.Data.Distributed;
using Microsoft.ML.Clip;

namespace Clip.Data.Embedding;

/// <summary>
/// Embeds a source into files, a run of records each. Ranks take the files that are missing in turn, so a job that was ended goes on where
/// it stopped, on as many ranks as there are then.
/// </summary>
/// <param name="options">How and where to.</param>
/// <param name="model">What the model is known by.</param>
/// <param name="ranks">Those that share the work.</param>
/// <param name="say">Told of what a user should know, a line at a time.</param>
internal sealed class EmbeddingJob(EmbeddingOptions options, string model, Ranks ranks, Action<string> say)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Embeds what is not there yet.</summary>
    /// <returns>What it came to, over all ranks.</returns>
    /// <exception cref="ClipException">The folder holds embeddings of something else, or too many records are bad.</exception>
    public EmbeddingSummary Run(IEmbeddingInput input, CancellationToken cancellation)
    {
        var files = new EmbeddingFiles(options, input);
        var plan = new EmbeddingPlan(
            model, input.Fingerprint, input.Count, input.Dimension, options.ShardSize, options.Normalize, options.Format.ToString(),
            (input.HasTexts ? ImageDecoding.Exact : options.Decode).ToString());
        RequireSame(plan);
        var shards = (int)((input.Count + (long)options.ShardSize - 1) / options.ShardSize);
        var missing = ranks.FromFirst(() => Begin(files, plan, input.Kind, shards));
        long rows = 0;
        for (var i = ranks.Rank; i < missing.Length; i += ranks.Size) rows += Write(files, input, missing[i], cancellation);

        var total = ranks.Gather((double)rows).Sum(r => r[0]);
        var bad = ranks.FromFirst(() => Enumerable.Range(0, shards).Sum(files.BadOf));
        if (bad * 100.0 > options.Reading.MaxBadPercent * input.Count)
            throw new ClipException(
                FormattableString.Invariant($"{bad} of {input.Count} {input.Kind} could not be embedded, more than the ")
                + FormattableString.Invariant($"{options.Reading.MaxBadPercent} percent that `MaxBadPercent` allows; ")
                + $"the files *.bad.tsv in {options.Output} name them, and the embeddings of the others are there.");
        return new EmbeddingSummary((long)total, bad, shards, shards - missing.Length);
    }

    private long Write(EmbeddingFiles files, IEmbeddingInput input, int shard, CancellationToken cancellation)
    {
        var bad = new ConcurrentDictionary<string, string>();
        int first = shard * options.ShardSize, end = (int)Math.Min(input.Count, first + (long)options.ShardSize);
        return files.Write(shard, input.Embed(first, end, Add, cancellation), bad);

        void Add(string key, string reason)
        {
            if (bad.TryAdd(key, reason)) say($"Skipped {key}: {reason}");
        }
    }

    /// <summary>Every rank must see the same records.</summary>
    private void RequireSame(EmbeddingPlan plan)
    {
        var all = ranks.GatherAll([plan]);
        var other = Enumerable.Range(0, all.Count).FirstOrDefault(i => all[i] != all[0]);
        if (other > 0)
            throw new ClipException(
                $"Rank {other} sees other data or another model ({Difference(all[0], all[other])}); give every rank the same files.");
    }

    /// <summary>Checks what the folder holds, or makes it.</summary>
    /// <returns>The shards that are missing.</returns>
    private int[] Begin(EmbeddingFiles files, EmbeddingPlan plan, string kind, int shards)
    {
        files.Prepare();
        var path = Path.Combine(options.Output, kind + ".json");
        if (File.Exists(path))
        {
            var then = Read(path);
            if (then != plan)
                throw new ClipException(
                    $"{options.Output} holds embeddings of something else ({Difference(then, plan)}); "
                    + "go on with the same model, data and options, or give another `Output`.");
        }
        else
        {
            AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, plan, Json));
        }

        int[] missing = [.. Enumerable.Range(0, shards).Where(shard => !files.IsThere(shard))];
        if (missing.Length < shards)
            say(string.Create(CultureInfo.InvariantCulture, $"{shards - missing.Length} of {shards} files of {kind} are there already."));
        return missing;
    }

    private static EmbeddingPlan Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<EmbeddingPlan>(File.ReadAllBytes(path)) ?? throw new JsonException("it is empty");
        }
        catch (JsonException e)
        {
            throw new ClipException($"{path} is not of this program's making: {e.Message}; give another `Output`.", e);
        }
    }

    private static string Difference(EmbeddingPlan then, EmbeddingPlan now) => string.Join(", ", typeof(EmbeddingPlan).GetProperties()
        .Select(property => (property.Name, Then: property.GetValue(then), Now: property.GetValue(now)))
        .Where(value => !Equals(value.Then, value.Now))
        .Select(value => string.Create(CultureInfo.InvariantCulture, $"{value.Name} {value.Then} and {value.Now}")));
}

/// <summary>What a folder holds embeddings of; kept beside them.</summary>
internal sealed record EmbeddingPlan(
    string Model, string Data, int Count, int Dimension, int ShardSize, bool Normalize, string Format, string Decode = "Exact");

/// <summary>What a job came to.</summary>
/// <param name="Rows">Embeddings written now.</param>
/// <param name="Bad">Records that could not be embedded, those of earlier runs included.</param>
/// <param name="Shards">Files there are.</param>
/// <param name="Before">Files that were there before.</param>
internal sealed record EmbeddingSummary(long Rows, int Bad, int Shards, int Before);
