using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Tests.Checkpoints;

/// <summary>PyTorch's zip archives that are not what they say.</summary>
public sealed class TorchArchiveTests : IDisposable
{
    private const string RebuildTensor = "ctorch._utils\n_rebuild_tensor_v2\n";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ABigEndianFileIsRefusedAndALittleEndianOneRead()
    {
        Assert.Equal([1f, 2f], CheckpointFile.Load(Archive("little", [1, 2]))["w0"].Data.ToArray());
        Assert.Equal([1f, 2f], CheckpointFile.Load(Archive(order: null, [1, 2]))["w0"].Data.ToArray());
        Refused.With("not little-endian", () => CheckpointFile.Load(Archive("big", [1, 2])));
    }

    /// <summary>A zip archive may list the same bytes under many names: memory would be taken for each.</summary>
    [Fact]
    public void ManyNamesOverTheSameBytesAreRefused()
    {
        var values = Enumerable.Range(0, 100).Select(i => (float)i).ToArray();
        var honest = CheckpointFile.Load(Archive("little", values, values, values));
        Assert.Equal(values, honest["w2"].Data.ToArray());

        var path = Archive("little", values, [], [], [], [], [], [], []);
        PointAllAtTheFirst(path, values.Length);

        Refused.With("bytes of values but has only", () => CheckpointFile.Load(path));
    }

    /// <summary>More values than are read at once.</summary>
    [Fact]
    public void AStorageOfManyValuesIsReadWhole()
    {
        var values = Enumerable.Range(0, 70_001).Select(i => (float)i).ToArray();

        Assert.Equal(values, CheckpointFile.Load(Archive("little", values))["w0"].Data.ToArray());
    }

    /// <summary>An archive of a state_dict w0, w1, … with a storage each; an empty one is announced to be as long as the first.</summary>
    private string Archive(string? order, params float[][] storages)
    {
        var path = _folder[$"{Guid.NewGuid():N}.pt"];
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        var pickle = new StringBuilder("\u0080\u0002}(");
        for (var i = 0; i < storages.Length; i++)
        {
            var count = storages[i].Length > 0 ? storages[i].Length : storages[0].Length;
            var number = string.Concat(BitConverter.GetBytes(count).Select(b => (char)b));
            pickle.Append(
                $"X\u0002\0\0\0w{i}{RebuildTensor}((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\0{i}X\u0003\0\0\0cpu"
                + $"J{number}tQK\0J{number}\u0085K\u0001\u0085\u0089NtR");
        }

        Write("data.pkl", Encoding.Latin1.GetBytes(pickle.Append("u.").ToString()));
        if (order is not null) Write("byteorder", Encoding.ASCII.GetBytes(order));
        for (var i = 0; i < storages.Length; i++)
        {
            using var bytes = new MemoryStream();
            SafetensorsWriter.WriteFloats(bytes, storages[i]);
            Write($"data/{i}", bytes.ToArray());
        }

        return path;

        void Write(string name, byte[] bytes)
        {
            using var stream = zip.CreateEntry($"x/{name}", CompressionLevel.NoCompression).Open();
            stream.Write(bytes);
        }
    }

    /// <summary>Changes the archive's directory: each empty storage is where the first one is, and as long.</summary>
    private static void PointAllAtTheFirst(string path, int count)
    {
        const int check = 16, sizes = 20, nameLength = 28, offset = 42, name = 46;
        var bytes = File.ReadAllBytes(path);
        byte[]? first = null;
        for (var at = bytes.AsSpan().IndexOf("PK\u0001\u0002"u8); at >= 0;)
        {
            var entry = bytes.AsSpan(at);
            var length = BinaryPrimitives.ReadUInt16LittleEndian(entry[nameLength..]);
            if (Encoding.ASCII.GetString(entry.Slice(name, length)).StartsWith("x/data/", StringComparison.Ordinal))
            {
                first ??= entry[..name].ToArray();
                first.AsSpan(check, 12).CopyTo(entry[check..]);
                first.AsSpan(offset, 4).CopyTo(entry[offset..]);
                first.AsSpan(8, 4).CopyTo(entry[8..]);
                Assert.Equal(4 * count, BinaryPrimitives.ReadInt32LittleEndian(entry[sizes..]));
            }

            var next = bytes.AsSpan(at + 4).IndexOf("PK\u0001\u0002"u8);
            at = next < 0 ? -1 : at + 4 + next;
        }

        File.WriteAllBytes(path, bytes);
    }
}
