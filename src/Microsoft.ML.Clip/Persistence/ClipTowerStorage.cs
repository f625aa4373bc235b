namespace Microsoft.ML.Clip;

/// <summary>Where a saved pipeline keeps the towers.</summary>
public enum ClipTowerStorage
{
    /// <summary>Inside the saved file, which is then all that a deployment needs (default).</summary>
    Embedded = 0,

    /// <summary>In the model folder, whose path is saved: a small file, but the folder must stay where it is.</summary>
    ByReference,
}
