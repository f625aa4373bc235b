using System.Text;
using Clip.Testing;
using Microsoft.ML.Clip.Inference;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.Clip.Tests.Inference;

/// <summary>A graph's inputs and outputs, of a file written byte by byte: Protocol Buffers' encoding, and the numbers of onnx.proto.</summary>
public sealed class OnnxSignatureReaderTests : IDisposable
{
    private const int Graph = 7, Initializer = 5, Input = 11, Output = 12, InitializerName = 8, Name = 1, Type = 2, TensorType = 1,
        SequenceType = 4, ElementType = 1, Shape = 2, Dimension = 1, Value = 1, Symbol = 2;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ADimensionIsItsNumberOrOpen()
    {
        var signature = Read(Message(Graph, Message(Input, Text(Name, "ids"), Message(Type, Message(
            TensorType, Number(ElementType, 7), Message(
                Shape, Message(Dimension, Text(Symbol, "batch")), Message(Dimension), Message(Dimension, Number(Value, 77))))))));

        Assert.Equal(TensorElementType.Int64, signature.Inputs["ids"].ElementType);
        Assert.Equal([-1, -1, 77], signature.Inputs["ids"].Dimensions);
    }

    [Fact]
    public void WhatIsNoTensorHasNoShape()
    {
        var signature = Read(Message(
            Graph,
            Message(Input, Text(Name, "untold")),
            Message(Output, Text(Name, "several"), Message(Type, Message(SequenceType, Message(Type, Message(TensorType)))))));

        Assert.Equal(["untold"], signature.Inputs.Keys);
        Assert.Equal(["several"], signature.Outputs.Keys);
        Assert.Empty(signature.Inputs["untold"].Dimensions);
        Assert.Empty(signature.Outputs["several"].Dimensions);
    }

    /// <summary>A number where the format has a message, and the other way around, is no part of a graph, whoever wrote it.</summary>
    [Fact]
    public void WhatIsOfAnotherKindThanTheFormatHasIsPassedOver()
    {
        var signature = Read(
            Number(Graph, 3),
            Message(9, Message(Input, Text(Name, "elsewhere"))),
            Message(
                Graph,
                Number(Initializer, 1), Number(Input, 2), Number(Output, 3),
                Message(Initializer, Number(InitializerName, 5), Text(1, "pixels"), Text(InitializerName, "weights")),
                Message(Input, Text(Name, "weights")),
                Message(
                    Input, Text(Name, "pixels"), Number(Name, 9), Number(Type, 1), Text(3, "a picture's values"),
                    Message(Type, Number(TensorType, 1), Message(
                        TensorType, Number(ElementType, 1), Number(Shape, 4), Message(
                            Shape, Number(9, 9), Number(Dimension, 8), Message(Dimension, Number(9, 5), Number(Value, 3))))))));

        Assert.Equal(["pixels"], signature.Inputs.Keys);
        Assert.Empty(signature.Outputs);
        Assert.Equal(TensorElementType.Float, signature.Inputs["pixels"].ElementType);
        Assert.Equal([-1, 3], signature.Inputs["pixels"].Dimensions);
    }

    [Fact]
    public void ADimensionThatIsLargerThanAnyTensorIsRefused() =>
        Assert.Throws<InvalidDataException>(() => Read(Message(Graph, Message(Input, Text(Name, "ids"), Message(Type, Message(
            TensorType, Message(Shape, Message(Dimension, Number(Value, 1L << 40)))))))));

    private OnnxSignature Read(params byte[][] model)
    {
        var path = Path.Combine(_folder.Path, "model.onnx");
        File.WriteAllBytes(path, [.. model.SelectMany(part => part)]);
        return OnnxSignatureReader.Read(path);
    }

    private static byte[] Number(int field, long value) => [.. Varint(field << 3), .. Varint(value)];

    private static byte[] Text(int field, string text) => Message(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Message(int field, params byte[][] parts)
    {
        byte[] content = [.. parts.SelectMany(part => part)];
        return [.. Varint(field << 3 | 2), .. Varint(content.Length), .. content];
    }

    private static IEnumerable<byte> Varint(long number)
    {
        for (; number >= 0x80; number >>= 7) yield return (byte)(number | 0x80);
        yield return (byte)number;
    }
}
