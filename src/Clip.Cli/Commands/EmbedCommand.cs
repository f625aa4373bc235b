using System.CommandLine;
using System.Globalization;
using Clip.Cli.Pretrained;
using Clip.Cli.Running;
using Clip.Data;
using Clip.Data.Distributed;
using Clip.Data.Embedding;
using Clip.Data.Sources;
using Clip.Trainer.Training;
using Microsoft.ML.Clip;

namespace Clip.Cli.Commands;

/// <summary><c>clip embed</c>: embeddings of any number of pictures and texts, in files; on several ranks with mpirun.</summary>
internal static class EmbedCommand
{
    public static Command Create()
    {
        var options = new EmbedOptions();
        var command = new Command("embed", "Embeds any number of images and texts into files; with mpirun on many machines.");
        foreach (var option in options.All) command.Options.Add(option);
        command.SetAction((parsed, cancellation) => RankedJob.RunAsync(async ranks =>
        {
            if (options.Images(parsed) is null && options.Texts(parsed) is null)
                throw new ClipException("There is nothing to embed; give --images, --texts or both.");
            // The first downloads what the others then find.
            if (!ranks.IsFirst) ranks.Meet();
            var folder = await PretrainedModel.ResolveAsync(options.Model(parsed), cancellation).ConfigureAwait(false);
            if (ranks.IsFirst) ranks.Meet();
            var embedding = options.Parse(parsed);
            if (ranks.AreSeveral) embedding = embedding with { Reading = embedding.Reading with { Workers = ranks.Processors } };
            using var held = ranks.IsFirst ? RunLock.Take(embedding.Output) : null;
            using var opened = ClipModel.Open(folder, new ClipModelOptions
            {
                BatchSize = embedding.BatchSize,
                Decode = embedding.Decode,
                Session = options.Session(parsed) with { IntraOpThreads = ranks.AreSeveral ? ranks.Processors : 0 },
            });
            Run(opened, embedding, options.Images(parsed), options.Texts(parsed), options.Layout(parsed), ranks, cancellation);
            return 0;
        }));
        return command;
    }

    private static void Run(
        ClipModel model, EmbeddingOptions options, string? images, string? texts, RecordSourceOptions layout, Ranks ranks,
        CancellationToken cancellation)
    {
        var job = new EmbeddingJob(options, model.Fingerprint, ranks, line => Say(ranks, line));
        if (images is not null)
        {
            using var records = RecordSources.Open(images, layout.WithoutCaptions());
            TellLeftOut(records);
            Tell(job.Run(new ImageInput(records, model, options), cancellation), "images", records.Unusable.Count);
        }

        if (texts is not null && Path.GetExtension(texts) == ".txt")
        {
            Tell(job.Run(TextInput.OfLines(texts, model, options), cancellation), "texts", leftOut: 0);
        }
        else if (texts is not null)
        {
            using var records = RecordSources.Open(texts, layout);
            TellLeftOut(records);
            Tell(job.Run(TextInput.OfCaptions(records, model, options), cancellation), "texts", records.Unusable.Count);
        }

        // A source leaves out what is no record, before the job counts.
        void TellLeftOut(IRecordSource records)
        {
            if (!ranks.IsFirst) return;
            foreach (var (key, reason) in records.Unusable) Say(ranks, $"Skipped {key}: {reason}");
        }

        void Tell(EmbeddingSummary done, string kind, int leftOut)
        {
            if (!ranks.IsFirst) return;
            var bad = done.Bad + leftOut;
            var skipped = bad == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {bad} skipped");
            Say(ranks, string.Create(
                CultureInfo.InvariantCulture,
                $"{done.Rows} {kind} embedded{skipped}: {Path.GetFullPath(options.Output)} "
                + $"({done.Shards - done.Before} of {done.Shards} files)"));
        }
    }

    private static void Say(Ranks ranks, string line) =>
        Console.WriteLine(ranks.AreSeveral && !ranks.IsFirst ? $"rank {ranks.Rank}: {line}" : line);
}
