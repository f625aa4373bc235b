namespace Microsoft.ML.Clip;

/// <summary>The views of a picture whose features are averaged; each costs a run of the image tower.</summary>
public enum ClipImageViews
{
    /// <summary>The picture as the model's preprocessing gives it: one view.</summary>
    Center,

    /// <summary>That and its mirror image: two views.</summary>
    Mirrored,

    /// <summary>These and four crops of seven eighths of the width and height, one at each corner, with their mirror images: ten views.</summary>
    Crops,
}
