using System.IO.Compression;
using System.Text;

namespace Clip.Evaluation.Tests.DataSets;

/// <summary>Writes MATLAB files of level 5 as MATLAB does, for tests.</summary>
internal static class MatFileWriter
{
    private const uint Int8 = 1, UInt8 = 2, UInt16 = 4, Int32 = 5, UInt32 = 6, Double = 9, Matrix = 14, Compressed = 15;

    /// <summary>What goes into a matrix, but for its name.</summary>
    public delegate byte[] Value(string name);

    public static byte[] File(bool compress, params (string Name, Value Value)[] variables)
    {
        using var file = new MemoryStream();
        file.Write(Encoding.ASCII.GetBytes("MATLAB 5.0 MAT-file, of a test".PadRight(124)));
        file.Write([0, 1, (byte)'I', (byte)'M']);
        foreach (var (name, value) in variables)
        {
            var element = value(name);
            if (compress)
            {
                using var packed = new MemoryStream();
                using (var packing = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true)) packing.Write(element);
                element = [.. BitConverter.GetBytes(Compressed), .. BitConverter.GetBytes((uint)packed.Length), .. packed.ToArray()];
            }

            file.Write(element);
        }

        return file.ToArray();
    }

    /// <summary>Doubles, which MATLAB keeps as bytes where they are small whole numbers.</summary>
    public static Value Numbers(params double[] numbers) => name => numbers.All(n => n is >= 0 and < 256 && n == (byte)n)
        ? Array(6, name, [1, numbers.Length], Element(UInt8, [.. numbers.Select(n => (byte)n)]))
        : Array(6, name, [1, numbers.Length], Element(Double, [.. numbers.SelectMany(BitConverter.GetBytes)]));

    public static Value Text(string text) => name => Array(4, name, [1, text.Length], Element(UInt16, Encoding.Unicode.GetBytes(text)));

    /// <summary>A matrix of a class with data of a type, by MATLAB's numbers for both.</summary>
    public static Value Raw(byte kind, int[] dimensions, uint type, byte[] data) =>
        name => Array(kind, name, dimensions, Element(type, data));

    public static Value Cells(params Value[] cells) =>
        name => Array(1, name, [1, cells.Length], [.. cells.SelectMany(cell => cell(""))]);

    public static Value Structures(params Dictionary<string, Value>[] structures) => name =>
    {
        var fields = structures[0].Keys.ToArray();
        byte[] names = [.. fields.SelectMany(field => Encoding.ASCII.GetBytes(field.PadRight(32, '\0')))];
        return Array(
            2, name, [1, structures.Length],
            [.. Element(Int32, BitConverter.GetBytes(32)), .. Element(Int8, names),
                .. structures.SelectMany(s => fields.SelectMany(field => s[field]("")))]);
    };

    /// <summary>A file of Stanford Cars' annotations, and one of their classes.</summary>
    public static byte[] Cars(params (string File, int Class)[] cars) => File(false, ("annotations", Structures([.. cars.Select(car =>
        new Dictionary<string, Value> { ["class"] = Numbers(car.Class), ["fname"] = Text(car.File) })])));

    /// <summary>A file of Stanford Cars in one folder, each marked as of the test or not, with the names of their classes.</summary>
    public static byte[] MarkedCars(string[] names, params (string File, int Class, int Test)[] cars) => File(
        true,
        ("annotations", Structures([.. cars.Select(car => new Dictionary<string, Value>
        {
            ["relative_im_path"] = Text(car.File), ["class"] = Numbers(car.Class), ["test"] = Numbers(car.Test),
        })])),
        ("class_names", Cells([.. names.Select(Text)])));

    public static byte[] CarNames(params string[] names) => File(false, ("class_names", Cells([.. names.Select(Text)])));

    private static byte[] Array(byte kind, string name, int[] dimensions, byte[] data) => Element(
        Matrix,
        [
            .. Element(UInt32, [kind, 0, 0, 0, 0, 0, 0, 0]), .. Element(Int32, [.. dimensions.SelectMany(BitConverter.GetBytes)]),
            .. Element(Int8, Encoding.ASCII.GetBytes(name)), .. data,
        ]);

    /// <summary>An element; up to four bytes go into its head.</summary>
    private static byte[] Element(uint type, byte[] data)
    {
        if (data.Length is > 0 and <= 4)
            return [.. BitConverter.GetBytes(type | ((uint)data.Length << 16)), .. data, .. new byte[4 - data.Length]];
        return [.. BitConverter.GetBytes(type), .. BitConverter.GetBytes(data.Length), .. data, .. new byte[-data.Length & 7]];
    }
}
