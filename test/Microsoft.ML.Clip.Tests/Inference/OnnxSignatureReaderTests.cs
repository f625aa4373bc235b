using Clip.Testing;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Tests.Models;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip.Tests.Inference;

/// <summary>A graph's inputs and outputs, of a file written field by field: the numbers are onnx.proto's.</summary>
public sealed class OnnxSignatureReaderTests : IDisposable
{
    private const int Graph = 7, Initializer = 5, Input = 11, Output = 12, InitializerName = 8, Name = 1, Type = 2, TensorType = 1,
        SequenceType = 4, ElementType = 1, Shape = 2, Dimension = 1, Value = 1, Symbol = 2;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ADimensionIsItsNumberOrOpen()
    {
        var shape = new Proto()
            .Add(Dimension, new Proto().Add(Symbol, "batch")).Add(Dimension, new Proto()).Add(Dimension, new Proto().Add(Value, 77));

        var ids = Read(new Proto().Add(Graph, new Proto().Add(Input, Tensor("ids", OnnxGraph.Int64, shape)))).Inputs["ids"];

        Assert.Equal(TensorElementType.Int64, ids.ElementType);
        Assert.Equal([-1, -1, 77], ids.Dimensions);
    }

    [Fact]
    public void WhatIsNoTensorHasNoShape()
    {
        var sequence = new Proto().Add(SequenceType, new Proto().Add(Type, new Proto().Add(TensorType, new Proto())));

        var signature = Read(new Proto().Add(Graph, new Proto()
            .Add(Input, new Proto().Add(Name, "untold"))
            .Add(Output, new Proto().Add(Name, "several").Add(Type, sequence))));

        Assert.Equal(["untold"], signature.Inputs.Keys);
        Assert.Equal(["several"], signature.Outputs.Keys);
        Assert.Empty(signature.Inputs["untold"].Dimensions);
        Assert.Empty(signature.Outputs["several"].Dimensions);
    }

    /// <summary>A number where the format has a message, and the other way around, is no part of a graph, whoever wrote it.</summary>
    [Fact]
    public void WhatIsOfAnotherKindThanTheFormatHasIsPassedOver()
    {
        var shape = new Proto().Add(9, 9).Add(Dimension, 8).Add(Dimension, new Proto().Add(9, 5).Add(Value, 3));
        var tensor = new Proto().Add(ElementType, OnnxGraph.Float).Add(Shape, 4).Add(Shape, shape);
        var pixels = new Proto()
            .Add(Name, "pixels").Add(Name, 9).Add(Type, 1).Add(3, "a picture's values")
            .Add(Type, new Proto().Add(TensorType, 1).Add(TensorType, tensor));

        var signature = Read(new Proto()
            .Add(Graph, 3)
            .Add(9, new Proto().Add(Input, new Proto().Add(Name, "elsewhere")))
            .Add(Graph, new Proto()
                .Add(Initializer, 1).Add(Input, 2).Add(Output, 3)
                .Add(Initializer, new Proto().Add(InitializerName, 5).Add(1, "pixels").Add(InitializerName, "weights"))
                .Add(Input, new Proto().Add(Name, "weights"))
                .Add(Input, pixels)));

        Assert.Equal(["pixels"], signature.Inputs.Keys);
        Assert.Empty(signature.Outputs);
        Assert.Equal(TensorElementType.Float, signature.Inputs["pixels"].ElementType);
        Assert.Equal([-1, 3], signature.Inputs["pixels"].Dimensions);
    }

    [Fact]
    public void ADimensionThatIsLargerThanAnyTensorIsRefused()
    {
        var shape = new Proto().Add(Dimension, new Proto().Add(Value, 1L << 40));
        Assert.Throws<InvalidDataException>(
            () => Read(new Proto().Add(Graph, new Proto().Add(Input, Tensor("ids", OnnxGraph.Int64, shape)))));
    }

    private static Proto Tensor(string name, int type, Proto shape) => new Proto()
        .Add(Name, name).Add(Type, new Proto().Add(TensorType, new Proto().Add(ElementType, type).Add(Shape, shape)));

    private OnnxSignature Read(Proto model)
    {
        var path = _folder["model.onnx"];
        File.WriteAllBytes(path, model.ToArray());
        return OnnxSignatureReader.Read(path);
    }
}
