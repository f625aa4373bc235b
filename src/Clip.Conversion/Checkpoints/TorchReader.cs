using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Text;

namespace Clip.Conversion.Checkpoints;

/// <summary>What a PyTorch file holds.</summary>
/// <param name="Weights">The model's tensors by the path at which they lie in it, as float32.</param>
/// <param name="Types">How each is stored.</param>
/// <param name="IsScript">Whether the file is a TorchScript archive: a program with its weights.</param>
/// <param name="NamesGelu">Whether it names PyTorch's class GELU in a TorchScript archive.</param>
/// <param name="LeftOut">Another state of the model that is there and was not taken; null for none.</param>
internal sealed record TorchFile(
    Dictionary<string, WeightTensor> Weights, Dictionary<string, ElementType> Types, bool IsScript, bool NamesGelu, string? LeftOut);

/// <summary>
/// Reads the weights of PyTorch's files without PyTorch: <c>torch.save</c>'s zip archives and its older files, a state_dict, a module,
/// or a checkpoint that holds one beside other things, and TorchScript archives. Tensors are named by their path. Nothing in the file is
/// run (see <see cref="PickleReader"/>), and tensors that are not the model's are not read.
/// </summary>
internal sealed class TorchReader : IPickleHost
{
    /// <summary>The number that older files begin with (torch/serialization.py, MAGIC_NUMBER).</summary>
    private static readonly BigInteger LegacyMagic = BigInteger.Parse("119547037146038801333356", null);

    /// <summary>How many times the file's own values its out-of-order tensors may take together; an honest file's take one.</summary>
    private const int MaxCopies = 2;

    private readonly string _path;
    private readonly Dictionary<string, TorchStorage> _storages = [];
    private bool _namesGelu;

    private TorchReader(string path) => _path = path;

    /// <summary>Reads a file's tensors by name, as float32.</summary>
    /// <exception cref="ClipException">The file is not PyTorch's, is damaged, names code to run, or has no tensors.</exception>
    public static TorchFile Load(string path)
    {
        using var file = WeightFile.Open(path);
        var reader = new TorchReader(path);
        try
        {
            return file.ReadByte() == 'P' ? reader.ReadZip(file) : reader.ReadLegacy(file);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new ClipException($"{path} is damaged ({e.Message.TrimEnd('.')}); get it again.", e);
        }
    }

    /// <inheritdoc/>
    public void Names(PickleGlobal global) => _namesGelu |= IsModule(global) && global.Name == "GELU";

    /// <inheritdoc/>
    public object? Call(PickleGlobal global, object?[] arguments, bool isInstance)
    {
        switch (global.ToString())
        {
            case "collections.OrderedDict": return new Dictionary<object, object?>();
            // A parameter is its tensor; whether it is trained follows.
            case "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state": return arguments[0];
            case "torch._utils._rebuild_tensor" or "torch._utils._rebuild_tensor_v2":
                return arguments[0] is TorchStorage storage
                    ? new TorchTensor(storage, (long)arguments[1]!, Longs(arguments[2]), Longs(arguments[3]))
                    : new PickleObject(global);
            // A subclass's tensor: what makes it, its class, and that one's arguments.
            case "torch._tensor._rebuild_from_type_v2" when arguments is [PickleGlobal maker, _, object?[] its, ..]:
                return Call(maker, its, isInstance: false);
        }

        if (StorageType(global) is not null && global.Module == "torch" && !isInstance)
            throw new InvalidCastException($"{global} is not a function");
        return IsModule(global) || PickleNames.IsData(global, isInstance) || PickleNames.IsMember(global, arguments)
            ? new PickleObject(global)
            : throw new ClipException($"{_path} wants to run {global}, which weights do not need; save the state_dict alone.");

        static long[] Longs(object? tuple) => [.. ((object?[])tuple!).Select(v => (long)v!)];
    }

    /// <inheritdoc/>
    public object Persistent(object? id)
    {
        // ("storage", type, key, device, count), and in older files a view of another storage, which nothing writes any more.
        var parts = (object?[])id!;
        if (parts is not ["storage", PickleGlobal type, string key, _, long count, ..] || (parts.Length > 5 && parts[5] is not null))
            throw new InvalidCastException("a storage is of an unknown kind");
        // Complex and quantised numbers may be an optimizer's; as weights they will be missing.
        if (StorageType(type) is not { } element) return new PickleObject(type);
        if (count < 0 || count > Array.MaxLength)
            throw new ClipException($"{_path}: its part {key} has {count} values, more than an array holds; split it.");
        if (!_storages.TryGetValue(key, out var storage)) _storages[key] = storage = new TorchStorage(key, element, count);
        return storage;
    }

    private static bool IsModule(PickleGlobal global) =>
        global.Module == "__torch__" || global.Module.StartsWith("__torch__.", StringComparison.Ordinal);

    private static ElementType? StorageType(PickleGlobal global) => global.Module != "torch" ? null : global.Name switch
    {
        "FloatStorage" => ElementType.Float32,
        "DoubleStorage" => ElementType.Float64,
        "HalfStorage" => ElementType.Float16,
        "BFloat16Storage" => ElementType.BFloat16,
        "LongStorage" => ElementType.Int64,
        "IntStorage" => ElementType.Int32,
        "ShortStorage" => ElementType.Int16,
        "CharStorage" => ElementType.Int8,
        "ByteStorage" => ElementType.UInt8,
        "BoolStorage" => ElementType.Boolean,
        _ => null,
    };

    private TorchFile ReadZip(FileStream file)
    {
        using var zip = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
        var pickle = zip.Entries.FirstOrDefault(e => e.Name == "data.pkl")
            ?? throw new ClipException($"{_path} is a zip archive without data.pkl, so not one of PyTorch's; give one of its files.");
        var folder = pickle.FullName[..^"data.pkl".Length];
        if (zip.GetEntry($"{folder}byteorder") is { } order)
        {
            if (Encoding.UTF8.GetString(ReadEntry(order, file.Length)) != "little")
                throw new ClipException($"{_path} is not little-endian; save it on another machine.");
        }

        using var bytes = new MemoryStream(ReadEntry(pickle, file.Length));
        var held = new PickleReader(bytes, _path, this).Read();
        return Materialize(held, file.Length, storage =>
        {
            var entry = zip.GetEntry($"{folder}data/{storage.Key}")
                ?? throw new ClipException($"{_path} lacks its part data/{storage.Key}; get it again.");
            RequireStored(entry, file.Length);
            if (entry.Length != storage.Count * storage.Type.Size())
                throw new ClipException($"{_path}: data/{storage.Key} has {entry.Length} bytes for {storage.Count} values; get it again.");
            using var stream = entry.Open();
            return ReadStorage(stream, storage);
        });
    }

    /// <summary>PyTorch does not compress tensors; a compressed entry may announce any size, and memory would be taken for it.</summary>
    private void RequireStored(ZipArchiveEntry entry, long fileLength)
    {
        if (entry.Length != entry.CompressedLength || entry.Length > fileLength)
            throw new ClipException($"{_path}: its part {entry.FullName} is compressed or its size a lie; save it with torch.save.");
    }

    private byte[] ReadEntry(ZipArchiveEntry entry, long fileLength)
    {
        RequireStored(entry, fileLength);
        if (entry.Length > Array.MaxLength)
            throw new ClipException($"{_path}: its part {entry.FullName} is larger than an array; split it.");
        using var stream = entry.Open();
        var bytes = new byte[entry.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private TorchFile ReadLegacy(FileStream file)
    {
        file.Position = 0;
        if (file.ReadByte() != 0x80) throw new ClipException($"{_path} is neither safetensors nor a file of PyTorch's; give one of those.");
        file.Position = 0;
        if (new PickleReader(file, _path, this).Read() is not BigInteger magic || magic != LegacyMagic)
            throw new ClipException($"{_path} is a pickle, but not one that torch.save writes; save the weights with torch.save.");
        new PickleReader(file, _path, this).Read(); // The format's version, always 1001.
        new PickleReader(file, _path, this).Read(); // The writing machine's integer sizes.
        var held = new PickleReader(file, _path, this).Read();

        // The storages follow in the order of a list of their keys, each after its count.
        var offsets = new Dictionary<string, long>();
        var keys = new PickleReader(file, _path, this).Read() as List<object?>
            ?? throw new InvalidDataException("it lacks the list of its storages");
        Span<byte> count = stackalloc byte[8];
        foreach (var key in keys)
        {
            if (key is not string name || !_storages.TryGetValue(name, out var storage))
                throw new InvalidDataException($"storage {key} is unknown");
            file.ReadExactly(count);
            if (BinaryPrimitives.ReadInt64LittleEndian(count) != storage.Count)
                throw new InvalidDataException($"storage {key} has another size");
            offsets[name] = file.Position;
            file.Position += storage.Count * storage.Type.Size();
            // Known before memory is taken for what is not there.
            if (file.Position > file.Length) throw new EndOfStreamException($"storage {key} ends too early");
        }

        return Materialize(held, file.Length, storage =>
        {
            if (!offsets.TryGetValue(storage.Key, out var offset)) throw new InvalidDataException($"storage {storage.Key} is missing");
            file.Position = offset;
            return ReadStorage(file, storage);
        });
    }

    private TorchFile Materialize(object? held, long fileLength, Func<TorchStorage, float[]> read)
    {
        var all = TorchStateDict.Find(held, _path);
        UnsupportedModels.Refuse(all.Keys, _path);
        var prefix = WeightNames.Prefix(all.Keys, _path, out var leftOut);
        var tensors = all.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary();
        // A zip archive may list the same bytes under many names.
        var used = tensors.Values.Select(t => t.Storage).Distinct().Sum(s => s.Count * s.Type.Size());
        if (used > fileLength) throw new ClipException($"{_path} lists {used} bytes of values but has only {fileLength}; get it again.");
        var storages = new Dictionary<string, float[]>();
        var weights = new Dictionary<string, WeightTensor>();
        long copied = 0;
        foreach (var (name, tensor) in tensors)
        {
            if (!storages.TryGetValue(tensor.Storage.Key, out var values)) storages[tensor.Storage.Key] = values = read(tensor.Storage);
            weights[name] = tensor.Read(name, values, out var isCopy);
            // Many copies of one storage would fill the memory from a small file.
            if (isCopy && (copied += weights[name].Data.Length) > MaxCopies * storages.Values.Sum(s => (long)s.Length))
                throw new ClipException($"{_path} has too many tensors that lie across one another; save a plain state_dict.");
        }

        return new TorchFile(
            weights, tensors.ToDictionary(t => t.Key, t => t.Value.Storage.Type),
            held is PickleObject { Source: { } type } && IsModule(type), _namesGelu, leftOut);
    }

    private static float[] ReadStorage(Stream stream, TorchStorage storage)
    {
        var values = new float[storage.Count];
        var buffer = new byte[Math.Min(values.Length, 1 << 16) * storage.Type.Size()];
        for (var i = 0; i < values.Length;)
        {
            var n = Math.Min(values.Length - i, 1 << 16);
            var bytes = buffer.AsSpan(0, n * storage.Type.Size());
            stream.ReadExactly(bytes);
            storage.Type.ToFloat32(bytes, values.AsSpan(i, n));
            i += n;
        }

        return values;
    }
}
