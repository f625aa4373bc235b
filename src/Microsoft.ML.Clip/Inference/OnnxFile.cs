namespace Microsoft.ML.Clip;

/// <summary>An ONNX file on disk, and the temporary folder that must outlive it when it was unpacked from a saved model.</summary>
internal sealed record OnnxFile(string Path, TemporaryFolder? Owner = null)
{
    private readonly DateTime _written = File.GetLastWriteTimeUtc(Path);
    private readonly long _length = File.Exists(Path) ? RegularFile.Length(Path) : 0;

    /// <summary>The files beside it that hold its weights, relative to its folder: none for most, one or more above 2 GB.</summary>
    public IReadOnlyList<string> ReadExternalData() => OnnxExternalData.Locations(Path);

    /// <summary>Whether another file lies in its place since this was made, which is just before it is opened.</summary>
    public bool HasChanged() =>
        !File.Exists(Path) || File.GetLastWriteTimeUtc(Path) != _written || RegularFile.Length(Path) != _length;
}
