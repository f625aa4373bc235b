using Microsoft.ML.Clip.Formats;

namespace Microsoft.ML.Clip.Tests;

public sealed class OnnxExternalDataTests
{
    /// <summary>Graphs in attributes of nodes of graphs, as a file made to exhaust the stack has them.</summary>
    [Fact]
    public void GraphsThatNestWithoutEndAreRefused()
    {
        byte[] message = [];
        for (var i = 0; i < 5_000; i++) message = Field(1, Field(5, Field(6, message)));
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, Field(7, message));

            var error = Assert.Throws<InvalidDataException>(() => OnnxExternalData.Locations(path));

            Assert.Contains("is not an ONNX file", error.Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A field of protobuf's kind 2: tag, length, content.</summary>
    private static byte[] Field(int number, byte[] content)
    {
        List<byte> field = [(byte)((number << 3) | 2)];
        var length = content.Length;
        for (; length >= 0x80; length >>= 7) field.Add((byte)(length | 0x80));
        field.Add((byte)length);
        return [.. field, .. content];
    }
}
