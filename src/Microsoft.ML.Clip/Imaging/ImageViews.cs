namespace Microsoft.ML.Clip.Imaging;

/// <summary>Makes the other views of a prepared picture, [3, height, width], from its pixels.</summary>
internal static class ImageViews
{
    /// <summary>The part of the width and height that a crop has.</summary>
    private const float CropShare = 7 / 8f;

    /// <summary>How many views there are, the picture itself the first.</summary>
    public static int Count(ClipImageViews views) => views switch
    {
        ClipImageViews.Center => 1,
        ClipImageViews.Mirrored => 2,
        ClipImageViews.Crops => 10,
        _ => throw new ArgumentOutOfRangeException(nameof(views), views, "There are no such views."),
    };

    /// <summary>Fills in the views behind the first, which is there.</summary>
    /// <param name="views">Which.</param>
    /// <param name="height">Of the picture.</param>
    /// <param name="width">Of the picture.</param>
    /// <param name="pixels">[views, 3, height, width].</param>
    public static void Fill(ClipImageViews views, int height, int width, Span<float> pixels)
    {
        var size = 3 * height * width;
        if (views == ClipImageViews.Center) return;
        Mirror(pixels[..size], width, pixels.Slice(size, size));
        if (views == ClipImageViews.Mirrored) return;
        for (var corner = 0; corner < 4; corner++)
        {
            var crop = pixels.Slice((2 + 2 * corner) * size, size);
            Crop(pixels[..size], height, width, isRight: corner % 2 == 1, isLow: corner / 2 == 1, crop);
            Mirror(crop, width, pixels.Slice((3 + 2 * corner) * size, size));
        }
    }

    private static void Mirror(ReadOnlySpan<float> from, int width, Span<float> to)
    {
        from.CopyTo(to);
        for (var row = 0; row < to.Length; row += width) to.Slice(row, width).Reverse();
    }

    /// <summary>A corner, enlarged to the picture's size: bilinear, with the centers of pixels at halves.</summary>
    private static void Crop(ReadOnlySpan<float> from, int height, int width, bool isRight, bool isLow, Span<float> to)
    {
        var (columns, rows) = (Places(width, isRight), Places(height, isLow));
        for (var channel = 0; channel < 3; channel++)
        {
            var plane = from.Slice(channel * height * width, height * width);
            for (var y = 0; y < height; y++)
            {
                var (top, down) = rows[y];
                var upper = plane.Slice(top * width, width);
                var lower = plane.Slice(Math.Min(top + 1, height - 1) * width, width);
                var line = to.Slice((channel * height + y) * width, width);
                for (var x = 0; x < width; x++)
                {
                    var (left, along) = columns[x];
                    var right = Math.Min(left + 1, width - 1);
                    var above = upper[left] + along * (upper[right] - upper[left]);
                    var below = lower[left] + along * (lower[right] - lower[left]);
                    line[x] = above + down * (below - above);
                }
            }
        }
    }

    /// <summary>For each pixel of an edge the one before its place in the picture, and how far it is to the next.</summary>
    private static (int Before, float Part)[] Places(int length, bool isFar)
    {
        var offset = isFar ? length * (1 - CropShare) : 0;
        var places = new (int, float)[length];
        for (var i = 0; i < length; i++)
        {
            var place = Math.Clamp(offset + (i + 0.5f) * CropShare - 0.5f, 0, length - 1);
            places[i] = ((int)place, place - (int)place);
        }

        return places;
    }
}
