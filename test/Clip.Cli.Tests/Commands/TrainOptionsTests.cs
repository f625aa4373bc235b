using System.CommandLine;
using Clip.Cli.Options;
using Clip.Cli.Training;

namespace Clip.Cli.Tests.Commands;

/// <summary>Every option of <c>clip train</c>, given an unusual value, arrives where it belongs, and nothing else changes.</summary>
public sealed class TrainOptionsTests : IDisposable
{
    /// <summary>What is given beforehand, an option, and what it changes in the run, its output and what is done.</summary>
    private const string Table =
        """
        | --train-data x.tar => Run.Data.Train.Name=x.tar
        | --val-data w.tsv => Run.Validation.Data.Name=w.tsv
        --train-data a.tsv::b.tsv | --train-data-upsampling-factors 2::0.5 => Run.Data.Train.Layout.UpsamplingFactors=2 0.5
        | --log-samples s.log => Run.Data.LogSamples=s.log
        | --dataset-type parquet => LAYOUT.Type=parquet
        | --csv-separator , => LAYOUT.Table.Separator=,
        | --csv-quoting none => LAYOUT.Table.Quotes=False
        | --csv-encoding utf-16 => LAYOUT.Table.Encoding=utf-16
        | --csv-img-key picture => LAYOUT.Table.ImageKey=picture
        | --csv-caption-key a b => LAYOUT.Table.CaptionKeys=a b
        | --caption-key c d => LAYOUT.CaptionKeys=c d
        | --image-key e => LAYOUT.ImageKey=e
        | --caption-templates {lines} => LAYOUT.Templates=one {} two {}
        | --image-ending f g => LAYOUT.ImageEndings=f g
        | --caption-ending h => LAYOUT.CaptionEndings=h
        | --shard-pipes => LAYOUT.Pipes=True
        | --group-by-image false => LAYOUT.GroupByImage=False
        | --workers 3 => Run.Data.Reading.Workers=3
        | --max-bad 7.5 => Run.Data.Reading.MaxBadPercent=7.5
        | --read-timeout 9 => Run.Data.Reading.ReadTimeout=00:00:09
        | --objective siglip => Run.Training.Objective=SigLip
        | --model n => Run.Model.Config=n
        | --tokenizer k => Run.Model.Tokenizer=k
        | --vocab-size 999 => Run.Model.VocabSize=999
        | --word-vectors english => Run.Model.WordVectors=english
        --tokenizer k | --pretrained p => Run.Training.FineTuning.Pretrained=p
        | --lock-image => Run.Training.FineTuning.LockImage=True
        | --lock-image-unlocked-groups 2 => Run.Training.FineTuning.LockImageUnlockedGroups=2
        | --lock-text => Run.Training.FineTuning.LockText=True
        | --lock-text-unlocked-layers 3 => Run.Training.FineTuning.LockTextUnlockedLayers=3
        | --lora-rank 5 => Run.Training.FineTuning.LoraRank=5
        | --lora-alpha 2.5 => Run.Training.FineTuning.LoraAlpha=2.5
        | --output q => Output.ModelFolder=q
        | --seed -7 => Run.Training.Seed=-7
        | --save-frequency 4 => Run.Training.SaveFrequency=4
        | --save-steps 11 => Run.Training.SaveSteps=11
        | --keep 9 => Output.Keep=9
        | --resume latest => Output.Resume=latest
        | --dry-run => Verb=Measure
        | --lr-find => Verb=FindLearningRate
        | --reproduce r => Output.Reproduce=r
        | --epochs 17 => Run.Training.Epochs=17
        | --batch-size 18 => Run.Training.BatchSize=18; Run.Training.PairsPerStep=18
        | --lr 0.25 => Run.Training.LearningRate=0.25
        | --warmup 19 => Run.Training.Warmup=19
        | --opt muon => Run.Training.Algorithm=Muon
        | --wd 0.75 => Run.Training.Optimizer.WeightDecay=0.75
        | --beta1 0.5 => Run.Training.Optimizer.Beta1=0.5
        | --beta2 0.625 => Run.Training.Optimizer.Beta2=0.625
        | --eps 0.125 => Run.Training.Optimizer.Epsilon=0.125
        | --grad-clip-norm 21 => Run.Training.GradClipNorm=21
        | --precision bf16 => Run.Training.Precision=Bf16
        | --precision fp16 => Run.Training.Precision=Fp16
        | --tf32 => Run.Training.Tf32=True
        | --device cuda:1 => Run.Training.Device=cuda:1
        | --model-ema => Run.Training.ModelEmaDecay=0.9998
        --model-ema | --model-ema-decay 0.5 => Run.Training.ModelEmaDecay=0.5
        | --model-ema-decay 0.5 => nothing
        | --max-steps 23 => Run.Training.MaxSteps=23
        | --max-minutes 24.5 => Run.Training.MaxMinutes=24.5
        | --accum-freq 3 => Run.Training.AccumFrequency=3; Run.Training.PairsPerStep=384
        | --grad-checkpointing => Run.Training.GradCheckpointing=True
        | --local-loss => Run.Training.LocalLoss=True
        | --grad-compression bf16 => Run.Training.GradientCompression=BFloat16
        | --use-bn-sync => Run.Training.SynchronizedBatchNorm=True
        | --lr-scheduler const => Run.Training.Scheduler=Const
        --epochs-cooldown 1.5 | --lr-scheduler const-cooldown => Run.Training.Scheduler=ConstCooldown
        --lr-cooldown-end 0.25 --epochs-cooldown 2 | --epochs-cooldown 2.5 => Run.Training.Cooldown.Epochs=2.5
        --epochs-cooldown 2.5 | --lr-cooldown-end 0.125 => Run.Training.Cooldown.End=0.125
        --epochs-cooldown 2.5 | --lr-cooldown-power 3 => Run.Training.Cooldown.Power=3
        | --layer-decay 0.875 => Run.Training.LayerDecay=0.875
        | --aug-scale 0.375 => Run.Training.Augmentation.Crop.MinScale=0.375
        | --aug-background #010203 => Run.Training.Augmentation.Background.Color=(1, 2, 3)
        | --aug-outlines 0.5 => Run.Training.Augmentation.OutlineChance=0.5
        | --caption-first 0.25 => Run.Training.Captions.FirstChance=0.25
        | --caption-join 0.375 => Run.Training.Captions.JoinChance=0.375
        | --caption-shuffle 0.5 => Run.Training.Captions.ShuffleChance=0.5
        | --caption-dropout 0.625 => Run.Training.Captions.WordDropout=0.625
        | --label-smoothing 0.125 => Run.Training.LabelSmoothing=0.125
        | --max-logit-scale 20.5 => Run.Training.MaxLogitScale=20.5
        | --aug-flip 0.25 => Run.Training.Augmentation.FlipChance=0.25
        | --aug-rotate 33 => Run.Training.Augmentation.Rotation=33
        | --aug-translate 0.125 => Run.Training.Augmentation.Translation=0.125
        | --aug-zoom 0.5 => Run.Training.Augmentation.Zoom=0.5
        | --aug-color-jitter 0.625 => Run.Training.Augmentation.ColorJitter=0.625
        | --aug-hue 0.0625 => Run.Training.Augmentation.Hue=0.0625
        | --aug-grayscale 0.75 => Run.Training.Augmentation.GrayscaleChance=0.75
        | --aug-blur 0.875 => Run.Training.Augmentation.BlurChance=0.875
        --objective convirt | --aug-scale 0.9 => Run.Training.Augmentation.Crop.MinScale=0.9
        --objective convirt | --aug-flip 0 => Run.Training.Augmentation.FlipChance=0
        --objective convirt | --aug-rotate 0 => Run.Training.Augmentation.Rotation=0
        --objective convirt | --aug-translate 0 => Run.Training.Augmentation.Translation=0
        --objective convirt | --aug-zoom 0 => Run.Training.Augmentation.Zoom=0
        --objective convirt | --aug-color-jitter 0 => Run.Training.Augmentation.ColorJitter=0
        --objective convirt | --aug-blur 0 => Run.Training.Augmentation.BlurChance=0
        | --val-frequency 5 => Run.Validation.Frequency=5
        --zeroshot-data y={pets} | --zeroshot-data z={pets} => SET[1].Name=z; SET[1].Labels=cat dog; PICTURE1=cat; PICTURE2=dog; ONE[1]
        --zeroshot-data z={pets} | --zeroshot-classnames {labels} => SET[0].Labels=cat dog cow
        --zeroshot-data z={pets} | --zeroshot-templates {lines} => SET[0].Templates=one {} two {}
        --zeroshot-data z={pets} | --csv-label-key kind => SET[0].Images[0].Class=dog; SET[0].Images[1].Class=cow; SET[0].Labels=cow dog
        | --zeroshot-frequency 6 => Run.Validation.ZeroShotFrequency=6
        | --best-metric recall => Run.Validation.BestMetric=recall
        """;

    private readonly TempFolder _folder = new();

    public TrainOptionsTests()
    {
        _folder.Write("lines.txt", "one {}\ntwo {}\n");
        _folder.Write("labels.txt", "cat\ndog\ncow\n");
        _folder.Write("pets.tsv", "filepath\ttitle\tkind\na.png\tcat\tdog\nb.png\tdog\tcow\n");
    }

    public static TheoryData<string, string, string> Rows()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (var line in Table.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var (given, changes) = (line.Split(" => ")[0].Split('|'), line.Split(" => ")[1]);
            rows.Add(given[0].Trim(), given[1].Trim(), changes);
        }

        return rows;
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Rows))]
    public void AnOptionChangesWhatItSetsAndNothingElse(string before, string option, string changes)
    {
        var expected = changes.Split("; ").SelectMany(Written).Order(StringComparer.Ordinal);

        Assert.Equal(expected, Settings.Changes(Parse(before), Parse($"{before} {option}")));
    }

    /// <summary>An option that is added needs a row.</summary>
    [Fact]
    public void EveryOptionHasARow()
    {
        var tried = Rows().Select(row => ((string)row[1]).Split(' ')[0]).ToHashSet();
        var command = CommandLine.Root().Subcommands.Single(sub => sub.Name == "train");

        Assert.Equal(command.Options.Select(option => option.Name).Order(), new TrainOptions().All.Select(option => option.Name).Order());
        string[] refused = ["--zeroshot-layout", "--zeroshot-split"]; // see below
        Assert.Empty(new TrainOptions().All.Select(option => option.Name).Except(tried).Except(refused));
        Assert.Empty(tried.Except(new TrainOptions().All.Select(option => option.Name)));
    }

    [Fact]
    public void WhatMeansTwoThingsOrLacksAnotherIsRefused()
    {
        Assert.Throws<ClipException>(() => Parse("--dry-run --lr-find"));
        // Of sets that are not there.
        Assert.Throws<ClipException>(() => Parse("--zeroshot-data z={pets} --zeroshot-layout y=food101"));
        Assert.Throws<ClipException>(() => Parse("--zeroshot-data z={pets} --zeroshot-split y=train"));
        Assert.Throws<ClipException>(() => Parse("--lr-scheduler const-cooldown"));
        Assert.Throws<ClipException>(() => Parse("--epochs 2 --epochs-cooldown 3"));
        Assert.Throws<ClipException>(() => Parse("--batch-size 1000000 --accum-freq 1000"));
        Assert.Throws<ClipException>(() => Parse("--train-data-upsampling-factors 1::0"));
        Assert.Throws<ClipException>(() => Parse("--aug-background beige"));
    }

    /// <summary>Validation data are laid out as training data are.</summary>
    private IEnumerable<string> Written(string change) => change switch
    {
        "nothing" => [],
        _ when change.StartsWith("LAYOUT", StringComparison.Ordinal) =>
            ["Run.Data.Train.Layout" + change["LAYOUT".Length..], "Run.Validation.Data.Layout" + change["LAYOUT".Length..]],
        "PICTURE1=cat" => [$"{Set}[1].Images[0].Class=cat", $"{Set}[1].Images[0].ImagePath={_folder["a.png"]}"],
        "PICTURE2=dog" => [$"{Set}[1].Images[1].Class=dog", $"{Set}[1].Images[1].ImagePath={_folder["b.png"]}"],
        "ONE[1]" => [$"{Set}[1].IsMultiLabel=False", $"{Set}[1].MayHaveTwins=False"],
        _ => [change.Replace("SET", Set, StringComparison.Ordinal)],
    };

    private const string Set = "Run.Validation.ZeroShot";

    private Dictionary<string, string> Parse(string given)
    {
        var words = given.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word
            .Replace("{lines}", _folder["lines.txt"], StringComparison.Ordinal)
            .Replace("{labels}", _folder["labels.txt"], StringComparison.Ordinal)
            .Replace("{pets}", _folder["pets.tsv"], StringComparison.Ordinal)).ToList();
        var required = new[] { ("--train-data", "t.tsv"), ("--val-data", "v.tsv"), ("--model", "m"), ("--output", "o") };
        foreach (var (name, value) in required.Where(r => !words.Contains(r.Item1))) words.AddRange([name, value]);
        // Of an option that is given twice the later one counts.
        foreach (var name in words.Where(word => word.StartsWith("--", StringComparison.Ordinal)).CountBy(word => word)
            .Where(count => count.Value > 1 && count.Key != "--zeroshot-data").Select(count => count.Key).ToArray())
            words.RemoveRange(words.IndexOf(name), 2);
        var train = new TrainOptions();
        var command = new System.CommandLine.Command("train");
        foreach (var option in train.All) command.Options.Add(option);
        var root = new RootCommand { command };
        Numbers.Guard(root);
        var parsed = root.Parse(["train", .. words]);
        Assert.Empty(parsed.Errors);
        return Settings.Of(
            new { Run = train.Parse(parsed) with { Arguments = null }, Output = train.Output(parsed), Verb = train.Verb(parsed) });
    }
}
