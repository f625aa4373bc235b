using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Clip.Imaging;

/// <summary>
/// What a GIF says before its first frame's pixels. Pillow keeps the palette's colour under transparent pixels and around a frame
/// smaller than the screen; Skia leaves nothing there.
/// </summary>
internal sealed class GifHeader
{
    private const int GlobalPalette = 13;
    private const int FullPalette = 3 * 256;

    private readonly byte[] _palette = new byte[FullPalette];
    private readonly int _transparencyFlags;
    private readonly int _descriptor;
    private readonly int _afterGlobalPalette;
    private readonly int _afterLocalPalette;
    private readonly (int Left, int Top, int Width, int Height) _frame;
    private readonly uint _surrounding;

    private GifHeader(
        ReadOnlySpan<byte> palette, int transparentIndex, int transparencyFlags, int descriptor, int afterGlobal, int afterLocal,
        (int, int, int, int) frame)
    {
        Palette.Complete(palette, _palette, entry: 3);
        Mode = Palette.IsGrayRamp(palette, entry: 3) ? PixelMode.Rgb : PixelMode.Palette;
        (_transparencyFlags, _descriptor, _frame) = (transparencyFlags, descriptor, frame);
        (_afterGlobalPalette, _afterLocalPalette) = (afterGlobal, afterLocal);
        _surrounding = Palette.Color(_palette.AsSpan(3 * transparentIndex));
    }

    /// <summary>What lies outside the picture in <see cref="Mode"/>: index 0.</summary>
    public uint Outside => Mode == PixelMode.Palette ? Palette.Color(_palette) : 0;

    /// <summary>A palette's, unless it is the identity: Pillow then reads the indices as grey.</summary>
    public PixelMode Mode { get; }

    /// <summary>Reads up to the first frame; <see langword="false"/> where this is no GIF, or ends or errs before that.</summary>
    public static bool TryRead(ReadOnlySpan<byte> encoded, out GifHeader header)
    {
        header = null!;
        if (encoded.Length < 13 || !(encoded.StartsWith("GIF87a"u8) || encoded.StartsWith("GIF89a"u8))) return false;
        var position = GlobalPalette;
        if (!TryTakePalette(encoded, encoded[10], ref position, out var palette)) return false;
        var afterGlobal = position;
        var (transparencyFlags, transparentIndex) = (-1, 0);
        while (position + 10 <= encoded.Length)
        {
            switch (encoded[position])
            {
                case 0x21:
                    // A graphic control extension: label, length 4, flags, delay, transparent index, end.
                    if (encoded[position + 1] == 0xF9 && encoded[position + 2] >= 4 && (encoded[position + 3] & 1) != 0)
                    {
                        (transparencyFlags, transparentIndex) = (position + 3, encoded[position + 6]);
                    }

                    position += 2;
                    while (position < encoded.Length && encoded[position] != 0) position += encoded[position] + 1;
                    position++;
                    break;
                case 0x2C:
                    var descriptorStart = position + 1;
                    var descriptor = encoded.Slice(descriptorStart, 9);
                    position += 10;
                    if (!TryTakePalette(encoded, descriptor[8], ref position, out var local)) return false;
                    if (!local.IsEmpty) palette = local;
                    header = new(
                        palette, transparentIndex, transparencyFlags, descriptorStart, afterGlobal, position,
                        (Word(descriptor), Word(descriptor[2..]), Word(descriptor[4..]), Word(descriptor[6..])));
                    return true;
                default:
                    position++;
                    break;
            }
        }

        return false;
    }

    /// <summary>
    /// The file with every pixel of the first frame opaque, so that it shows its palette's color, and with that palette filled up to 256
    /// colors as the global one, so that every index has a color.
    /// </summary>
    public byte[] Mend(ReadOnlySpan<byte> gif)
    {
        byte[] result =
        [
            .. gif[..GlobalPalette], .. _palette, .. gif[_afterGlobalPalette..(_descriptor + 9)], .. gif[_afterLocalPalette..],
        ];
        var moved = GlobalPalette + FullPalette - _afterGlobalPalette;
        result[10] |= 0x87;
        result[_descriptor + moved + 8] &= 0x7F;
        if (_transparencyFlags >= 0) result[_transparencyFlags + moved] &= 0xFE;
        return result;
    }

    /// <summary>Gives the pixels that the frame does not cover the colour of the transparent index, or of index 0 without one.</summary>
    public void FillAroundFrame(DecodedImage image)
    {
        var right = Math.Min(_frame.Left + _frame.Width, image.Width);
        for (var y = 0; y < image.Height; y++)
        {
            var row = MemoryMarshal.Cast<byte, uint>(image.Pixels.Slice(4 * image.Width * y, 4 * image.Width));
            if (y < _frame.Top || y >= _frame.Top + _frame.Height || _frame.Left >= row.Length)
            {
                row.Fill(_surrounding);
                continue;
            }

            row[.._frame.Left].Fill(_surrounding);
            row[right..].Fill(_surrounding);
        }
    }

    private static bool TryTakePalette(ReadOnlySpan<byte> encoded, int flags, ref int position, out ReadOnlySpan<byte> palette)
    {
        palette = default;
        if ((flags & 0x80) == 0) return true;
        var length = 6 << (flags & 7);
        if (position + length > encoded.Length) return false;
        palette = encoded.Slice(position, length);
        position += length;
        return true;
    }

    private static int Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);
}
