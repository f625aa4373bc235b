namespace Microsoft.ML.Clip;

/// <summary>An ONNX file on disk, and the temporary folder that must outlive it when it was unpacked from a saved model.</summary>
internal sealed record OnnxFile(string Path, TemporaryFolder? Owner = null)
{
    /// <summary>The files beside it that hold its weights, relative to its folder: none for most, one or more above 2 GB.</summary>
    public IReadOnlyList<string> ReadExternalData() => OnnxExternalData.Locations(Path);
}
