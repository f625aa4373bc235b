using System.Security.Cryptography;
using System.Text;

namespace Clip.Evaluation.Report;

/// <summary>
/// By what data are told from others: SHA-256, as hex, of the pictures' names and sizes and of what is known of them, in order.
/// </summary>
internal static class DataFingerprint
{
    /// <summary>That of labeled pictures and of the labels to choose from.</summary>
    public static string Of(ReportedSet set)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, set.Labels);
        for (var i = 0; i < set.Pictures.Count; i++)
            Add(hash, [set.Pictures[i].Name, $"{set.Pictures[i].Size()}", string.Join(' ', set.Right?[i] ?? [])]);
        return Hex(hash);
    }

    /// <summary>That of pictures and captions.</summary>
    public static string Of(ReportedRetrieval set)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var picture in set.Pictures) Add(hash, [picture.Name, $"{picture.Size()}"]);
        for (var i = 0; i < set.Texts.Count; i++) Add(hash, [set.Texts[i], $"{set.PictureOfText[i]}"]);
        return Hex(hash);
    }

    private static void Add(IncrementalHash hash, IEnumerable<string> texts)
    {
        // A length before each text, so that no two lists are written alike.
        foreach (var text in texts) hash.AppendData(Encoding.UTF8.GetBytes($"{text.Length} {text}\n"));
    }

    private static string Hex(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
}
