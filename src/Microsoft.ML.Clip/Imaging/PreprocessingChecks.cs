namespace Microsoft.ML.Clip.Imaging;

/// <summary>What settings must agree on.</summary>
internal static class PreprocessingChecks
{
    /// <summary>Checks the settings and finds the one size that all outputs have.</summary>
    /// <exception cref="ArgumentException">The settings contradict each other or do not fix the size of the output.</exception>
    public static (int Width, int Height) FindOutputSize(ClipImagePreprocessing settings)
    {
        Require(Enum.IsDefined(settings.Resample), $"Resample is {settings.Resample}, which is none of the known filters.");
        Require(Enum.IsDefined(settings.Order), $"Order is {settings.Order}, which is none of the known orders.");
        Require(Enum.IsDefined(settings.Gray16), $"Gray16 is {settings.Gray16}, which is none of the known conversions.");
        Require(Enum.IsDefined(settings.Decode), $"Decode is {settings.Decode}, which is none of the known ways.");
        Require(settings.MaxPixels > 0, $"MaxPixels is {settings.MaxPixels}; it must be positive.");
        Require(double.IsFinite(settings.RescaleFactor), $"RescaleFactor is {settings.RescaleFactor}; it must be finite.");
        Require(settings.Mean is { Length: 3 }, "Mean must have three numbers: red, green, blue.");
        Require(settings.Std is { Length: 3 } && !settings.Std.Contains(0), "Std must have three numbers, none of them zero.");
        Require(
            settings.Mean.Concat(settings.Std).All(float.IsFinite),
            "Mean and Std must be finite numbers.");
        Require(settings.Background is null or { Length: 3 }, "Background must have three bytes: red, green, blue.");

        var isSquashed = settings.ResizeHeight is not null || settings.ResizeWidth is not null;
        if (settings.DoResize)
        {
            Require(settings.ShortestEdge is null || !isSquashed, "ShortestEdge and ResizeHeight/ResizeWidth exclude each other.");
            Require(settings.ShortestEdge is not null || isSquashed, "DoResize needs ShortestEdge, or ResizeHeight and ResizeWidth.");
            Require(!isSquashed || settings is { ResizeHeight: > 0, ResizeWidth: > 0 }, "ResizeHeight and ResizeWidth must be positive.");
            Require(settings.ShortestEdge is null or > 0, $"ShortestEdge is {settings.ShortestEdge}; it must be positive.");
        }

        if (settings.DoCenterCrop)
        {
            Require(
                settings.CropHeight > 0 && settings.CropWidth > 0,
                $"The crop is {settings.CropHeight} × {settings.CropWidth}; DoCenterCrop needs a positive CropHeight and CropWidth.");
            return Limited(settings.CropWidth, settings.CropHeight);
        }

        Require(
            settings.DoResize && isSquashed,
            "The output's size would differ from image to image: set DoCenterCrop, or both ResizeHeight and ResizeWidth.");
        return Limited(settings.ResizeWidth!.Value, settings.ResizeHeight!.Value);
    }

    private static (int Width, int Height) Limited(int width, int height)
    {
        Require((long)width * height <= Array.MaxLength / 4, $"The output of {height} × {width} pixels is too large for one array.");
        return (width, height);
    }

    private static void Require(bool condition, string problem)
    {
        if (!condition) throw new ArgumentException(problem);
    }
}
