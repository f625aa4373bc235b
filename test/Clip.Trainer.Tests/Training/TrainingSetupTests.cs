using Clip.Data;
using Clip.Data.Distributed;
using Clip.Data.Sources;
using Clip.Trainer.Modeling;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Training;

/// <summary>
/// What a run's options make of data, model and loop. Alone, for a setup seeds torch's one generator, from which other tests draw starting
/// weights.
/// </summary>
[Collection(nameof(ClipContrastiveEstimatorTests))]
public sealed class TrainingSetupTests : IDisposable
{
    private static readonly Augmentation Still = new() { Crop = new RandomResizedCrop(MinScale: 1) };

    private readonly TinyRun _run = new();

    public void Dispose() => _run.Dispose();

    /// <summary>What is measured is the data as they are, batch by batch as much as fits in memory; what is trained on is varied.</summary>
    [Fact]
    public async Task ValidationSeesEveryPairAsItIs()
    {
        var varied = Options(_run.Options with
        {
            AccumFrequency = 2,
            Captions = new CaptionAugmentation { WordDropout = 0.9, ShuffleChance = 1 },
            Augmentation = new Augmentation { Crop = new RandomResizedCrop(0.1), FlipChance = 1, ColorJitter = 0.5 },
        });
        using var plain = await Open(Options(_run.Options with { Augmentation = Still }));
        using var setup = await Open(varied);

        PairBatch[] expected = [.. plain.Validation!.InOrder()], actual = [.. setup.Validation!.InOrder()];

        Assert.Equal([4, 4, 4], actual.Select(batch => batch.Count));
        Assert.Equal(expected.SelectMany(batch => batch.Pixels), actual.SelectMany(batch => batch.Pixels));
        Assert.Equal(expected.SelectMany(batch => batch.InputIds), actual.SelectMany(batch => batch.InputIds));
        Assert.Equal((8, 1L), (setup.PairsPerStep, setup.Train.StepsPerEpoch));
        Assert.Equal((4, 3L), (plain.PairsPerStep, plain.Train.StepsPerEpoch));
        Assert.NotEqual(
            plain.Train.InOrder().SelectMany(batch => batch.InputIds), setup.Train.InOrder().SelectMany(batch => batch.InputIds));
    }

    /// <summary>ConVIRT shows a random sentence of each caption in training; what is measured is the whole.</summary>
    [Theory]
    [InlineData(ObjectiveKind.ConVirt, true)]
    [InlineData(ObjectiveKind.Clip, false)]
    public async Task SentencesAreSampledOnlyForConVirtAndOnlyInTraining(ObjectiveKind kind, bool samples)
    {
        _run.Folder.Write("long.tsv", "filepath\ttitle\n" + string.Concat(
            Enumerable.Range(0, 4).Select(i => $"{i}.png\tOne red wall here. Two blue walls there.\n")));
        var options = Options(_run.Options with { Objective = kind, Augmentation = Still });
        var source = NamedSource.Of(_run.Folder["long.tsv"]);
        using var setup = await Open(options with
        {
            Data = new RunData(source),
            Validation = new RunValidation { Data = source },
            Model = options.Model with { Config = _run.Folder.Write("l.json", TinyRun.Config.Replace("length\": 12", "length\": 64")) },
        });

        var (training, whole) = (setup.Train.InOrder().Single(), setup.Validation!.InOrder().Single());

        Assert.Equal(samples, training.TextLength < whole.TextLength);
    }

    public static TheoryData<string, string, FineTuningOptions, bool> Locks => new()
    {
        { "a locked tower", "", new() { LockImage = true }, true },
        { "one that LoRA does not reach", "", new() { LockImage = true, LoraRank = 2 }, true },
        { "the text tower locked", "", new() { LockText = true }, false },
        { "nothing locked", "", new(), false },
        { "a group that is trained", "", new() { LockImage = true, LockImageUnlockedGroups = 1 }, false },
        { "LoRA alone", "", new() { LoraRank = 2 }, false },
        { "patches left out", "\"patch_dropout\": 0.5, ", new() { LockImage = true }, false },
        { "a ResNet", "resnet", new() { LockImage = true }, false },
    };

    /// <summary>Features are kept where the same picture always has the same ones, and nowhere else.</summary>
    [Theory]
    [MemberData(nameof(Locks))]
    public async Task FeaturesAreKeptOnlyOfATowerThatStays(string what, string vision, FineTuningOptions tuning, bool isKept)
    {
        const string tower = """{"image_size": 16, "layers": 2, "width": 16, "head_width": 8, "patch_size": 8}""";
        const string resNet = """{"image_size": 32, "layers": [1, 1, 1, 1], "width": 2, "head_width": 8}""";
        var config = TinyRun.Config.Replace(tower, vision == "resnet" ? resNet : $"{{{vision}{tower[1..]}", StringComparison.Ordinal);
        File.WriteAllText(_run.ConfigFile, config);

        using var setup = await Open(Options(_run.Options with { Augmentation = Still, FineTuning = tuning }));

        Assert.True(isKept == ((TwoTowerObjective)setup.Objective).Kept is not null, what);
    }

    [Fact]
    public async Task FeaturesMayTakeTheMemoryThatPicturesWouldHave()
    {
        var options = Options(_run.Options with { Augmentation = Still, FineTuning = new() { LockImage = true } });
        var said = new List<string>();

        using var setup = await TrainingSetup.OpenAsync(
            options with { Data = options.Data with { CacheBytes = 5L << 30 } }, kept: null, Ranks.Alone, said.Add, default);

        Assert.EndsWith("computed once and kept (5,120 MiB at most).", Assert.Single(said), StringComparison.Ordinal);
    }

    /// <summary>What a run that goes on is compared by, beside its training's settings.</summary>
    [Fact]
    public async Task TheCourseHasModelTokenizerPicturesAndTheVocabularyThatIsLearned()
    {
        using var kept = new KeptRun(new RunOutput(_run.Folder["model"]), [], metric: null, _ => { });
        var options = Options(_run.Options);
        using var given = await TrainingSetup.OpenAsync(options, kept, Ranks.Alone, _ => { }, default);
        using var learned = await TrainingSetup.OpenAsync(
            options with { Model = new RunModel(_run.ConfigFile) { VocabSize = 523 } }, kept, Ranks.Alone, _ => { }, default);

        Assert.Equal(("none", "none"), (given.Loop.Course["VocabSize"], given.Loop.Course["WordVectors"]));
        Assert.Equal("523", learned.Loop.Course["VocabSize"]);
        Assert.Equal($"one of 520 entries, {given.Tokenizer.Hash}", given.Loop.Course["the tokenizer"]);
        Assert.StartsWith("one of 523 entries, ", learned.Loop.Course["the tokenizer"], StringComparison.Ordinal);
        Assert.NotEqual(given.Tokenizer.Hash, learned.Tokenizer.Hash);
        Assert.Equal("16", given.Loop.Course["the model's vision_config.image_size"]);
        Assert.Equal("none", given.Loop.Course["the preprocessing's Background"]);
        Assert.Equal(given.Train.Fingerprint, given.Loop.Course["the training data"]);
        Assert.Equal(given.Model.parameters().Sum(p => p.numel()), given.Parameters);
    }

    [Fact]
    public async Task AllThatIsOpenedIsClosed()
    {
        var (train, validation) = (new Watched(_run.Table), new Watched(_run.Table));
        var options = Options(_run.Options) with
        {
            Data = new RunData(new NamedSource("train", () => train)),
            Validation = new RunValidation { Data = new NamedSource("validation", () => validation) },
        };

        var setup = await Open(options);
        var weights = setup.Model.parameters().ToArray();
        Assert.False(train.IsClosed || validation.IsClosed || weights.Any(w => w.IsInvalid));
        setup.Dispose();

        Assert.True(train.IsClosed && validation.IsClosed);
        Assert.All(weights, weight => Assert.True(weight.IsInvalid));
    }

    /// <summary>No file stays open of a run that could not begin, and no vocabulary of it stays behind.</summary>
    [Fact]
    public async Task ARunThatCannotBeginLeavesNothing()
    {
        var (train, validation) = (new Watched(_run.Table), new Watched(_run.Table));
        using var kept = new KeptRun(new RunOutput(_run.Folder["model"]), [], metric: null, _ => { });
        var options = Options(_run.Options with { FineTuning = new() { LockImage = true, LockImageUnlockedGroups = 99 } }) with
        {
            Data = new RunData(new NamedSource("train", () => train)),
            Validation = new RunValidation { Data = new NamedSource("validation", () => validation) },
            Model = new RunModel(_run.ConfigFile) { VocabSize = 520 },
        };

        await Assert.ThrowsAsync<ClipException>(() => TrainingSetup.OpenAsync(options, kept, Ranks.Alone, _ => { }, default));

        Assert.True(train.IsClosed && validation.IsClosed);
        Assert.False(Directory.Exists(kept.Folder.Tokenizer));
    }

    [Fact]
    public async Task AStopDoesNotWaitForADiskThatHangs()
    {
        using var free = new ManualResetEventSlim();
        using var stop = new CancellationTokenSource();
        var opened = new Watched(_run.Table);
        var options = Options(_run.Options) with
        {
            Data = new RunData(new NamedSource("slow", () =>
            {
                stop.Cancel();
                free.Wait();
                return opened;
            })),
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => TrainingSetup.OpenAsync(options, kept: null, Ranks.Alone, _ => { }, stop.Token)).WaitAsync(TimeSpan.FromSeconds(60));

        // What comes open afterwards is closed again.
        free.Set();
        Assert.True(SpinWait.SpinUntil(() => opened.IsClosed, TimeSpan.FromSeconds(60)));
    }

    private TrainingRunOptions Options(TrainingOptions training) => new()
    {
        Data = new RunData(NamedSource.Of(_run.Table)),
        Model = new RunModel(_run.ConfigFile) { Tokenizer = _run.Folder["tokenizer"] },
        Training = training,
        Validation = new RunValidation { Data = NamedSource.Of(_run.Table) },
    };

    private static Task<TrainingSetup> Open(TrainingRunOptions options) =>
        TrainingSetup.OpenAsync(options, kept: null, Ranks.Alone, _ => { }, default);

    /// <summary>A table that tells whether it was closed.</summary>
    private sealed class Watched(string table) : IRecordSource
    {
        private readonly TableSource _source = new(CaptionTable.Read(table));

        public bool IsClosed { get; private set; }

        public int Count => _source.Count;

        public string Fingerprint => _source.Fingerprint;

        public string Key(int record) => _source.Key(record);

        public ImageBytes ReadImage(int record) => _source.ReadImage(record);

        public IReadOnlyList<string> ReadCaptions(int record) => _source.ReadCaptions(record);

        public void Dispose()
        {
            _source.Dispose();
            IsClosed = true;
        }
    }
}
