using System.Text.RegularExpressions;

namespace Clip.Data;

/// <summary>The sentences of a text, of which ConVIRT draws one each time it shows an image (Zhang et al. 2020, section 3.2).</summary>
internal static partial class Sentences
{
    /// <summary>Cuts a text behind full stops, question and exclamation marks that white space follows, and at line ends.</summary>
    /// <returns>At least one, none of them empty; a text without such marks is one sentence.</returns>
    public static string[] Of(string text)
    {
        var sentences = Cut().Split(text).Select(s => s.Trim()).Where(s => s.Length > 0).ToArray();
        return sentences.Length > 0 ? sentences : [text];
    }

    [GeneratedRegex(@"(?<=[.!?。！？]['""”’)\]]*)\s+|[\r\n]+")]
    private static partial Regex Cut();
}
