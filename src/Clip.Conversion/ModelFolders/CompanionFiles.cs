using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.ModelFolders;

/// <summary>The files that a checkpoint's folder keeps beside the weights: config, tokenizer and preprocessing.</summary>
/// <param name="Folder">The folder; null where the checkpoint is a file of some name among others, which need not belong to it.</param>
internal sealed record CompanionFiles(string? Folder)
{
    private const string OpenClip = "open_clip_config.json";

    /// <summary>A config of Hugging Face's or open_clip's kind, or null.</summary>
    public string? Config => Find("config.json", OpenClip);

    /// <summary>A preprocessing file, or null. open_clip keeps it in its config.</summary>
    public string? Preprocessing => Find("preprocessor_config.json", OpenClip);

    /// <summary>The folder, or OpenAI's list of merges in it, where it has a tokenizer.</summary>
    public string? Tokenizer =>
        Find("tokenizer.json") is not null || (Find("vocab.json") is not null && Find("merges.txt") is not null)
            ? Folder
            : Find("bpe_simple_vocab_16e6.txt.gz");

    /// <summary>The surroundings of a checkpoint file, or of a folder with one.</summary>
    public static CompanionFiles Of(string checkpoint)
    {
        if (Directory.Exists(checkpoint)) return new CompanionFiles(checkpoint);
        return new CompanionFiles(CheckpointFile.IsUsualName(checkpoint) ? Path.GetDirectoryName(Path.GetFullPath(checkpoint)) : null);
    }

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
