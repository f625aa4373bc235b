using System.Security.Cryptography;
using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Formats;

namespace Microsoft.ML.Clip.Inference;

/// <summary>An ONNX file on disk, and the temporary folder that must outlive it when it was unpacked from a saved model.</summary>
internal sealed class OnnxFile(string path, TemporaryFolder? owner = null)
{
    private readonly FileStamp? _stamp = FileStamp.Of(path);
    private Dictionary<string, FileStamp> _weights = [];

    public string Path => path;

    public TemporaryFolder? Owner => owner;

    /// <summary>What the file, and those of its external weights in their order, were like when they were checked.</summary>
    public IReadOnlyList<FileStamp> Content => _stamp is null ? [] : [_stamp, .. _weights.Values];

    /// <summary>The files beside it that hold its weights, relative to its folder: none for most, one or more above 2 GB.</summary>
    public IReadOnlyList<string> ReadExternalData() => OnnxExternalData.Locations(Path);

    /// <summary>
    /// Whether other files lie in their place since this was made and checked, which is just before it is opened. Weights that have gone
    /// are for who reads them to tell.
    /// </summary>
    public bool HasChanged() => _stamp is null || FileStamp.Of(Path) != _stamp
        || _weights.Any(weights => FileStamp.Of(weights.Key) is { } now && now != weights.Value);

    /// <summary>Looks at the files that ONNX Runtime will read before it does: it opens by path, whatever is there.</summary>
    /// <exception cref="FileNotFoundException">The file, or one of its weights, is not there.</exception>
    /// <exception cref="InvalidDataException">One of them is not what its name says.</exception>
    public void Check()
    {
        CheckHead();
        var found = new Dictionary<string, FileStamp>();
        foreach (var relative in ReadExternalData())
        {
            var weights = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, relative);
            if (!File.Exists(weights))
                throw new FileNotFoundException($"'{Path}' keeps weights in '{relative}', which is not beside it.", weights);
            RegularFile.Length(weights);
            found[weights] = FileStamp.Of(weights)!;
        }

        _weights = found;
    }

    /// <summary>The graph's inputs and outputs, read without a session.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is no ONNX file.</exception>
    public OnnxSignature ReadSignature()
    {
        CheckHead();
        return OnnxSignatureReader.Read(Path);
    }

    /// <summary>SHA-256 of the file and of its external weights after it, in hexadecimal.</summary>
    /// <exception cref="FileNotFoundException">One of its weights is not there.</exception>
    public string ComputeSha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        foreach (var name in ReadExternalData().Prepend(System.IO.Path.GetFileName(Path)))
        {
            var part = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, name);
            if (!File.Exists(part)) throw new FileNotFoundException($"'{Path}' keeps weights in '{name}', which is not beside it.", part);
            using var file = RegularFile.Open(part);
            int read;
            while ((read = file.Read(buffer)) > 0) hash.AppendData(buffer, 0, read);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private void CheckHead()
    {
        RegularFile.Bounded(Path, RegularFile.Length(Path), RegularFile.MaxOnnx);
        using var opened = RegularFile.Open(Path, FileOptions.None);
        Span<byte> head = stackalloc byte[256];
        head = head[..opened.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        if (RegularFile.Impostor(head) is { } impostor) throw new InvalidDataException($"'{Path}' is {impostor}.");
    }
}
