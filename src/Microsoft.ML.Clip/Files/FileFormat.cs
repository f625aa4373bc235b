namespace Microsoft.ML.Clip.Files;

/// <summary>What a file is by its first bytes, whatever its name says.</summary>
/// <param name="Name">The format's name, with its article, as a sentence has it: <c>a JPEG</c>, <c>an HTML page</c>.</param>
/// <param name="Extension">The ending a file of it should have, without a dot.</param>
/// <param name="IsPicture">Whether it holds a picture, readable here or not.</param>
internal sealed record FileFormat(string Name, string Extension, bool IsPicture = true)
{
    /// <summary>How many of a file's first bytes are enough for <see cref="Find"/>.</summary>
    public const int HeaderLength = 512;

    public static readonly FileFormat Jpeg = new("a JPEG", "jpg"), Png = new("a PNG", "png"), Gif = new("a GIF", "gif");
    public static readonly FileFormat WebP = new("a WebP", "webp"), Bmp = new("a BMP", "bmp");
    public static readonly FileFormat Dib = new("a BMP without its header", "dib");
    public static readonly FileFormat Pnm = new("a PPM, PGM or PBM", "ppm"), Tiff = new("a TIFF", "tif"), Tga = new("a TGA", "tga");
    public static readonly FileFormat Jpeg2000 = new("a JPEG 2000", "jp2"), JpegXl = new("a JPEG XL", "jxl");
    public static readonly FileFormat Heic = new("an HEIC", "heic"), Avif = new("an AVIF", "avif");
    public static readonly FileFormat Svg = new("an SVG", "svg");
    public static readonly FileFormat Html = new("an HTML page", "html", IsPicture: false);
    public static readonly FileFormat LfsPointer = new("a Git LFS pointer", "txt", IsPicture: false);

    private static readonly (byte[] Start, FileFormat Format)[] Starts =
    [
        ([0xFF, 0xD8, 0xFF], Jpeg),
        ([0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n'], Png),
        ([.. "GIF87a"u8], Gif),
        ([.. "GIF89a"u8], Gif),
        ([.. "II*\0"u8], Tiff),
        ([.. "MM\0*"u8], Tiff),
        ([.. "II+\0"u8], Tiff),
        ([.. "MM\0+"u8], Tiff),
        ([0, 0, 0, 12, .. "jP  \r\n"u8, 0x87, (byte)'\n'], Jpeg2000),
        ([0xFF, 0x4F, 0xFF, 0x51], Jpeg2000),
        ([0, 0, 0, 12, .. "JXL \r\n"u8, 0x87, (byte)'\n'], JpegXl),
        ([0xFF, 0x0A], JpegXl),
        ([.. "8BPS"u8], new("a Photoshop document", "psd")),
        ([.. "icns"u8], new("an Apple icon", "icns")),
        ([.. "DDS "u8], new("a DDS", "dds")),
        ([.. "qoif"u8], new("a QOI", "qoi")),
        ([.. "gimp xcf"u8], new("a GIMP picture", "xcf")),
        ([0x76, 0x2F, 0x31, 0x01], new("an OpenEXR", "exr")),
        ([.. "#?RADIANCE"u8], new("a Radiance HDR", "hdr")),
        ([0x49, 0x49, 0xBC], new("a JPEG XR", "jxr")),
        ([0x01, 0xDA], new("an SGI picture", "sgi")),
        ([0x59, 0xA6, 0x6A, 0x95], new("a Sun raster", "ras")),
        ([0xC5, 0xD0, 0xD3, 0xC6], new("an EPS", "eps")),
        ([.. "%!PS"u8], new("a PostScript file", "eps")),
        ([.. "/* XPM */"u8], new("an XPM", "xpm")),
        ([0x0A, 5, 1], new("a PCX", "pcx")),
        ([0x0A, 3, 1], new("a PCX", "pcx")),
        ([.. "LinS"u8], new("a Microsoft Paint picture", "msp")),
        ([.. "DanM"u8], new("a Microsoft Paint picture", "msp")),
        ([.. "Image type:"u8], new("an IFUNC picture", "im")),
        ([.. "%PDF"u8], new("a PDF", "pdf", IsPicture: false)),
        ([.. "version https://git-lfs"u8], LfsPointer),
        ([0x1F, 0x8B], new("a gzip archive", "gz", IsPicture: false)),
        ([.. "PK"u8, 3, 4], new("a ZIP archive", "zip", IsPicture: false)),
        ([.. "7z"u8, 0xBC, 0xAF], new("a 7z archive", "7z", IsPicture: false)),
        ([.. "Rar!"u8], new("a RAR archive", "rar", IsPicture: false)),
        ([0x1A, 0x45, 0xDF, 0xA3], new("a WebM or Matroska video", "webm", IsPicture: false)),
        ([0, 5, 0x16, 7], new("an AppleDouble file (the Mac's notes on another file)", "", IsPicture: false)),
    ];

    /// <summary>Tells what a file is; null where its first bytes are those of none known.</summary>
    /// <param name="start">The file, or at least its first <see cref="HeaderLength"/> bytes.</param>
    public static FileFormat? Find(ReadOnlySpan<byte> start)
    {
        foreach (var (bytes, format) in Starts)
        {
            if (start.StartsWith(bytes)) return format;
        }

        return start switch
        {
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, .. var kind] => kind.StartsWith("WEBP"u8) ? WebP
                : kind.StartsWith("AVI "u8) ? new("an AVI video", "avi", IsPicture: false) : null,
            [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', .. var brands] => FindByBrand(brands),
            [(byte)'B', (byte)'M', _, _, _, _, _, _, _, _, _, _, _, _, >= 12 and <= 124, 0, 0, 0, ..] => Bmp,
            [(byte)'P', >= (byte)'1' and <= (byte)'6', >= 9 and <= 13 or (byte)' ', ..] => Pnm,
            [0, 0, 1, 0, > 0, 0, ..] => new("an icon", "ico"),
            [0, 0, 2, 0, > 0, 0, ..] => new("a cursor", "cur"),
            [12 or 40 or 52 or 56 or 64 or 108 or 124, 0, 0, 0, ..] when IsDib(start) => Dib,
            [(byte)'#', (byte)'d', ..] when start.StartsWith("#define "u8) && start.IndexOf("_width "u8) > 0 => new("an XBM", "xbm"),
            _ when IsTga(start) => Tga,
            _ => FindMarkup(start),
        };
    }

    /// <summary>The brands in an ISO base media file's first box: which is not enough by itself where it only says "picture".</summary>
    private static FileFormat FindByBrand(ReadOnlySpan<byte> brands)
    {
        if (brands.Length > 120) brands = brands[..120];
        if (Has(brands, "avif"u8) || Has(brands, "avis"u8)) return Avif;
        if (Has(brands, "jxl "u8)) return JpegXl;
        if (Has(brands, "heic"u8) || Has(brands, "heix"u8) || Has(brands, "hevc"u8) || Has(brands, "hevx"u8)
            || Has(brands, "heim"u8) || Has(brands, "heis"u8) || Has(brands, "mif1"u8) || Has(brands, "msf1"u8)) return Heic;
        return brands.StartsWith("crx "u8) ? new("a Canon raw photo", "cr3") : new("an MP4 or QuickTime video", "mp4", IsPicture: false);
    }

    private static bool Has(ReadOnlySpan<byte> brands, ReadOnlySpan<byte> brand)
    {
        for (var i = 0; i + 4 <= brands.Length; i += 4)
        {
            if (brands[i..].StartsWith(brand)) return true;
        }

        return false;
    }

    /// <summary>One plane and a depth there is, as Windows requires of the header that the file begins with.</summary>
    private static bool IsDib(ReadOnlySpan<byte> start)
    {
        var at = start[0] == 12 ? 8 : 12;
        return start.Length >= at + 4 && start[at] == 1 && start[at + 1] == 0
            && start[at + 2] is 1 or 2 or 4 or 8 or 16 or 24 or 32 && start[at + 3] == 0;
    }

    /// <summary>A TGA has no mark at its beginning: every field has to be one that the format allows.</summary>
    private static bool IsTga(ReadOnlySpan<byte> start)
    {
        if (start.Length < 18) return false;
        var (map, kind, depth) = (start[1], start[2], start[16]);
        var hasSize = (start[12] | start[13]) != 0 && (start[14] | start[15]) != 0;
        var isMapped = kind is 1 or 9;
        if (!hasSize || (start[17] & 0xC0) != 0 || (isMapped ? map != 1 : map > 1)) return false;
        if (map == 1 ? start[7] is not (15 or 16 or 24 or 32) : (start[5] | start[6] | start[7]) != 0) return false;
        return isMapped ? depth is 8 or 16
            : kind is 2 or 10 ? depth is 15 or 16 or 24 or 32
            : kind is 3 or 11 && depth is 1 or 8 or 16;
    }

    private static FileFormat? FindMarkup(ReadOnlySpan<byte> start)
    {
        if (start is [0xEF, 0xBB, 0xBF, ..]) start = start[3..];
        while (start.Length > 0 && IsSpace(start[0])) start = start[1..];
        if (start is not [(byte)'<', ..]) return null;
        if (start.Length > HeaderLength) start = start[..HeaderLength];
        var text = System.Text.Encoding.Latin1.GetString(start).ToLowerInvariant();
        if (text.Contains("<svg", StringComparison.Ordinal)) return Svg;
        var isHtml = text.Contains("<html", StringComparison.Ordinal) || text.Contains("<!doctype html", StringComparison.Ordinal)
            || text.Contains("<head", StringComparison.Ordinal) || text.Contains("<body", StringComparison.Ordinal);
        return isHtml ? Html : text.StartsWith("<?xml", StringComparison.Ordinal) ? new("an XML file", "xml", IsPicture: false) : null;
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
}
