using System.CommandLine;
using System.Globalization;
using Clip.Cli.Options;
using Clip.Cli.Pretrained;
using Clip.Cli.Running;
using Clip.Cli.Training;
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
        var model = PretrainedModel.Option("--model", ClipHub.DefaultModel);
        var images = new Option<string?>("--images")
        {
            Description = "Pictures: WebDataset shards, a table, Parquet files or a folder; several are joined by ::.",
        };
        var texts = new Option<string?>("--texts")
        {
            Description = "Texts: a .txt file with one on each line, or a source as --images takes, whose captions are embedded.",
        };
        var output = new Option<string>("--output") { Description = "The folder of the embeddings.", Required = true };
        var format = new Option<string>("--format")
        {
            Description = "parquet: id and embedding; or npy: clip-retrieval's matrices, with their rows' ids in Parquet files beside.",
            DefaultValueFactory = _ => "parquet",
        };
        format.AcceptOnlyFromAmong("parquet", "npy");
        var shard = new Option<int>("--records-per-file")
        {
            Description = "Records of each file; what is finished is not done again.",
            DefaultValueFactory = _ => new EmbeddingOptions("").ShardSize,
        };
        var batch = new Option<int>("--batch-size")
        {
            Description = "Pictures or texts that the model takes at once.",
            DefaultValueFactory = _ => new EmbeddingOptions("").BatchSize,
        };
        var raw = new Option<bool>("--no-normalize") { Description = "Leaves embeddings at the length that the model gives them." };
        var decode = new DecodeOption();
        var loading = new LoadingOptions();
        var layout = new SourceOptions();
        var command = new Command("embed", "Embeds any number of images and texts into files; with mpirun on many machines.")
        {
            images, texts, model, output, format, shard, batch, raw, decode.Option,
        };
        foreach (var option in layout.All.Concat(loading.All)) command.Options.Add(option);
        command.SetAction((parsed, cancellation) => RankedJob.RunAsync(async ranks =>
        {
            if (parsed.GetValue(images) is null && parsed.GetValue(texts) is null)
                throw new ClipException("There is nothing to embed; give --images, --texts or both.");
            // The first downloads what the others then find.
            if (!ranks.IsFirst) ranks.Meet();
            var folder = await PretrainedModel.ResolveAsync(parsed.GetValue(model)!, cancellation).ConfigureAwait(false);
            if (ranks.IsFirst) ranks.Meet();
            var options = new EmbeddingOptions(parsed.GetValue(output)!)
            {
                Format = Enum.Parse<EmbeddingFormat>(parsed.GetValue(format)!, ignoreCase: true),
                ShardSize = parsed.GetValue(shard),
                BatchSize = parsed.GetValue(batch),
                Normalize = !parsed.GetValue(raw),
                Reading = loading.Parse(parsed),
            };
            if (ranks.AreSeveral) options = options with { Reading = options.Reading with { Workers = ranks.Processors } };
            using var held = ranks.IsFirst ? RunLock.Take(options.Output) : null;
            using var opened = ClipModel.Open(folder, new ClipModelOptions
            {
                BatchSize = options.BatchSize,
                Decode = decode.Parse(parsed),
                Session = new ClipSessionOptions { IntraOpThreads = ranks.AreSeveral ? ranks.Processors : 0 },
            });
            Run(opened, options, parsed.GetValue(images), parsed.GetValue(texts), layout.Parse(parsed), ranks, cancellation);
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
            foreach (var (key, reason) in records.Unusable) if (ranks.IsFirst) Say(ranks, $"Skipped {key}: {reason}");
            Tell(job.Run(new ImageInput(records, model, options), cancellation), "images");
        }

        if (texts is not null && Path.GetExtension(texts) == ".txt")
        {
            Tell(job.Run(TextInput.OfLines(texts, model, options), cancellation), "texts");
        }
        else if (texts is not null)
        {
            using var records = RecordSources.Open(texts, layout);
            Tell(job.Run(TextInput.OfCaptions(records, model, options), cancellation), "texts");
        }

        void Tell(EmbeddingSummary done, string kind)
        {
            if (!ranks.IsFirst) return;
            var skipped = done.Bad == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {done.Bad} skipped");
            Say(ranks, string.Create(
                CultureInfo.InvariantCulture,
                $"{done.Rows} {kind} embedded{skipped}: {Path.GetFullPath(options.Output)} "
                + $"({done.Shards - done.Before} of {done.Shards} files)"));
        }
    }

    private static void Say(Ranks ranks, string line) =>
        Console.WriteLine(ranks.AreSeveral && !ranks.IsFirst ? $"rank {ranks.Rank}: {line}" : line);
}
