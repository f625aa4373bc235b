using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Clip.Evaluation.Outcomes;

/// <summary>
/// Tells what outcomes are of: the pictures by their names below the folder that all of them lie in, files by their sizes too, and what
/// is right for each. Two models' outcomes are compared only where it is the same; prompts may differ, and where the data lie.
/// </summary>
internal static class DataFingerprint
{
    /// <summary>Of labels, and the pictures that could be read with their right ones.</summary>
    public static string Of(ClassificationOutcome outcome) => Hash(
        [.. outcome.Set.Labels], [.. outcome.Pictures.Select(picture => ((StoredImage)picture.Image, string.Join(',', picture.Right)))]);

    /// <summary>Of the pictures that could be read, and their captions.</summary>
    public static string Of(RetrievalOutcome outcome) =>
        Hash([], [.. outcome.Images.Select(image => ((StoredImage)image, string.Join('\n', image.Captions)))]);

    /// <summary>Of labels, and pictures of which nobody knows the right ones.</summary>
    public static string Of(IReadOnlyList<string> labels, IEnumerable<StoredImage> pictures) =>
        Hash(labels, [.. pictures.Select(picture => (picture, ""))]);

    private static string Hash(IReadOnlyList<string> labels, IReadOnlyList<(StoredImage Image, string Right)> pictures)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var label in labels) Add($"label {label}");
        var folder = StoredImage.SharedFolder([.. pictures.Select(picture => picture.Image)]);
        foreach (var (image, right) in pictures)
        {
            var name = image.ImagePath[folder..].Replace('\\', '/');
            var size = image.Content is null ? new FileInfo(image.ImagePath).Length : 0;
            Add(string.Create(CultureInfo.InvariantCulture, $"picture {name} {size} {right}"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];

        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text + "\0"));
    }
}
