using System.Globalization;
using ImageMagick;
using Microsoft.ML.Clip;

namespace Programs;

/// <summary>Someone's application that has <c>Microsoft.ML.Clip.MoreFormats</c>: it embeds a TIFF file.</summary>
public static class MicrosoftMLClipMoreFormats
{
    /// <param name="args">A model folder, a picture, a config and a path to write to.</param>
    public static IEnumerable<string> Run(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        using (var picture = new MagickImage(args[1])) picture.Write(args[3], MagickFormat.Tiff);
        ClipImageDecoder.Register(new MagickImageDecoder());
        using var model = ClipModel.Open(args[0]);
        return [model.EmbedImage(args[3]).Length.ToString(CultureInfo.InvariantCulture)];
    }
}
