using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Microsoft.ML.Clip.Files;

namespace Clip.Evaluation.DataSets;

/// <summary>A variable of a MATLAB file: numbers, a text, cells, or structures with fields.</summary>
internal sealed class MatArray
{
    public string Name { get; init; } = "";

    /// <summary>The numbers by columns; none where it is something else.</summary>
    public IReadOnlyList<double> Numbers { get; init; } = [];

    /// <summary>The text; null where it is something else.</summary>
    public string? Text { get; init; }

    /// <summary>The cells; none where it is something else.</summary>
    public IReadOnlyList<MatArray> Cells { get; init; } = [];

    /// <summary>The structures' fields, a dictionary for each structure; none where it is something else.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, MatArray>> Structures { get; init; } = [];
}

/// <summary>
/// Reads MATLAB's files of level 5 (MathWorks, "MAT-File Format", chapter 1), which data sets keep their labels in: what
/// <c>save -v6</c> and <c>-v7</c> write. No code is in them, and none is run.
/// </summary>
internal sealed class MatFile
{
    private const int Matrix = 14, Compressed = 15;
    private const int CellClass = 1, StructClass = 2, CharClass = 4, FirstNumber = 6, LastNumber = 15;
    private const int MaxDepth = 16;

    /// <summary>What a file may hold, unpacked: Stanford Cars' labels have 5 MB.</summary>
    private const long MaxBytes = 256L << 20;

    private readonly string _path;

    private MatFile(string path) => _path = path;

    /// <summary>The variables of a file by name.</summary>
    /// <exception cref="ClipException">It is not of level 5, or damaged.</exception>
    public static IReadOnlyDictionary<string, MatArray> Read(string path)
    {
        try
        {
            return new MatFile(path).Variables(RegularFile.ReadAllBytes(path, MaxBytes));
        }
        catch (Exception e) when (e is ArgumentException or InvalidDataException or EndOfStreamException or OverflowException
            or IndexOutOfRangeException)
        {
            throw new ClipException($"{path} is damaged: it does not read as a MATLAB file; get it again.", e);
        }
    }

    private Dictionary<string, MatArray> Variables(byte[] bytes)
    {
        if (bytes.AsSpan().StartsWith("MATLAB 7.3"u8))
            throw new ClipException($"{_path} is a MATLAB file of version 7.3, which is HDF5; save it with -v7.");
        if (bytes.Length < 128 || !bytes.AsSpan(124).StartsWith((ReadOnlySpan<byte>)[0, 1, (byte)'I', (byte)'M']))
            throw new ClipException($"{_path} is no MATLAB file of version 5 to 7 from a little-endian machine; save it with -v7.");
        var variables = new Dictionary<string, MatArray>();
        for (ReadOnlySpan<byte> rest = bytes.AsSpan(128); rest.Length >= 8;)
        {
            var (type, data) = Next(ref rest);
            if (type == Compressed)
            {
                ReadOnlySpan<byte> unpacked = Unpack(data);
                (type, data) = Next(ref unpacked);
            }

            // What MATLAB keeps of its own classes comes after the variables, and has no name.
            if (type == Matrix && Array(data, MaxDepth) is { Name.Length: > 0 } variable) variables[variable.Name] = variable;
        }

        return variables;
    }

    private byte[] Unpack(ReadOnlySpan<byte> data)
    {
        using var unpacking = new ZLibStream(new MemoryStream(data.ToArray()), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (var read = unpacking.Read(buffer); read > 0; read = unpacking.Read(buffer))
        {
            unpacked.Write(buffer, 0, read);
            if (unpacked.Length > MaxBytes)
                throw new ClipException($"{_path} unpacks to more than {MaxBytes >> 20} MB; it is no list of labels.");
        }

        return unpacked.ToArray();
    }

    /// <summary>An element: its type and its data. A small one has both in 8 bytes.</summary>
    private static (int Type, byte[] Data) Next(ref ReadOnlySpan<byte> rest)
    {
        var tag = BinaryPrimitives.ReadUInt32LittleEndian(rest);
        if (tag >> 16 != 0)
        {
            var small = rest.Slice(4, checked((int)(tag >> 16))).ToArray();
            rest = rest[8..];
            return ((int)(tag & 0xFFFF), small);
        }

        var length = checked((int)BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]));
        var data = rest.Slice(8, length).ToArray();
        // All but packed ones end at a multiple of 8.
        var end = tag == Compressed ? 8 + length : 8 + ((length + 7) & ~7);
        rest = rest[Math.Min(end, rest.Length)..];
        return ((int)tag, data);
    }

    private MatArray Array(ReadOnlySpan<byte> rest, int depth)
    {
        if (depth == 0) throw new ClipException($"{_path} nests deeper than {MaxDepth}; it is no list of labels.");
        if (rest.IsEmpty) return new MatArray(); // an empty cell
        var flags = Next(ref rest).Data;
        var kind = flags[0];
        var dimensions = Numbers(Next(ref rest));
        var name = Encoding.UTF8.GetString(Next(ref rest).Data);
        var count = checked((int)dimensions.Aggregate(1.0, (product, d) => product * d));
        switch (kind)
        {
            case CharClass:
                return new MatArray { Name = name, Text = string.Concat(Characters(Next(ref rest))) };
            case CellClass:
                return new MatArray { Name = name, Cells = Arrays(ref rest, count, depth) };
            case StructClass:
                var width = checked((int)Numbers(Next(ref rest))[0]);
                var names = Next(ref rest).Data.Chunk(width).Select(field => Encoding.UTF8.GetString(field).Split('\0')[0]).ToArray();
                var values = Arrays(ref rest, checked(count * names.Length), depth);
                return new MatArray
                {
                    Name = name,
                    Structures = [.. Enumerable.Range(0, count).Select(i =>
                        names.Select((field, f) => (field, values[(i * names.Length) + f]))
                        .ToDictionary(pair => pair.field, pair => pair.Item2))],
                };
            case >= FirstNumber and <= LastNumber:
                return new MatArray { Name = name, Numbers = Numbers(Next(ref rest)) };
            default:
                return new MatArray { Name = name }; // objects and sparse matrices, which no labels are
        }
    }

    private List<MatArray> Arrays(ref ReadOnlySpan<byte> rest, int count, int depth)
    {
        var arrays = new List<MatArray>();
        for (var i = 0; i < count; i++)
        {
            var (type, data) = Next(ref rest);
            arrays.Add(type == Matrix ? Array(data, depth - 1) : throw new InvalidDataException("A cell is no matrix."));
        }

        return arrays;
    }

    private static char[] Characters((int Type, byte[] Data) element) => element.Type switch
    {
        1 or 2 or 16 => Encoding.UTF8.GetChars(element.Data),
        3 or 4 or 17 => Encoding.Unicode.GetChars(element.Data),
        _ => throw new InvalidDataException("A text is no text."),
    };

    private static double[] Numbers((int Type, byte[] Data) element)
    {
        var (type, data) = element;
        return type switch
        {
            1 => Each(1, x => (sbyte)x[0]),
            2 => Each(1, x => x[0]),
            3 => Each(2, x => BinaryPrimitives.ReadInt16LittleEndian(x)),
            4 => Each(2, x => BinaryPrimitives.ReadUInt16LittleEndian(x)),
            5 => Each(4, x => BinaryPrimitives.ReadInt32LittleEndian(x)),
            6 => Each(4, x => BinaryPrimitives.ReadUInt32LittleEndian(x)),
            7 => Each(4, x => BinaryPrimitives.ReadSingleLittleEndian(x)),
            9 => Each(8, x => BinaryPrimitives.ReadDoubleLittleEndian(x)),
            12 => Each(8, x => BinaryPrimitives.ReadInt64LittleEndian(x)),
            13 => Each(8, x => BinaryPrimitives.ReadUInt64LittleEndian(x)),
            _ => throw new InvalidDataException("A number is no number."),
        };

        double[] Each(int size, Func<byte[], double> read) => [.. data.Chunk(size).Select(read)];
    }
}
