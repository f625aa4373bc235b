namespace Microsoft.ML.Clip;

/// <summary>The views of a picture whose features are averaged; each costs a run of the image tower.</summary>
public enum ClipImageViews
{
    /// <summary>The picture as the model's preprocessing gives it: one view.</summary>
    Center,

    /// <summary>That and its mirror image: two views.</summary>
    Mirrored,

    /// <summary>
    /// These, and a crop of seven eighths of the width and height at each corner with its mirror image: ten views.
    /// </summary>
    Crops,
}
