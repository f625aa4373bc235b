namespace Microsoft.ML.Clip;

/// <summary>What a text of nothing does: a missing one, an empty one, or one of spaces alone.</summary>
public enum ClipEmptyTextHandling
{
    /// <summary>It is embedded as the model sees it, start and end of text alone, and each pass logs one warning with their count
    /// (default).</summary>
    Embed = 0,

    /// <summary>It ends the pass with an exception that names the row.</summary>
    Throw,

    /// <summary>It gives missing values (a vector of NaN), and each pass logs one warning with their count.</summary>
    Missing,
}
