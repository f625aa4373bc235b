using Clip.Conversion.Configs;
using Clip.Conversion.Tokenizing;

namespace Clip.Conversion.ModelFolders;

/// <summary>What a config says of its vocabulary.</summary>
internal static class ConfigVocabulary
{
    /// <summary>The same sizes for another vocabulary: its entries and its special tokens.</summary>
    public static ClipConfig WithVocabulary(this ClipConfig config, BpeVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(vocabulary);
        return config.WithVocabulary(vocabulary.Size, vocabulary.StartOfTextId, vocabulary.EndOfTextId);
    }
}
