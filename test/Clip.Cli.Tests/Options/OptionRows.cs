using System.Text.RegularExpressions;

namespace Clip.Cli.Tests.Options;

/// <summary>A command line, an option, and what is seen of it.</summary>
/// <param name="Command">The command's name.</param>
/// <param name="Without">The command line without the option.</param>
/// <param name="With">The command line with it.</param>
/// <param name="Option">The option.</param>
/// <param name="Seen">
/// What is in <see cref="Observation"/> with it and not without it, or the other way round behind "not";
/// or <see cref="OptionRows.Another"/>.
/// </param>
internal sealed record OptionRow(string Command, string Without, string With, string Option, string Seen);

/// <summary>
/// The rows of <see cref="OptionsTests"/>: a command line, an option with an unusual value, and what is seen of it. {x} is the file or
/// folder x of <see cref="OptionStage"/>.
/// </summary>
internal static class OptionRows
{
    /// <summary>What is done is another thing, of which no word can be told beforehand.</summary>
    public const string Another = "...";

    /// <summary>Options that change nothing that is done, and why.</summary>
    public static IReadOnlyDictionary<string, string> Unseen { get; } = new Dictionary<string, string>
    {
        ["classify --no-preview"] = "it takes a terminal; ClassifyTests has one",
        ["embed --batch-size"] = "how many at once makes no difference; EmbedOptionsTests reads it",
        ["embed --workers"] = "only how long it takes; it is read with --max-bad and --read-timeout",
        ["experiment classify --seed"] = "it stands in the generated code; GeneratedProjectTests reads it there",
        ["experiment efficiency --grad-checkpointing"] = "the same numbers in less memory; it is read with those about it",
        ["experiment efficiency --tf32"] = "it takes a GPU; it is read with those about it",
        ["experiment efficiency --workers"] = "only how long it takes; it is read with --max-bad and --read-timeout",
        ["index --watch"] = "it goes on until it is stopped",
        ["pull --precision"] = "it takes a hub; PullTests has one",
        ["quickstart --output"] = "QuickstartTests finds its files there",
        ["quickstart --pictures"] = "as many as there are without it take too long; QuickstartTests counts them",
        ["search --open"] = "it takes a browser",
        ["tokenizer train --group-by-image"] = "captions are the same however records are made of them",
    };

    /// <summary>Commands whose options are tried elsewhere, and where.</summary>
    public static IReadOnlyDictionary<string, string> Elsewhere { get; } = new Dictionary<string, string>
    {
        ["train"] = "TrainOptionsTests",
        ["serve"] = "it goes on until it is stopped; ServeOptionsTests",
    };

    private const string Own =
        """
        caption {pictures/0.png} | --model {model} => does not caption
        caption {pictures/0.png} --model {captioner} | --beam-size 1 => ...
        caption {pictures/0.png} --model {captioner} | --device cuda:99 => cuda:99
        classify {pictures/0.png} --labels cat dog cow --model {model} | --report {out.html} => <html
        classify {pictures/0.png} --model {model} | --labels emu gnu => emu
        classify {pictures/0.png} --labels cat dog cow | --model {nowhere} => '~/nowhere'
        classify {pictures/0.png} --labels cat dog cow --model {model} | --templates {lines.txt} => ...
        classify {pictures/0.png} --labels cat dog cow --model {model} --csv | --top 1 => ...
        classify {pictures/0.png} --labels cat dog cow --model {model} | --json => "label"
        classify {pictures/0.png} --labels cat dog cow --model {model} | --csv => path,label,score
        classify {large.jpg} --labels cat dog cow --model {model} --json | --decode scaled => ...
        classify {pictures/0.png} --labels cat dog cow --model {fresh} | --cache-optimized-graph => OUT/onnx/.optimized/
        convert {model} | --output {out} => OUT/onnx/model.onnx
        convert {model} --output {out} | --precision fp16 => OUT/onnx/model_fp16.onnx
        convert {model} --output {out} | --config {missing.json} => ~/missing.json
        convert {model} --output {out} | --tokenizer {missing} => ~/missing
        convert {bare/model.safetensors} --output {out} --vision-heads 2 --text-heads 2 | --quick-gelu => "hidden_act": "quick_gelu"
        convert {bare/model.safetensors} --output {out} --vision-heads 2 --text-heads 2 | --gelu => "hidden_act": "gelu"
        convert {bare/model.safetensors} --output {out} --gelu --text-heads 2 | --vision-heads 4 => "num_attention_heads": 4
        convert {bare/model.safetensors} --output {out} --gelu --vision-heads 2 | --text-heads 4 => "num_attention_heads": 4
        convert {model} --output {out} | --image-size 32 => "image_size": 32
        data shard {pairs/train.tsv} | --output {out} => OUT/00000.tar
        data shard {pairs/train.tsv} --output {out} | --shard-size 0.003 => OUT/00001.tar
        data split {pairs/train.tsv} | --output {out} => OUT/held-out/train.tsv
        data split {pairs/train.tsv} --output {out} | --by image => 1 of 12 pictures
        data split {pairs/train.tsv} --output {out} | --hold-out 0.34 => 4 of 12 names
        data split {pairs/train.tsv} --output {out} --hold-out 0.34 | --seed 5 => ...
        data shard {broken/train.tsv} --output {out} | --max-bad 1 => records are bad
        embed --images {photos} --output {out} | --model {model} => 24 images embedded
        embed --model {model} --output {out} | --images {photos} => 24 images embedded
        embed --model {model} --output {out} | --texts {labels.txt} => 3 texts embedded
        embed --images {photos} --model {model} | --output {out} => OUT/images_000000.parquet
        embed --images {photos} --model {model} --output {out} | --format npy => OUT/img_emb/img_emb_000000.npy
        embed --images {photos} --model {model} --output {out} | --records-per-file 7 => OUT/images_000003.parquet
        embed --images {photos} --model {model} --output {out} | --no-normalize => ...
        embed --images {photos} --model {model} --output {out} | --decode scaled => "Decode": "Scaled"
        embed --images {photos} --model {fresh} --output {fresh}/embedded | --cache-optimized-graph => OUT/onnx/.optimized/
        embed --images {broken/train.tsv} --model {model} --output {out} | --max-bad 1 => exit 1
        embed --images {photos} --model {model} --output {out} | --read-timeout 0.0000001 => reading it took more than
        embed --texts {keys.tar} --model {model} --output {out} | --caption-key alt => ...
        embed --texts {endings.tar} --model {model} --output {out} | --caption-ending alt => ...
        embed --images {endings.tar} --model {model} --output {out} | --image-ending more.png => ...
        embed --images {rows.parquet} --model {model} --output {out} | --image-key picture => no image column 'picture'
        embed --texts {photos} --model {model} --output {out} | --caption-templates {lines.txt} => ...
        embed --images {pairs/train.tsv} --model {model} --output {out} | --dataset-type webdataset => no usable records
        embed --texts {twins/train.tsv} --model {model} --output {out} | --group-by-image false => ...
        mcp --model {model} | --index {index} => not Option '--index' is required
        mcp --index {index} | --model {other} => ...
        mcp --index {index} --model {fresh} | --cache-optimized-graph => OUT/onnx/.optimized/
        evaluate --no-cache --data {photos} | --model {model} => photos: top-1
        evaluate --no-cache --model {model} | --data {photos} => photos: top-1
        evaluate --no-cache --model {model} --data {photos} | --labels {labels.txt} => 24 images, 3 labels
        evaluate --no-cache --model {model} --data {photos} | --templates {lines.txt} => ...
        evaluate --no-cache --model {model} --data {pairs/train.tsv} | --csv-label-key kind => 12 images, 3 labels
        evaluate --no-cache --model {model} | --retrieval-data {pairs/train.tsv} => 12 images, 12 captions
        evaluate --no-cache --model {model} --data {photos} | --linear-probe {photos} => trained on 24
        evaluate --no-cache --model {model} --data {photos} | --json => "acc1"
        evaluate --no-cache --model {model} --data {photos} --linear-probe {photos} | --few-shot 2 => photos: 2-shot linear probe
        evaluate --no-cache --model {model} --data {photos} --linear-probe {photos} --few-shot 2 | --few-shot-draws 2 => 2 draws
        evaluate --no-cache --model {model} --data {photos} --json | --language de => "language": "de"
        evaluate --no-cache --model {model} --data {photos} | --seed 7 => ...
        evaluate --no-cache --model {model} --data {photos} | --output {out} => OUT:
        evaluate --no-cache --model {model} --data {photos} | --append {out} => OUT:
        evaluate --no-cache --model {model} --data {photos} | --per-class => cat (12 images)
        evaluate --no-cache --model {model} --data {photos} | --published => No results of these data sets
        evaluate compare {model.json} {other.json} | --seed 7 => ...
        duplicates {index} | --json => "score"
        duplicates {index} | --min-score 0.9999 => no duplicates
        evaluate --data {broken/train.tsv} --csv-label-key kind --model {model} --no-cache | --max-bad 1 => more than the 1 percent
        evaluate --data {photos} --model {model} | --embedding-cache {out} => OUT/
        evaluate --data {photos} --model {model} --embedding-cache {out} | --no-cache => not OUT/
        evaluate --data {photos} --model {model} --no-cache | --report {out.html} => <html
        evaluate --data {photos} --model {model} --no-cache | --list => food101
        evaluate --data set={photos} --model {model} --no-cache | --layout set=food101 => Food-101 in
        evaluate --data food101={photos} --model {model} --no-cache | --split food101=night => night
        export-safetensors {model} | --output {out.safetensors} => visual.conv1.weight
        export-safetensors {model} --output {out.safetensors} | --naming hf => vision_model.embeddings.patch_embedding.weight
        export-safetensors {model} --output {taken.safetensors} | --overwrite => tensors:
        index {photos} --output {out} | --model {model} => 24 new
        index {photos} --model {model} | --output {out} => OUT:
        index {pairs/train.tsv} --model {model} --output {out} | --dataset-type webdataset => no usable records
        index {photos} --model {model} --output {out} | --approximate => OUT.hnsw
        index {photos} --model {fresh} --output {fresh}/index | --cache-optimized-graph => OUT/onnx/.optimized/
        index {photos} --model {model} | --store Hots=x => takes a connection string
        index {photos} --model {model} --store Host=x | --table a;b => no table's name
        index {keys.tar} --model {model} --output {out} | --caption-key alt => alt 2
        index {rows.parquet} --model {model} --output {out} | --image-key picture => no image column 'picture'
        index {photos} --dataset-type imagefolder --model {model} --output {out} | --caption-templates {lines.txt} => one cat
        index {endings.tar} --model {model} --output {out} | --image-ending none => no usable records
        index {endings.tar} --model {model} --output {out} | --caption-ending alt => alt 2
        index {twins/train.tsv} --model {model} --output {out} | --group-by-image false => not twin
        init --output {out} | --model {tiny.json} => OUT/model.safetensors
        init --model {tiny.json} | --output {out} => OUT/model.safetensors
        init --model {tiny.json} --output {out} | --seed 7 => ...
        init --model {tiny.json} --output {out} | --tokenizer {tokenizer} => OUT/merges.txt
        interpolate {model} {other} | --output {out} => OUT/model.safetensors
        interpolate {model} {other} --output {out} | --alpha 0.25 => alpha 0.25
        pull a/b --allow-http | --revision v7 => hub.invalid/api/models/a/b/revision/v7 cannot be reached
        pull a/b | --output {photos} => ~/photos holds something that is no model
        models | --zoo => ...
        pull a/b | --list => ImageNet top-1
        pull a/b | --allow-http => hub.invalid/api/models/a/b/revision/main cannot be reached
        quantize | --model {fresh} => OUT/onnx/model_int8.onnx
        quantize --model {fresh} | --precision fp16 => ...
        quantize --model {fresh} --precision fp16 | --calibration {pairs/train.tsv} => 12 images
        quantize --model {fresh} --precision fp16 --calibration {pairs/train.tsv} | --samples 5 => 5 images
        quantize --model {fresh} --precision int8 --calibration {pairs/train.tsv} | --mean-cosine 0.99999 => ...
        quantize --model {fresh} --precision int8 | --reduce-range => ...
        search {index} red | --approximate => has no graph
        search red --model {model} | --store Hots=x => takes a connection string
        search red --model {model} --store Host=x | --table a;b => no table's name
        search {index} red | --model {other} => ...
        search {index} red --model {fresh} | --cache-optimized-graph => OUT/onnx/.optimized/
        search {index} red | --top 1 => ...
        search {index} red | --filter caption=walls => ...
        search {index} red | --json => "score"
        search {index} red | --image {pictures/3.png} => ...
        search {index} red | --without green => ...
        search {index} red --image {pictures/3.png} | --image-weight 7 => ...
        search {index} red --without green | --without-weight 7 => ...
        tokenizer train --output {out} | --train-data {pairs/train.tsv} => entries: OUT
        tokenizer train --train-data {pairs/train.tsv} --output {out} | --vocab-size 517 => 517 entries
        data stats {endings.tar} | --image-ending more.png => ...
        data stats {twins/train.tsv} | --group-by-image false => records              24
        data shard {endings.tar} --output {out} | --image-ending more.png => ...
        data shard {twins/train.tsv} --output {out} | --group-by-image false => 24 records in 1 shards
        tokenizer train --train-data {endings.tar} --output {out} | --image-ending none => no usable records
        tokenizer train --train-data {pairs/train.tsv} | --output {out} => OUT/merges.txt
        tokenizer train --train-data {pairs/train.tsv} --output {taken} | --overwrite => entries: ~/taken
        """;

    /// <summary>Those of quickstart, which are all given at once.</summary>
    private const string OfQuickstart =
        """
        --epochs 2 => 2 steps of 128
        --seed 5 => "Seed": "5"
        """;

    private const string Quickstart = "quickstart --output {out} --pictures 128";

    /// <summary>Those of commands that read tables.</summary>
    private const string OfTables =
        """
        comma | --csv-separator , => exit 0
        quoted | --csv-quoting none => has no column
        utf16 | --csv-encoding utf-16 => exit 0
        pairs | --csv-img-key picture => has no column 'picture'
        pairs | --csv-caption-key alt => has no column 'alt'
        """;

    /// <summary>Those of commands that read any source.</summary>
    private const string OfSources =
        """
        pairs/train.tsv | --dataset-type webdataset => ...
        keys.tar | --caption-key alt => ...
        rows.parquet | --image-key picture => ...
        photos | --caption-templates {lines.txt} => ...
        endings.tar | --caption-ending alt => ...
        """;

    /// <summary>Those of training in an experiment, which its page tells; all are given at once.</summary>
    private const string OfTraining =
        """
        --lr 0.25
        --warmup 19
        --opt muon => --opt Muon
        --wd 0.75
        --beta1 0.5
        --beta2 0.625
        --eps 0.125
        --grad-clip-norm 21
        --precision bf16
        --model-ema => --model-ema-decay 0.5
        --model-ema-decay 0.5
        --accum-freq 2
        --lr-scheduler const-cooldown => --lr-scheduler ConstCooldown
        --epochs-cooldown 1.5
        --lr-cooldown-end 0.125
        --lr-cooldown-power 3
        --layer-decay 0.875
        --max-minutes 24.5
        --aug-scale 0.375
        --aug-background #010203
        --aug-flip 0.25
        --aug-rotate 33
        --aug-translate 0.125
        --aug-zoom 0.5
        --aug-outlines 0.375
        --aug-color-jitter 0.625
        --aug-hue 0.0625
        --aug-grayscale 0.75
        --aug-blur 0.875
        """;

    private const string OfExperiments =
        """
        --output {out} --max-steps 1 | --data {pairs} => OUT/efficiency.html
        --data {pairs} --max-steps 1 | --output {out} => OUT/efficiency.html
        --output {out} --data {broken} --images-seen 13 | --max-bad 1 => records are bad
        --output {out} --data {pairs} --max-steps 1 | --read-timeout 0.0000001 => reading it took more than
        --output {out} --data {pairs} --images-seen 36 | --max-steps 2 => clip  8 images
        --output {out} --data {pairs} --images-seen 12 | --images-seen 17 => clip  24 images
        --output {out} --data {pairs} --epochs 1 | --epochs 2 => clip  24 images
        --output {out} --data {pairs} --max-steps 1 | --gflops 0.5 => ...
        --output {out} --data {pairs} --max-steps 1 | --device cuda:99 => cuda:99
        --output {out} --data {pairs} --max-steps 1 | --seed 9 => --seed 9
        --output {out} --data {pairs} --max-steps 1 --csv-caption-key kind | --labels 4 => 12 pictures, 4 labels
        """;

    /// <summary>Those that are given to every experiment here, for it to be a short one.</summary>
    private const string OfShortExperiments =
        """
        --model {tiny.json} => <td>tiny.json</td>
        --points 1 => ...
        --objectives clip => ...
        --batch-size 4 => --batch-size 4
        --vocab-size 520 => ...
        """;

    private const string Experiment = "experiment efficiency";

    private static readonly string Short = string.Join(' ', Lines(OfShortExperiments).Select(line => line.Option));

    private static readonly string Tiny = $"{Experiment} {Short}";

    private static readonly string Trained = $"{Tiny} --output {{out}} --data {{pairs}} --max-steps 3";

    private static readonly string TrainedOtherwise = $"{Trained} {string.Join(' ', Lines(OfTraining).Select(line => line.Option))}";

    /// <summary>Those of <c>experiment classify</c>; @ is a model and an output, ~ is a short search.</summary>
    private const string OfClassify =
        """
        @ | --data {photos} => OUT/model.zip
        --data {photos} ~ --output {out} | --model {model} => OUT/model.zip
        --data {photos} --model {model} ~ | --output {out} => OUT/model.zip
        --data {photos} --model {model} --no-views --output {out} --templates {missing.txt} | --minutes 0 => must be a number above 0
        --data {pairs/train.tsv} @ | --label-column kind => OUT/model.zip
        --data {pairs/train.tsv} @ --label-column kind | --image-column picture => has no column 'picture'
        --data {pairs/train.tsv} @ --label-column kind | --text-column title => image + text
        --data {pairs/train.tsv} @ --label-column kind | --group-column scene => has no column 'scene'
        --data {photos} @ | --templates {lines.txt} => prompts given
        --data {photos} @ | --metric Accuracy => the best by accuracy
        --data {photos} @ | --folds 1 => --folds must be
        --data {photos} --model {model} --minutes 0.2 --output {out} | --no-views => not -Mirrored-
        --data {photos} @ | --web => .Web/Program.cs
        --data {photos} @ --suggest 2 | --unlabelled {pictures/0.png} => OUT/suggestions.csv
        --data {photos} @ | --none-class other => --none-class is learned from
        --data {photos} @ --unlabelled {pictures/0.png} | --suggest 2 => OUT/suggestions.csv
        """;

    /// <summary>It names its columns itself.</summary>
    private const string Classified =
        "experiment classify --data {%/train.tsv} --label-column kind --model {model} --minutes 0.05 --no-views --output {out}";

    private static readonly string[] SourceCommands =
    [
        "data stats {%}",
        "data shard {%} --output {out} --max-bad 100",
        "tokenizer train --train-data {%} --output {out} --vocab-size 530",
    ];

    private static readonly string[] TableCommands =
    [
        "evaluate --no-cache --model {model} --retrieval-data {%/train.tsv}",
        "quantize --model {fresh} --precision fp16 --calibration {%/train.tsv}",
        $"{Tiny} --output {{out}} --data {{%}} --max-steps 1",
        "index {%/train.tsv} --output {out} --model {model}",
        "data split {%/train.tsv} --output {out} --hold-out 0.34",
        "embed --texts {%/train.tsv} --output {out} --model {model}",
        .. SourceCommands.Select(command => command.Replace("{%}", "{%/train.tsv}", StringComparison.Ordinal)),
    ];

    public static IReadOnlyList<OptionRow> All { get; } =
    [
        .. Lines(Own).Select(line => Row(line.Given, line)),
        .. TableCommands.SelectMany(command => Lines(OfTables).Select(line => Row(In(command, line.Given), line))),
        .. Lines(OfClassify.Replace("@", "--model {model} ~ --output {out}").Replace("~", "--minutes 0.05 --no-views"))
            .Select(line => Row($"experiment classify {line.Given}", line)),
        .. Lines(OfTables).Where(line => !line.Option.Contains("-key", StringComparison.Ordinal))
            .Select(line => Row(In(Classified, line.Given), line)),
        .. SourceCommands.SelectMany(command => Lines(OfSources).Select(line => Row(In(command, line.Given), line))),
        Row("index {pipe} --output {out} --model {model}", ("", "--shard-pipes", "3 new")),
        Row("embed --images {pipe} --output {out} --model {model}", ("", "--shard-pipes", "3 images embedded")),
        .. Lines(OfExperiments).Select(line => Row($"{Tiny} {line.Given}", line)),
        .. Lines(OfShortExperiments).Select(line => Row(Trained.Replace($" {line.Option}", "", StringComparison.Ordinal), line)),
        .. Lines(OfTraining).Select(line => Row(Trained, line) with { With = TrainedOtherwise }),
        .. Lines(OfQuickstart).Select(line => Row($"{Quickstart} --epochs 1", line) with { With = $"{Quickstart} --epochs 2 --seed 5" }),
        .. SourceCommands.Select(command => Row(In(command, "pipe"), ("", "--shard-pipes", Another))),
    ];

    private static OptionRow Row(string without, (string Given, string Option, string Seen) line)
    {
        var option = line.Option.Split(' ')[0];
        // Where there has to be a value, another one takes its place.
        var others = Regex.Replace(without, $" {option} [^ ]+", "");
        return new OptionRow(Name(without), without, $"{others} {line.Option}", option, line.Seen);
    }

    private static string In(string command, string source) => command.Replace("%", source, StringComparison.Ordinal);

    /// <summary>What is given, an option, and what is seen: the option itself where nothing is said.</summary>
    private static IEnumerable<(string Given, string Option, string Seen)> Lines(string table) =>
        from line in table.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        let sides = line.Split(" => ")
        let given = sides[0].Split("| ")
        select (given.Length > 1 ? given[0].Trim() : "", given[^1], sides.Length > 1 ? sides[1] : given[^1]);

    /// <summary>The command's name: the words before its first argument or option, where not even these are arguments.</summary>
    private static string Name(string line) => string.Join(' ', line.Split(' ').TakeWhile(word => word[0] is not ('-' or '{'))
        .Take(line.Split(' ')[0] is "pull" or "search" ? 1 : 2));
}
