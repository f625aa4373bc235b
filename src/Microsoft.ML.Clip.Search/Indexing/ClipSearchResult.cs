namespace Microsoft.ML.Clip;

/// <summary>A picture that a search found.</summary>
/// <param name="Entry">What the index knows of it.</param>
/// <param name="Score">The cosine of the angle between its embedding and the query's: 1 for the same direction.</param>
public readonly record struct ClipSearchResult(ClipIndexEntry Entry, float Score)
{
    /// <summary>The entry's id.</summary>
    public string Id => Entry.Id;
}
