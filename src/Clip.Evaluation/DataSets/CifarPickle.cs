using System.Text;
using Clip.Conversion.Checkpoints;
using Microsoft.ML.Clip.Files;

namespace Clip.Evaluation.DataSets;

/// <summary>A dictionary that CIFAR keeps in a Python pickle: lists, and NumPy arrays of bytes.</summary>
internal sealed class CifarPickle : IPickleHost
{
    private const long MaxBytes = 1L << 30;
    private readonly string _path;
    private Dictionary<object, object?> _entries = [];

    private CifarPickle(string path) => _path = path;

    /// <summary>A file's bytes.</summary>
    /// <exception cref="ClipException">It is no batch of pictures.</exception>
    public static byte[] Bytes(string path)
    {
        try
        {
            return RegularFile.ReadAllBytes(path, MaxBytes);
        }
        catch (InvalidDataException e)
        {
            throw new ClipException($"{path}: {e.Message.TrimEnd('.')}; get it again.", e);
        }
    }

    /// <summary>Reads a file; nothing that it names is run.</summary>
    /// <exception cref="ClipException">It is damaged, or holds something else.</exception>
    public static CifarPickle Read(string path)
    {
        using var stream = new MemoryStream(Bytes(path));
        var host = new CifarPickle(path);
        // They were written by Python 2, whose texts are bytes: the pixels too.
        host._entries = new PickleReader(stream, path, host, Encoding.Latin1).Read() as Dictionary<object, object?> ?? throw host.Other();
        return host;
    }

    /// <summary>A list of texts.</summary>
    public IReadOnlyList<string> Texts(string key) => [.. List(key).Select(item => item as string ?? throw Other())];

    /// <summary>A list of whole numbers.</summary>
    public IReadOnlyList<long> Numbers(string key) => [.. List(key).Select(item => item as long? ?? throw Other())];

    /// <summary>An array's bytes by rows.</summary>
    public byte[] Array(string key) =>
        _entries.GetValueOrDefault(key) is PickleObject { Source: { Name: "_reconstruct" }, State: object?[] state }
        && state is [_, object?[], PickleObject { Source.Name: "dtype" } type, false, var data] && type.Arguments is ["u1" or "|u1", ..]
            ? data switch
            {
                string text => Encoding.Latin1.GetBytes(text),
                byte[] bytes => bytes,
                PickleObject { Source.Name: "encode", Arguments: [string text, "latin1" or "latin-1"] } => Encoding.Latin1.GetBytes(text),
                _ => throw Other(),
            }
            : throw Other();

    void IPickleHost.Names(PickleGlobal global)
    {
        if (!IsNumPy(global)) throw new ClipException($"{_path} names {global}, which no batch of CIFAR does; get it again.");
    }

    object IPickleHost.Call(PickleGlobal global, object?[] arguments, bool isInstance) =>
        new PickleObject(global) { Arguments = arguments };

    object? IPickleHost.Persistent(object? id) => throw Other();

    private static bool IsNumPy(PickleGlobal global) => $"{global}" is "numpy.core.multiarray._reconstruct"
        or "numpy._core.multiarray._reconstruct" or "numpy.ndarray" or "numpy.dtype" or "_codecs.encode";

    private List<object?> List(string key) => _entries.GetValueOrDefault(key) as List<object?> ?? throw Other();

    private ClipException Other() => new($"{_path} holds something other than a batch of CIFAR; get it again.");
}
