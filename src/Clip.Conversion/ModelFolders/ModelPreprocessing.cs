using System.Globalization;
using Clip.Conversion.Configs;
using Microsoft.ML.Clip;

namespace Clip.Conversion.ModelFolders;

/// <summary>How a model's pictures are prepared: by what a file says, else as models of its kind have it.</summary>
internal static class ModelPreprocessing
{
    /// <summary>The file's name in a model folder.</summary>
    public const string Name = "preprocessor_config.json";

    /// <summary>What the published models of a config's kind were trained with, at its size: OpenAI's for CLIP, or SigLIP's.</summary>
    public static ClipImagePreprocessing Usual(ClipConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var size = config.Vision.ImageSize;
        return config.IsSiglip ? Squashed(size) : ClipImagePreprocessing.ForSize(size);
    }

    /// <summary>SigLIP's: the whole picture squashed to a square, with values from −1 to 1.</summary>
    public static ClipImagePreprocessing Squashed(int size) => new()
    {
        ResizeHeight = size,
        ResizeWidth = size,
        DoCenterCrop = false,
        Mean = [0.5f, 0.5f, 0.5f],
        Std = [0.5f, 0.5f, 0.5f],
    };

    /// <summary>What the files beside a model say, or the usual where they say nothing.</summary>
    /// <exception cref="ClipException">They are not understood, or are for another size than the model's.</exception>
    public static ClipImagePreprocessing Of(CompanionFiles around, ClipConfig config)
    {
        ArgumentNullException.ThrowIfNull(around);
        ArgumentNullException.ThrowIfNull(config);
        if (around.Preprocessing() is not var (found, file)) return Usual(config);
        RequireSize(found, file, config.Vision.ImageSize);
        return found;
    }

    /// <summary>Checks that pictures are prepared for a model's size.</summary>
    /// <exception cref="ClipException">They are for another.</exception>
    public static void RequireSize(ClipImagePreprocessing found, string file, int size)
    {
        ArgumentNullException.ThrowIfNull(found);
        var (height, width) = found.DoCenterCrop
            ? (found.CropHeight, found.CropWidth)
            : (found.ResizeHeight ?? found.CropHeight, found.ResizeWidth ?? found.CropWidth);
        if ((height, width) != (size, size))
            throw new ClipException(
                $"{file} prepares images of {height}×{width} but the model takes {size}×{size}; correct it or move it away.");
    }

    /// <summary>What a model folder says, or the usual where it says nothing.</summary>
    /// <inheritdoc cref="Of(CompanionFiles, ClipConfig)"/>
    public static ClipImagePreprocessing Of(string folder, ClipConfig config) => Of(new CompanionFiles(folder), config);

    /// <summary>The same steps for a model of another image size: a crop is as much of the picture as it was.</summary>
    public static ClipImagePreprocessing Resize(ClipImagePreprocessing pictures, int from, int to)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        return pictures with
        {
            ShortestEdge = Scaled(pictures.ShortestEdge),
            ResizeHeight = Scaled(pictures.ResizeHeight),
            ResizeWidth = Scaled(pictures.ResizeWidth),
            CropHeight = Scaled(pictures.CropHeight)!.Value,
            CropWidth = Scaled(pictures.CropWidth)!.Value,
        };

        int? Scaled(int? side) => side is { } pixels ? (int)Math.Round((double)pixels * to / from) : null;
    }

    /// <summary>The steps in words, in their order.</summary>
    public static string Describe(ClipImagePreprocessing pictures)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        var steps = new List<string>();
        if (pictures.Background is { } background) steps.Add(FormattableString.Invariant($"on background {Hex(background)}"));
        if (pictures.DoResize && pictures.ShortestEdge is { } edge) steps.Add($"shorter side to {edge}, {Filter()}");
        else if (pictures.DoResize) steps.Add($"squashed to {pictures.ResizeHeight}×{pictures.ResizeWidth}, {Filter()}");
        if (pictures.DoCenterCrop) steps.Add($"cropped to {pictures.CropHeight}×{pictures.CropWidth}");
        if (!pictures.DoRescale) steps.Add("not rescaled");
        else if (pictures.RescaleFactor != 1 / 255.0) steps.Add(FormattableString.Invariant($"times {pictures.RescaleFactor}"));
        steps.Add(pictures.DoNormalize ? $"mean {Numbers(pictures.Mean)}, deviation {Numbers(pictures.Std)}" : "not normalised");
        if (pictures.Order != PreprocessingOrder.Original) steps.Add($"order {pictures.Order}");
        if (pictures.Gray16 != Gray16Conversion.Scale) steps.Add($"16-bit gray {pictures.Gray16}");
        return string.Join(", ", steps);

        string Filter() => pictures.Resample.ToString().ToLowerInvariant();

        static string Hex(byte[] color) => $"#{Convert.ToHexString(color).ToLowerInvariant()}";

        static string Numbers(float[] values) => string.Join(' ', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)));
    }
}
