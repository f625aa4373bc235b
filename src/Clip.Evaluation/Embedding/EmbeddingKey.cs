using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Clip.Evaluation.Embedding;

/// <summary>
/// What an embedding in the cache is of, as the first 16 bytes of a SHA-256: a file by its path, size and time; a text by itself.
/// </summary>
internal static class EmbeddingKey
{
    /// <summary>A picture's.</summary>
    /// <exception cref="IOException">Its file is not there, or cannot be looked at.</exception>
    public static UInt128 Of(StoredImage image) => image switch
    {
        { Content: null } => Hash($"file\n{Stamp(image.ImagePath)}"),
        { Container: { } container } => Hash($"part\n{Stamp(container)}\n{image.ImagePath}"),
        _ => Hash($"bytes\n{Convert.ToHexString(SHA256.HashData(image.Read()))}"),
    };

    /// <summary>A text's.</summary>
    public static UInt128 OfText(string text) => Hash($"text\n{text}");

    /// <summary>That of the mean of prompts, in their order.</summary>
    public static UInt128 OfPrompts(IReadOnlyList<string> prompts) =>
        Hash($"prompts\n{string.Join('\n', prompts.Select(prompt => $"{prompt.Length} {prompt}"))}");

    private static string Stamp(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists) throw new FileNotFoundException($"Image file '{path}' does not exist.", path);
        // Of a link what it leads to.
        if (file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target) file = target;
        return string.Create(CultureInfo.InvariantCulture, $"{file.FullName}\n{file.Length}\n{file.LastWriteTimeUtc.Ticks}");
    }

    private static UInt128 Hash(string text) => BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
