using System.Buffers.Binary;
using System.Text;
using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Tests.Checkpoints;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_back()
    {
        var weights = new Dictionary<string, WeightTensor>
        {
            ["b"] = new([2, 3], new[] { 1f, -2f, float.Epsilon, float.MaxValue, float.NegativeInfinity, -0f }),
            ["a"] = new([], new[] { 42f }),
            ["empty"] = new([0, 4], ReadOnlyMemory<float>.Empty),
        };

        SafetensorsWriter.Write(_folder["w.safetensors"], weights, new Dictionary<string, string> { ["step"] = "7" });

        SameWeights.Assert(weights, SafetensorsReader.Load(_folder["w.safetensors"]));
        using var reader = SafetensorsReader.Open(_folder["w.safetensors"]);
        Assert.Equal(["b", "a", "empty"], reader.Names);
        Assert.Equal(new Dictionary<string, string> { ["format"] = "pt", ["step"] = "7" }, reader.Metadata);
        SameWeights.Assert(weights, reader.Names.ToDictionary(n => n, reader.Read));
        Assert.Equal(["w.safetensors"], _folder.Entries);
    }

    [SkippableTheory]
    [InlineData("hf/hf/model.safetensors")]
    [GoldenData("dev_vit/model.safetensors")]
    [GoldenData("dev_hfcustom/model.safetensors")]
    public void A_file_of_the_reference_implementation_is_written_byte_for_byte(string file)
    {
        var golden = Golden.Path($"golden/{file}");
        using (var reader = SafetensorsReader.Open(golden))
        {
            SafetensorsWriter.Write(_folder["w.safetensors"], reader.Names.Select(n => KeyValuePair.Create(n, reader.Read(n))));
        }

        Assert.Equal(File.ReadAllBytes(golden), File.ReadAllBytes(_folder["w.safetensors"]));
    }

    /// <summary>Bytes are counted in pieces of 16 million values; each piece is the next one's neighbor, not its copy.</summary>
    [Fact]
    public void More_values_than_fit_a_piece_are_written_and_read_in_their_order()
    {
        const int piece = 1 << 24;
        var values = new float[piece + 3];
        (values[0], values[1], values[piece - 1], values[piece], values[^1]) = (1, 2, 3, 4, 5);

        SafetensorsWriter.Write(_folder["large"], [KeyValuePair.Create("w", new WeightTensor([values.Length], values))]);

        Assert.True(SafetensorsReader.Load(_folder["large"])["w"].Data.Span.SequenceEqual(values));
    }

    [Theory]
    [InlineData("U8", 1)]
    [InlineData("I16", 2)]
    public void So_are_those_of_other_types(string type, int size)
    {
        const int count = (1 << 24) + 3;
        var header = Encoding.UTF8.GetBytes(
            $$"""{"w": {"dtype": "{{type}}", "shape": [{{count}}], "data_offsets": [0, {{count * size}}]} }""");
        using (var file = File.Create(_folder["large"]))
        {
            file.Write(BitConverter.GetBytes((long)header.Length));
            file.Write(header);
            file.SetLength(8 + header.Length + (count * size)); // zeros, which take no room
            foreach (var (place, value) in new[] { (0, 7), (count - 4, 6), (count - 3, 5), (count - 1, 3) })
            {
                file.Position = 8 + header.Length + (place * size);
                file.WriteByte((byte)value);
            }
        }

        var values = SafetensorsReader.Load(_folder["large"])["w"].Data.Span;

        Assert.Equal((7f, 6f, 5f, 0f, 3f), (values[0], values[count - 4], values[count - 3], values[count - 2], values[count - 1]));
        Assert.Equal(0, values[4]);
    }

    [Fact]
    public void A_view_refuses_to_be_read_after_its_reader_is_disposed()
    {
        SafetensorsWriter.Write(_folder["w.safetensors"], [KeyValuePair.Create("a", new WeightTensor([1], new[] { 1f }))]);
        var reader = SafetensorsReader.Open(_folder["w.safetensors"]);
        var view = reader.Read("a").Data;
        Assert.Equal(1f, view.Span[0]);

        reader.Dispose();

        Assert.Throws<ObjectDisposedException>(() => view.Span[0]);
        Assert.Throws<ObjectDisposedException>(() => reader.Read("a"));
    }

    [Theory]
    [InlineData("F64", new byte[] { 0, 0, 0, 0, 0, 0, 0xF8, 0xBF }, -1.5f)]
    [InlineData("F16", new byte[] { 0, 0xBE }, -1.5f)]
    [InlineData("BF16", new byte[] { 0xC0, 0xBF }, -1.5f)]
    [InlineData("I64", new byte[] { 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, -2f)]
    [InlineData("I32", new byte[] { 0xFE, 0xFF, 0xFF, 0xFF }, -2f)]
    [InlineData("I16", new byte[] { 0xFE, 0xFF }, -2f)]
    [InlineData("I8", new byte[] { 0xFE }, -2f)]
    [InlineData("U8", new byte[] { 0xFE }, 254f)]
    [InlineData("BOOL", new byte[] { 1 }, 1f)]
    public void Every_type_becomes_float32(string dtype, byte[] bytes, float expected)
    {
        var path = Write($$$"""{"x":{"dtype":"{{{dtype}}}","shape":[1],"data_offsets":[0,{{{bytes.Length}}}]}}""", bytes);

        Assert.Equal([expected], SafetensorsReader.Load(path)["x"].Data.ToArray());
    }

    [Fact]
    public void A_float32_tensor_that_is_not_aligned_is_read_as_well()
    {
        var path = Write("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} """, [0, 0, 0xC0, 0xBF]);
        Assert.NotEqual(0, (new FileInfo(path).Length - 4) % 4);

        using var reader = SafetensorsReader.Open(path);

        Assert.Equal([-1.5f], reader.Read("x").Data.ToArray());
    }

    [Theory]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,9]}}""", "tensor 'x' lies at bytes 0 to 9 of 8")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "tensor 'x' lies at bytes 8 to 0 of 8")]
    [InlineData("""{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "tensor 'x' of F32, shape [3] does not fit its 8 bytes")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}""", "does not fit its 8 bytes")]
    [InlineData("""{"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "tensor 'x' has -2 in its shape")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,1e30]}}""", "tensor 'x' has 1e30 in its data_offsets")]
    [InlineData("""{"x":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", "tensor 'x' has dtype F8_E4M3, which is not supported")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2]}}""", "tensor 'x' lacks one of dtype, shape and data_offsets")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "the last 4 bytes belong to no tensor")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "4 bytes before tensor 'x' belong to no tensor")]
    [InlineData(
        """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
        "tensor 'y' overlaps the one before it")]
    [InlineData(
        """{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
        "tensor 'x' appears twice")]
    [InlineData("""{"x":[1]}""", "not the JSON of a safetensors file")]
    [InlineData("""[]""", "not the JSON of a safetensors file")]
    [InlineData("""{"x":""", "not the JSON of a safetensors file")]
    public void An_unsound_header_is_refused_with_its_fault(string header, string message)
    {
        var path = Write(header, new byte[8]);

        Refused.With(path, () => SafetensorsReader.Open(path));
        Refused.With(message, () => SafetensorsReader.Open(path));
    }

    [Theory]
    [InlineData(new byte[] { 1, 2, 3 }, "has 3 bytes, too few")]
    [InlineData(new byte[] { 9, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}' }, "announces a header of 9 bytes but has 2 left")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0xFF }, "more than the 100000000 allowed")]
    public void A_file_that_is_no_safetensors_is_refused(byte[] content, string message)
    {
        File.WriteAllBytes(_folder["x"], content);

        Refused.With(message, () => SafetensorsReader.Open(_folder["x"]));
    }

    [Fact]
    public void A_missing_file_and_a_missing_tensor_are_named()
    {
        Refused.With(_folder["no"], () => SafetensorsReader.Open(_folder["no"]));
        using var reader = SafetensorsReader.Open(Write("{}", []));
        Refused.With("no tensor 'x'", () => reader.Read("x"));
    }

    [Fact]
    public void A_failed_write_leaves_the_former_file_and_nothing_else()
    {
        File.WriteAllText(_folder["w.safetensors"], "former");
        SafetensorsWriter.Write(_folder["x.safetensors"], [KeyValuePair.Create("x", new WeightTensor([1], new[] { 1f }))]);
        var unreadable = SafetensorsReader.Open(_folder["x.safetensors"]);
        var view = unreadable.Read("x");
        unreadable.Dispose();
        File.Delete(_folder["x.safetensors"]);

        Assert.Throws<ObjectDisposedException>(() => SafetensorsWriter.Write(_folder["w.safetensors"], [KeyValuePair.Create("x", view)]));

        Assert.Equal("former", File.ReadAllText(_folder["w.safetensors"]));
        Assert.Equal(["w.safetensors"], _folder.Entries);
    }

    [Fact]
    public void A_shape_that_its_values_do_not_fill_is_not_written()
    {
        var misshapen = new WeightTensor([2], new[] { 1f });

        Refused.With("'x' has 1 values, which do not fill shape [2]", () => SafetensorsWriter.Write(_folder["w"], [new("x", misshapen)]));
    }

    private string Write(string header, byte[] data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        File.WriteAllBytes(_folder["x.safetensors"], [.. length, .. json, .. data]);
        return _folder["x.safetensors"];
    }
}
