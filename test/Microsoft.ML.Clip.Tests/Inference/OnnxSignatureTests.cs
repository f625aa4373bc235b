using Microsoft.ML.Clip.Inference;
using Microsoft.ML.Clip.Tests.Models;

namespace Microsoft.ML.Clip.Tests.Inference;

/// <summary>What is read of a graph without a session: its inputs, and which output lies in the space of images and texts.</summary>
public sealed class OnnxSignatureTests : IDisposable
{
    private readonly TinyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Before version 4 of the format, weights were listed among the inputs.</summary>
    [Fact]
    public void WeightsThatAreListedAsInputsAreNone()
    {
        var signature = Signature(graph =>
        {
            graph.Input("weights", OnnxGraph.Float, 3, 8);
            graph.Input("pixel_values", OnnxGraph.Float, "batch", 3, 32, 32);
            graph.Weights("weights", new float[24], 3, 8);
            graph.Output("image_embeds", OnnxGraph.Float, "batch", 8);
        });

        Assert.Equal(["pixel_values"], signature.Inputs.Keys);
        Assert.Equal("pixel_values", signature.Pixels);
    }

    /// <summary>In whichever order an exporter lists them; what is no row of integers is none of them.</summary>
    [Theory]
    [InlineData("input_ids", null, null)]
    [InlineData("attention_mask input_ids", "attention_mask", null)]
    [InlineData("position_ids input_ids", null, null)]
    [InlineData("token_type_ids attention_mask position_ids input_ids", "attention_mask", "token_type_ids")]
    [InlineData("input_ids Attention_Mask Token_Type_Ids", "Attention_Mask", "Token_Type_Ids")]
    public void ATextTowersInputsAreToldByTheirNames(string inputs, string? mask, string? types)
    {
        var signature = Signature(graph =>
        {
            graph.Input("lengths", OnnxGraph.Int64, "batch");
            graph.Input("scales", OnnxGraph.Float, "batch", "length");
            foreach (var input in inputs.Split(' ')) graph.Input(input, OnnxGraph.Int64, "batch", "length");
            graph.Output("text_embeds", OnnxGraph.Float, "batch", 8);
        });

        Assert.Equal(("input_ids", mask, types), (signature.TokenIds, signature.Mask, signature.TokenTypes));
    }

    [Theory]
    [InlineData("pooler_output", "pooler_output")]
    [InlineData("image_features pooler_output", "image_features")]
    [InlineData("image_features image_embeds", "image_embeds")]
    [InlineData("text_embeds pooler_output", "pooler_output")]
    [InlineData("anything", "anything")]
    [InlineData("one other", null)]
    public void AnImageTowersOutputIsTheOneOfTheMostTellingName(string outputs, string? expected) =>
        Assert.Equal(expected, TowerOutput.Image(Signature(graph =>
        {
            graph.Input("pixel_values", OnnxGraph.Float, "batch", 3, 32, 32);
            foreach (var output in outputs.Split(' ')) graph.Output(output, OnnxGraph.Float, "batch", 8);
        })));

    [Theory]
    [InlineData("pooler_output", null, null)]
    [InlineData("anything", null, null)]
    [InlineData("text_embeds image_features pooler_output", "image_features", "text_embeds")]
    [InlineData("text_embeds pooler_output", null, "text_embeds")]
    public void InAGraphOfBothTowersAnOutputOfNoTellingNameIsNeithers(string outputs, string? image, string? text)
    {
        var signature = Signature(graph =>
        {
            graph.Input("pixel_values", OnnxGraph.Float, "batch", 3, 32, 32);
            graph.Input("input_ids", OnnxGraph.Int64, "batch", "length");
            foreach (var output in outputs.Split(' ')) graph.Output(output, OnnxGraph.Float, "batch", 8);
        });

        Assert.Equal((image, text), (TowerOutput.Image(signature), TowerOutput.Text(signature)));
    }

    [Fact]
    public void OnlyVectorsOfNumbersWithAFractionAreFeatures()
    {
        var signature = Signature(graph =>
        {
            graph.Input("pixel_values", OnnxGraph.Float, "batch", 3, 32, 32);
            graph.Output("last_hidden_state", OnnxGraph.Float, "batch", 50, 8);
            graph.Output("kinds", OnnxGraph.Int64, "batch", 8);
            graph.Output("anything", OnnxGraph.Float16, "batch", 8);
        });

        Assert.Equal("anything", TowerOutput.RequireImage(signature));
        Assert.EndsWith(
            "has no output 'image_embeds' [batch, dimension]; it has one, other.",
            Assert.Throws<InvalidDataException>(() => TowerOutput.RequireImage(Signature(graph =>
            {
                graph.Input("pixel_values", OnnxGraph.Float, "batch", 3, 32, 32);
                foreach (var name in new[] { "one", "other" }) graph.Output(name, OnnxGraph.Float, "batch", 8);
            }))).Message);
    }

    private OnnxSignature Signature(Action<OnnxGraph> lay)
    {
        var graph = new OnnxGraph();
        lay(graph);
        graph.Save(_folder["graph.onnx"]);
        return new OnnxFile(_folder["graph.onnx"]).ReadSignature();
    }
}
