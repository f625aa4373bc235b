using Clip.Conversion.Configs;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.ModelFolders;

namespace Clip.Conversion.ModelFolders;

/// <summary>A folder like the one that a model will be written to, for as long as its tokenizer is being opened.</summary>
internal static class TokenizerFolder
{
    /// <summary>Makes a folder, opens it, and removes it.</summary>
    /// <param name="source">What the files were taken from, which messages name in place of the folder.</param>
    /// <param name="write">Given the folder, fills it.</param>
    /// <param name="open">Given the folder, reads all that is wanted of it.</param>
    /// <exception cref="ClipException">A file is not what it should be.</exception>
    public static T Aside<T>(string source, Action<string> write, Func<string, T> open)
    {
        var folder = Directory.CreateTempSubdirectory("clip-tokenizer-").FullName;
        try
        {
            write(folder);
            return open(folder);
        }
        catch (Exception e) when (e is FileNotFoundException or InvalidDataException or ClipException)
        {
            throw new ClipException(e.Message.Replace(folder, source, StringComparison.Ordinal), e);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>How texts become a model's input by its model folder: what Microsoft.ML.Clip would do with it.</summary>
    /// <param name="source">As of <see cref="Aside"/>.</param>
    /// <param name="config">The model's sizes, whose <c>config.json</c> has a say in what is done to texts.</param>
    /// <param name="writeTokenizer">Given the folder, writes the tokenizer's files into it.</param>
    public static TokenRows Rows(string source, ClipConfig config, Action<string> writeTokenizer) => Rows(
        source, ClipConfigJson.ToHuggingFace(config.ForUse), writeTokenizer, config.Text.NeedsFullContext, takesMask: false);

    /// <param name="source">As of <see cref="Aside"/>.</param>
    /// <param name="config">The model's <c>config.json</c>, which has a say in what is done to texts.</param>
    /// <param name="writeTokenizer">Given the folder, writes the tokenizer's files into it.</param>
    /// <param name="hasFixedLength">Whether the tower takes rows of the context's length only.</param>
    /// <param name="takesMask">Whether it takes an <c>attention_mask</c>.</param>
    /// <inheritdoc cref="Rows(string, ClipConfig, Action{string})"/>
    public static TokenRows Rows(string source, string config, Action<string> writeTokenizer, bool hasFixedLength, bool takesMask) => Aside(
        source,
        folder =>
        {
            File.WriteAllText(Path.Combine(folder, "config.json"), config);
            writeTokenizer(folder);
        },
        folder => TextFolder.Open(folder).Rows(hasFixedLength, takesMask));
}
