using System.CommandLine;
using Clip.Cli.Pretrained;
using Clip.Conversion.ModelFolders;
using Clip.Trainer.Objectives;
using Clip.Trainer.Training;

namespace Clip.Cli.Training;

/// <summary>What <c>clip train</c> trains: objective, model, vocabulary, and what it starts from. Locks are named as open_clip's.</summary>
internal sealed class ObjectiveOptions
{
    private readonly Option<string> _objective = new("--objective")
    {
        Description = "What is learned: clip, siglip, convirt, virtex or bow.",
        DefaultValueFactory = _ => "clip",
    };

    private readonly Option<string?> _model = new("--model")
    {
        Description =
            "A config.json, a model folder, or the name of a config that comes with the program; "
            + "by default the --pretrained folder.",
    };

    private readonly Option<string?> _tokenizer = new("--tokenizer")
    {
        Description = "Folder of a CLIP tokenizer; by default that of --pretrained, else a vocabulary is learned from the captions.",
    };

    private readonly Option<int> _vocabSize = new("--vocab-size")
    {
        Description = "Entries of a learned vocabulary.",
        DefaultValueFactory = _ => 8192,
    };

    private readonly Option<string?> _pretrained = new("--pretrained")
    {
        Description = "A model folder or checkpoint to start from, or the name of a model to download that has weights: see clip pull.",
    };

    private readonly Option<bool> _lockImage = new("--lock-image") { Description = "Leaves the image tower as it is." };
    private readonly Option<int> _unlockedGroups = new("--lock-image-unlocked-groups")
    {
        Description = "Groups of a locked image tower that are trained, from the top.",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<bool> _lockText = new("--lock-text") { Description = "Leaves the text tower as it is." };
    private readonly Option<int> _unlockedLayers = new("--lock-text-unlocked-layers")
    {
        Description = "Groups of a locked text tower that are trained, from the top.",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<int> _loraRank = new("--lora-rank")
    {
        Description = "Rank of LoRA's updates, which are trained in place of the towers; 0 trains the towers.",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<double?> _loraAlpha = new("--lora-alpha")
    {
        Description = "Scale of LoRA's updates, times the rank; by default twice the rank.",
    };

    public ObjectiveOptions()
    {
        _objective.AcceptOnlyFromAmong([.. ObjectiveKinds.Names]);
    }

    public IEnumerable<Option> All =>
    [
        _objective, _model, _tokenizer, _vocabSize, _pretrained,
        _lockImage, _unlockedGroups, _lockText, _unlockedLayers, _loraRank, _loraAlpha,
    ];

    /// <summary>Adds all of it; a pretrained model that is given by its name is downloaded first.</summary>
    public async Task<TrainingRunOptions> ApplyAsync(ParseResult parsed, TrainingRunOptions options, CancellationToken cancellation)
    {
        var pretrained = parsed.GetValue(_pretrained) is { } given
            ? await PretrainedModel.ResolveOrPathAsync(given, cancellation).ConfigureAwait(false)
            : null;
        var objective = Enum.Parse<ObjectiveKind>(parsed.GetValue(_objective)!, ignoreCase: true);
        var around = pretrained is null ? new CompanionFiles(null) : CompanionFiles.Of(pretrained);
        var fineTuning = new FineTuningOptions
        {
            Pretrained = pretrained,
            LockImage = parsed.GetValue(_lockImage),
            LockImageUnlockedGroups = parsed.GetValue(_unlockedGroups),
            LockText = parsed.GetValue(_lockText),
            LockTextUnlockedLayers = parsed.GetValue(_unlockedLayers),
            LoraRank = parsed.GetValue(_loraRank),
            LoraAlpha = parsed.GetValue(_loraAlpha),
        };
        var tokenizer = parsed.GetValue(_tokenizer) ?? (Directory.Exists(around.Tokenizer) ? around.Tokenizer : TokenizerOfRun(pretrained));
        if (pretrained is not null && tokenizer is null
            && (objective is ObjectiveKind.Clip or ObjectiveKind.SigLip or ObjectiveKind.ConVirt))
            throw new ClipException(
                $"There is no tokenizer beside {pretrained}; give the one that its text tower was trained with as --tokenizer.");
        return options with
        {
            Model = parsed.GetValue(_model) ?? around.Config ?? throw new ClipException(pretrained is null
                ? "--model is missing; name a config ('clip models' lists those that come with the program), "
                    + "or give --pretrained a model folder."
                : $"There is no config.json beside {pretrained}; name the model it holds with --model."),
            Tokenizer = tokenizer,
            VocabSize = parsed.GetValue(_vocabSize),
            Training = options.Training with { Objective = objective, FineTuning = fineTuning },
        };
    }

    /// <summary>The vocabulary that a run of ours learned, where what it starts from is that run's checkpoint.</summary>
    private static string? TokenizerOfRun(string? checkpoint) =>
        checkpoint is not null && Path.GetDirectoryName(Path.GetDirectoryName(Path.GetFullPath(checkpoint))) is { } run
            && Path.Combine(run, "tokenizer") is var folder && Directory.Exists(folder) ? folder : null;
}
