using Clip.Conversion.Configs;
using Clip.Conversion.Tokenizing;

namespace Clip.Conversion.ModelFolders;

/// <summary>What a config says of its vocabulary.</summary>
internal static class ConfigVocabulary
{
    /// <summary>The same sizes for a vocabulary of CLIP's kind: its entries and its special tokens.</summary>
    public static ClipConfig WithVocabulary(this ClipConfig config, BpeVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(vocabulary);
        var fitted = config.WithVocabulary(vocabulary.Size, vocabulary.StartOfTextId, vocabulary.EndOfTextId);
        return fitted with { Text = fitted.Text with { Tokenizer = null } };
    }
}
