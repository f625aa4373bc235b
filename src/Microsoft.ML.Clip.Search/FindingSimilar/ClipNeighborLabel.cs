namespace Microsoft.ML.Clip;

/// <summary>What the label of a picture in an index is.</summary>
public enum ClipNeighborLabel
{
    /// <summary>Its caption's first line.</summary>
    Caption = 0,

    /// <summary>The name of the folder that its file lies in, as folders of classes have it.</summary>
    Folder,
}
