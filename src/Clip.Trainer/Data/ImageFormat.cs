namespace Clip.Trainer.Data;

/// <summary>What an image file is, by its first bytes.</summary>
internal static class ImageFormat
{
    /// <summary>The ending its name should have, without a dot; null where it is none of the known ones.</summary>
    public static string? Extension(ReadOnlySpan<byte> file) => file switch
    {
        [0xFF, 0xD8, 0xFF, ..] => "jpg",
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => "png",
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => "webp",
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => "gif",
        [(byte)'B', (byte)'M', ..] => "bmp",
        _ => null,
    };
}
