using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// What a saved model tells of a tower's ONNX file: its path if saved by reference, else the files streamed beside this text.
/// </summary>
internal sealed record SavedTower
{
    public string? Path { get; init; }

    /// <summary>Size of the file referred to, to notice that another was put in its place.</summary>
    public long Length { get; init; }

    /// <summary>Files of external weights, relative to the ONNX file.</summary>
    public IReadOnlyList<string> ExternalData { get; init; } = [];

    public static SavedTower Describe(OnnxFile file, ClipTowerStorage storage) => storage == ClipTowerStorage.ByReference
        ? new SavedTower { Path = file.Path, Length = new FileInfo(file.Path).Length }
        : new SavedTower { Length = new FileInfo(file.Path).Length, ExternalData = file.ReadExternalData() };

    /// <summary>Streams the file, and its external data, into the model; nothing where it is saved by reference.</summary>
    public void Save(ModelSaveContext context, string name, OnnxFile file)
    {
        if (Path is not null) return;
        context.SaveBinaryStream(Entry(name), writer => Copy(file.Path, writer.BaseStream));
        var folder = System.IO.Path.GetDirectoryName(file.Path)!;
        for (var i = 0; i < ExternalData.Count; i++)
        {
            var path = System.IO.Path.Combine(folder, ExternalData[i]);
            context.SaveBinaryStream(Entry(name, i), writer => Copy(path, writer.BaseStream));
        }
    }

    /// <summary>The file referred to, or the streamed ones unpacked into a temporary folder that the result owns.</summary>
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

    private static void Copy(string path, Stream destination)
    {
        using var source = RegularFile.Open(path);
        source.CopyTo(destination);
    }

    private static void Unpack(ModelLoadContext context, string entry, string path)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        var found = context.TryLoadBinaryStream(entry, reader =>
        {
            using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            reader.BaseStream.CopyTo(file);
        });
        if (!found) throw SavedState.NoEntry(entry);
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

        if (file.Length != Length)
        {
            throw new InvalidDataException(
                $"The saved model refers to '{path}', but that is another file now ({file.Length} bytes, not {Length}).");
        }

        return new OnnxFile(path);
    }
}
