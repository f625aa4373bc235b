using Microsoft.ML.Clip.Files;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip.Persistence;

/// <summary>
/// What a saved model tells of a tower's ONNX file: its path if saved by reference, else the files stored beside this text.
/// </summary>
internal sealed record SavedTower
{
    public string? Path { get; init; }

    /// <summary>Size of the file.</summary>
    public long Length { get; init; }

    /// <summary>
    /// SHA-256 of the file referred to and of its external weights after it, in hexadecimal: a tower trained anew has the same length.
    /// </summary>
    public string? Sha256 { get; init; }

    /// <summary>Files of external weights, relative to the ONNX file.</summary>
    public IReadOnlyList<string> ExternalData { get; init; } = [];

    /// <exception cref="InvalidDataException">The file is not the one that the session was opened from any more.</exception>
    public static SavedTower Describe(OnnxFile file, ClipTowerStorage storage)
    {
        if (file.HasChanged())
        {
            throw new InvalidDataException(
                $"'{file.Path}' has changed, or gone, since it was opened, so another tower would be saved; fit the pipeline again.");
        }

        var described = new SavedTower { Length = new FileInfo(file.Path).Length, ExternalData = file.ReadExternalData() };
        return storage == ClipTowerStorage.ByReference
            ? described with { Path = file.Path, Sha256 = file.ComputeSha256() }
            : described;
    }

    /// <summary>Copies the file, and its external data, into the model; nothing where it is saved by reference.</summary>
    public void Save(ModelSaveContext context, string name, OnnxFile file)
    {
        if (Path is not null) return;
        StoredEntry.Save(context, Entry(name), file.Path);
        var folder = System.IO.Path.GetDirectoryName(file.Path)!;
        for (var i = 0; i < ExternalData.Count; i++)
            StoredEntry.Save(context, Entry(name, i), System.IO.Path.Combine(folder, ExternalData[i]));
    }

    /// <summary>The file referred to, or the stored ones unpacked into a temporary folder that the result owns.</summary>
    public OnnxFile Load(IHostEnvironment environment, ModelLoadContext context, string name)
    {
        if (Path is not null) return Referred(Path);
        var folder = TemporaryFolder.Create(MlNet.TemporaryPath(environment));
        try
        {
            var path = System.IO.Path.Combine(folder.Path, Entry(name));
            Unpack(context, Entry(name), path);
            for (var i = 0; i < ExternalData.Count; i++) Unpack(context, Entry(name, i), Inside(folder.Path, ExternalData[i]));
            return new OnnxFile(path, folder);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private static string Entry(string name) => $"{name}.onnx";

    private static string Entry(string name, int index) => $"{name}.onnx.data{index}";

    private static void Unpack(ModelLoadContext context, string entry, string path)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        if (!StoredEntry.TryUnpack(context, entry, path)) throw SavedState.NoEntry(entry);
    }

    /// <summary>A saved model is input from outside: its file names must not lead out of the temporary folder.</summary>
    private static string Inside(string folder, string relative)
    {
        var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, relative));
        return path.StartsWith(folder + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw new InvalidDataException($"The saved model names a weights file '{relative}' outside its own folder.");
    }

    private OnnxFile Referred(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new FileNotFoundException(
                $"The saved model refers to '{path}', which is not there; put the folder back, or save with the towers embedded.", path);
        }

        var tower = new OnnxFile(path);
        var isSame = file.Length == Length && (Sha256 is null || tower.ComputeSha256() == Sha256);
        return isSame ? tower : throw new InvalidDataException(
            $"The saved model refers to '{path}', but that is another file now, perhaps of a model trained anew; put the old one back, or "
            + "fit and save the pipeline again.");
    }
}
