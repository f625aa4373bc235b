using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Tests.Checkpoints;

public sealed class NameMapTests
{
    [SkippableTheory]
    [InlineData("hf")]
    [GoldenData("dev_vit")]
    [GoldenData("dev_hfcustom")]
    public void Both_ways_give_the_reference_files_tensor_for_tensor(string model)
    {
        var huggingFace = SafetensorsReader.Load(Golden.Path($"golden/{model}/hf/model.safetensors"));
        var file = Path.Combine(Golden.Path($"golden/{model}"), "model.safetensors");
        var openAI = File.Exists(file) ? SafetensorsReader.Load(file) : NameMap.ToOpenAI(huggingFace);

        SameWeights.Assert(huggingFace, NameMap.ToHuggingFace(openAI));
        SameWeights.Assert(openAI, NameMap.ToOpenAI(huggingFace));
        Assert.True(NameMap.IsHuggingFace(huggingFace.Keys));
        Assert.False(NameMap.IsHuggingFace(openAI.Keys));
    }

    [Fact]
    public void In_proj_is_cut_in_three_and_projections_are_turned()
    {
        var openAI = new Dictionary<string, WeightTensor>
        {
            ["transformer.resblocks.10.attn.in_proj_bias"] = new([3], new[] { 1f, 2f, 3f }),
            ["visual.proj"] = new([3, 2], new[] { 1f, 2f, 3f, 4f, 5f, 6f }),
        };

        var huggingFace = NameMap.ToHuggingFace(openAI);

        Assert.Equal([2f], huggingFace["text_model.encoder.layers.10.self_attn.k_proj.bias"].Data.ToArray());
        Assert.Equal([2, 3], huggingFace["visual_projection.weight"].Shape);
        Assert.Equal([1f, 3f, 5f, 2f, 4f, 6f], huggingFace["visual_projection.weight"].Data.ToArray());
        SameWeights.Assert(openAI, NameMap.ToOpenAI(huggingFace));
    }

    [Fact]
    public void Position_ids_are_left_out()
    {
        var scalar = new WeightTensor([], new[] { 1f });
        var openAI = NameMap.ToOpenAI(
            new Dictionary<string, WeightTensor> { ["text_model.embeddings.position_ids"] = scalar, ["logit_scale"] = scalar });

        Assert.Equal(["logit_scale"], openAI.Keys);
    }

    [Theory]
    [InlineData("visual.attnpool.positional_embedding")]
    [InlineData("transformer.resblocks.x.ln_1.weight")]
    [InlineData("transformer.resblocks.0.ln_3.weight")]
    public void A_parameter_of_another_model_is_named(string name)
    {
        var weights = new Dictionary<string, WeightTensor> { [name] = new([1], new[] { 1f }) };

        Refused.With($"'{name}'", () => NameMap.ToHuggingFace(weights));
        Refused.With($"'{name}'", () => NameMap.ToOpenAI(weights));
    }

    [Fact]
    public void A_query_without_its_key_is_named()
    {
        const string attention = "text_model.encoder.layers.0.self_attn";
        var weights = new Dictionary<string, WeightTensor> { [$"{attention}.q_proj.bias"] = new([1], new[] { 1f }) };

        Refused.With($"'{attention}.k_proj.bias' is missing", () => NameMap.ToOpenAI(weights));
    }

    [Fact]
    public void Query_key_and_value_are_stacked_and_taken_apart_again_without_a_copy()
    {
        var huggingFace = NameMap.ToHuggingFace(RandomModel.Weights(RandomModel.Config));
        var openAI = NameMap.ToOpenAI(huggingFace);
        const string query = "text_model.encoder.layers.1.self_attn.q_proj.weight", stacked = "transformer.resblocks.1.attn.in_proj_weight";

        Assert.Equal(huggingFace[query].Data, NameMap.ToHuggingFace(openAI)[query].Data);
        Assert.Equal(RandomModel.Weights(RandomModel.Config)[stacked].Data.ToArray(), openAI[stacked].Data.ToArray());
        Assert.Equal(openAI[stacked].Data.Span[^1], openAI[stacked].Data[^1..].Span[0]);
    }
}
