namespace Microsoft.ML.Clip;

/// <summary>What an image that cannot be read does.</summary>
public enum ClipErrorHandling
{
    /// <summary>It ends the pass with an exception that names it (default).</summary>
    Throw = 0,

    /// <summary>It gives missing values (a vector of NaN, a missing key), and each pass logs one warning with their count.</summary>
    Missing,
}
