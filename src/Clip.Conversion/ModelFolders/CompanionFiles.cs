using Clip.Conversion.Checkpoints;
using Microsoft.ML.Clip;

namespace Clip.Conversion.ModelFolders;

/// <summary>
/// The files that a checkpoint's folder keeps beside the weights: config, tokenizer and preprocessing. Those of a run of <c>clip train</c>
/// lie in <c>OUTPUT.run</c>, above its <c>checkpoints</c>.
/// </summary>
/// <param name="Folder">The folder; null where the checkpoint is a file of some name among others, which need not belong to it.</param>
internal sealed record CompanionFiles(string? Folder)
{
    /// <summary>What a run of <c>clip train</c> keeps of itself, its model's config among it.</summary>
    public const string Run = "run.json";

    private const string OpenClip = "open_clip_config.json";

    /// <summary>A config of Hugging Face's or open_clip's kind, or a run's record, which holds one; or null.</summary>
    public string? Config => Find("config.json", OpenClip, Run);

    /// <summary>All of the files that may say what the model is, Hugging Face's first.</summary>
    public IEnumerable<string> ConfigFiles => Folder is null ? [] : new[] { "config.json", OpenClip, Run }
        .Select(name => Path.Combine(Folder, name)).Where(File.Exists);

    /// <summary>Whether the folder is of a run, which writes a model folder when it ends.</summary>
    public bool IsRun => Find(Run) is not null;

    /// <summary>Where a tokenizer's files would be: of a run, in a folder of their own.</summary>
    public string? TokenizerFolder => IsRun && Directory.Exists(Path.Combine(Folder!, "tokenizer"))
        ? Path.Combine(Folder!, "tokenizer") : Folder;

    /// <summary>The folder, or OpenAI's list of merges in it, where it has a tokenizer.</summary>
    public string? Tokenizer =>
        TokenizerFolder != Folder ? TokenizerFolder
            : Find("tokenizer.json") is not null || (Find("vocab.json") is not null && Find("merges.txt") is not null)
            ? Folder
            : Find("bpe_simple_vocab_16e6.txt.gz");

    /// <summary>How pictures are prepared, by the file that says so; null where none does.</summary>
    /// <exception cref="ClipException">A file is not understood, or two contradict each other.</exception>
    public (ClipImagePreprocessing Settings, string File)? Preprocessing()
    {
        if (Folder is null) return null;
        try
        {
            return Microsoft.ML.Clip.Imaging.PreprocessingFile.ReadFolder(Folder, out var file) is { } found ? (found, file!) : null;
        }
        catch (Exception e) when (e is FormatException or InvalidDataException)
        {
            throw new ClipException(e.Message, e);
        }
    }

    /// <summary>The surroundings of a checkpoint file, or of a folder with one.</summary>
    public static CompanionFiles Of(string checkpoint)
    {
        if (Directory.Exists(checkpoint)) return new CompanionFiles(checkpoint);
        var above = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetFullPath(checkpoint)));
        if (above is not null && File.Exists(Path.Combine(above, Run))) return new CompanionFiles(above);
        return new CompanionFiles(CheckpointFile.IsUsualName(checkpoint) ? Path.GetDirectoryName(Path.GetFullPath(checkpoint)) : null);
    }

    /// <summary>A tokenizer of any kind: <see cref="Tokenizer"/>, or the folder of a SentencePiece model.</summary>
    public string? AnyTokenizer => Tokenizer ?? (Find("spiece.model", "tokenizer.model") is null ? null : Folder);

    private string? Find(params ReadOnlySpan<string> names)
    {
        if (Folder is null) return null;
        foreach (var name in names)
        {
            var path = Path.Combine(Folder, name);
            if (File.Exists(path)) return path;
        }

        return null;
    }
}
