using System.CommandLine;
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
        Description = "A tokenizer of any kind: its folder, or a tokenizer.json; by default that of --pretrained, else a vocabulary of "
            + "CLIP's kind is learned from the captions.",
    };

    private readonly Option<int> _vocabSize = new("--vocab-size")
    {
        Description = "Entries of a learned vocabulary.",
        DefaultValueFactory = _ => RunModel.DefaultVocabSize,
    };

    private readonly Option<string?> _wordVectors = new("--word-vectors")
    {
        Description = "Word vectors that the text tower's tokens start from, so that words that no caption has mean something too: "
            + "english, or a text file of GloVe's, word2vec's or fastText's.",
    };

    private readonly Option<string?> _pretrained = new("--pretrained")
    {
        Description = "A model folder or checkpoint to start from, or the name of a model to download that has weights: see clip pull.",
    };

    private readonly Option<bool> _lockImage = new("--lock-image") { Description = "Leaves the image tower as it is." };
    private readonly Option<int> _unlockedGroups = new("--lock-image-unlocked-groups")
    {
        Description = "Groups of a locked image tower that are trained all the same, counted from the top.",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<bool> _lockText = new("--lock-text") { Description = "Leaves the text tower as it is." };
    private readonly Option<int> _unlockedLayers = new("--lock-text-unlocked-layers")
    {
        Description = "Groups of a locked text tower that are trained all the same, counted from the top.",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<int> _loraRank = new("--lora-rank")
    {
        Description = "Rank of LoRA's updates, which are trained in place of the towers; 0 trains the towers.",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<double?> _loraAlpha = new("--lora-alpha")
    {
        Description = "LoRA's updates are multiplied by this divided by the rank; by default it is twice the rank.",
    };

    private readonly Option<double> _labelSmoothing = new("--label-smoothing")
    {
        Description = "How much of each pair's certainty the objective clip spreads evenly over the batch.",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<double> _maxLogitScale = new("--max-logit-scale")
    {
        Description = "The largest inverse temperature that the objectives clip and siglip may learn.",
        DefaultValueFactory = _ => new TrainingOptions().MaxLogitScale,
    };

    public ObjectiveOptions()
    {
        _objective.AcceptOnlyFromAmong([.. ObjectiveKinds.Names]);
    }

    public IEnumerable<Option> All =>
    [
        _objective, _model, _tokenizer, _vocabSize, _wordVectors, _pretrained,
        _lockImage, _unlockedGroups, _lockText, _unlockedLayers, _loraRank, _loraAlpha,
        _labelSmoothing, _maxLogitScale,
    ];

    public double LabelSmoothing(ParseResult parsed) => parsed.GetValue(_labelSmoothing);

    public double MaxLogitScale(ParseResult parsed) => parsed.GetValue(_maxLogitScale);

    public ObjectiveKind Objective(ParseResult parsed) => Enum.Parse<ObjectiveKind>(parsed.GetValue(_objective)!, ignoreCase: true);

    /// <summary>The model to start from, as it was given.</summary>
    public string? Pretrained(ParseResult parsed) => parsed.GetValue(_pretrained);

    /// <summary>What is trained of a model that exists.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="pretrained">Where it lies, if not where --pretrained says.</param>
    public FineTuningOptions FineTuning(ParseResult parsed, string? pretrained) => new()
    {
        Pretrained = pretrained ?? Pretrained(parsed),
        LockImage = parsed.GetValue(_lockImage),
        LockImageUnlockedGroups = parsed.GetValue(_unlockedGroups),
        LockText = parsed.GetValue(_lockText),
        LockTextUnlockedLayers = parsed.GetValue(_unlockedLayers),
        LoraRank = parsed.GetValue(_loraRank),
        LoraAlpha = parsed.GetValue(_loraAlpha),
    };

    /// <summary>The model; what is not given comes from beside what it starts from.</summary>
    /// <exception cref="ClipException">There is no config, or no tokenizer for a text tower that is trained already.</exception>
    public RunModel Model(ParseResult parsed, TrainingOptions training)
    {
        var model = parsed.GetValue(_model);
        if (model is null && training.FineTuning.Pretrained is null)
            throw new ClipException(
                "--model is missing; name a config ('clip models' lists those that come with the program), "
                + "or give --pretrained a model folder.");
        return RunModel.Of(training, model, parsed.GetValue(_tokenizer)) with
        {
            VocabSize = parsed.GetValue(_vocabSize),
            WordVectors = parsed.GetValue(_wordVectors),
        };
    }
}
