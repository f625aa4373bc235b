using Clip.Conversion.ModelFolders;
using Clip.Trainer.Objectives;

namespace Clip.Trainer.Training;

/// <summary>What to train.</summary>
/// <param name="Config">A config file, a model folder, or the name of a config that comes with the program.</param>
internal sealed record RunModel(string Config)
{
    /// <summary>Entries of a learned vocabulary, unless another number is given.</summary>
    public const int DefaultVocabSize = 8192;

    /// <summary>A tokenizer of any kind, a folder or a file; null learns a vocabulary of CLIP's kind from the captions.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Entries of a vocabulary learned from the captions; fewer where they run out.</summary>
    public int VocabSize { get; init; } = DefaultVocabSize;

    /// <summary>
    /// Word vectors that the text tower's tokens start from, so that words that no caption has mean something: a file, or <c>english</c>;
    /// null for random ones.
    /// </summary>
    public string? WordVectors { get; init; }

    /// <summary>The model of a training; what is not given comes from beside the weights that it starts from.</summary>
    /// <param name="training">The training.</param>
    /// <param name="config">Its config; null for that beside the weights.</param>
    /// <param name="tokenizer">Its tokenizer; null for that beside the weights, or of the run that wrote them.</param>
    /// <exception cref="ClipException">There is no config, or no tokenizer for a text tower that is trained already.</exception>
    public static RunModel Of(TrainingOptions training, string? config, string? tokenizer)
    {
        if (training.FineTuning.Pretrained is not { } pretrained)
            return new RunModel(config ?? throw new ClipException("`Model` is missing; name a config.")) { Tokenizer = tokenizer };
        var around = CompanionFiles.Of(pretrained);
        tokenizer ??= around.AnyTokenizer ?? TokenizerOfRun(pretrained);
        if (tokenizer is null && training.Objective is (ObjectiveKind.Clip or ObjectiveKind.SigLip or ObjectiveKind.ConVirt))
            throw new ClipException(
                $"There is no tokenizer beside {pretrained}; give the one that its text tower was trained with as `Tokenizer`.");
        config ??= around.Config
            ?? throw new ClipException($"There is no config.json beside {pretrained}; name the model it holds with `Model`.");
        return new RunModel(config) { Tokenizer = tokenizer };
    }

    /// <summary>The vocabulary that a run of ours learned, where what it starts from is that run's checkpoint.</summary>
    private static string? TokenizerOfRun(string checkpoint) =>
        Path.GetDirectoryName(Path.GetDirectoryName(Path.GetFullPath(checkpoint))) is { } run
            && Path.Combine(run, "tokenizer") is var folder && Directory.Exists(folder) ? folder : null;
}
