using System.Text;
using Microsoft.ML.Clip.Formats;
using Microsoft.ML.Clip.Tests.Models;

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

    /// <summary>Numbers of fields: onnx.proto. 7 is the model's graph, 1 a node, 5 a node's attribute.</summary>
    [Theory]
    [InlineData(7, 5)] // a weight of the graph
    [InlineData(7, 1, 5, 5)] // a tensor as an attribute
    [InlineData(7, 1, 5, 10)] // tensors as an attribute
    [InlineData(7, 1, 5, 6, 5)] // a weight of a branch of an If, or of a Loop's body
    [InlineData(7, 1, 5, 11, 5)] // graphs as an attribute
    [InlineData(7, 1, 5, 6, 1, 5, 6, 1, 5, 5)] // a constant of an If in a Loop
    public void WeightsAreFoundWhereverTheyLieInAModel(params int[] fields)
    {
        byte[] Text(int field, string text) => Field(field, Encoding.UTF8.GetBytes(text));
        byte[] Entry(string key, string value) => Field(13, [.. Text(1, key), .. Text(2, value)]);
        byte[] Tensor(string file) => [.. Entry("offset", "elsewhere"), .. Entry("location", file), .. Entry("length", "12")];
        byte[] Model(string file) => fields.Reverse().Aggregate(Tensor(file), (message, field) => Field(field, message));
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [.. Model("b"), .. Model("a"), .. Model("b")]);

            Assert.Equal(["a", "b"], OnnxExternalData.Locations(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A field whose content is bytes.</summary>
    private static byte[] Field(int number, byte[] content) => new Proto().Add(number, content).ToArray();
}
