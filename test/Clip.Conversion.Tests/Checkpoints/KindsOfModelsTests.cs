using Clip.Conversion.Checkpoints;

namespace Clip.Conversion.Tests.Checkpoints;

public sealed class KindsOfModelsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("text_decoder.resblocks.0.ln_1.weight", "a CoCa model")]
    [InlineData("visual.trunk.stem.0.weight", "a timm image tower")]
    [InlineData("text.transformer.embeddings.word_embeddings.weight", "a Hugging Face text tower")]
    [InlineData("text.transformer.encoder.layer.0.output.dense.weight", "a Hugging Face text tower")]
    [InlineData("text_model.roberta.pooler.dense.weight", "an AltCLIP model")]
    [InlineData("visual.blocks.0.attn.q_bias", "an EVA-CLIP model")]
    [InlineData("visual.transformer.resblocks.0.ls_1.gamma", "LayerScale")]
    public void A_model_of_another_kind_is_refused_by_its_name(string tensor, string kind)
    {
        var weights = RandomModel.Weights(RandomModel.Config);
        weights[tensor] = new WeightTensor([1], new[] { 1f });
        SafetensorsWriter.Write(_folder["m.safetensors"], weights);

        Refused.With($"{kind}", () => CheckpointFile.Open(_folder["m.safetensors"]));
        Refused.With($"tensor '{tensor}'", () => CheckpointFile.Open(_folder["m.safetensors"]));
    }

    [Theory]
    [InlineData("module.")]
    [InlineData("module._orig_mod.")]
    [InlineData("model.")]
    public void What_wraps_a_model_is_taken_off(string wrapper)
    {
        var weights = RandomModel.Weights(RandomModel.Config);
        var wrapped = weights.Select(w => KeyValuePair.Create(wrapper + w.Key, w.Value));
        // An optimizer's state, as clip train's own checkpoints have it.
        SafetensorsWriter.Write(_folder["m.safetensors"], wrapped.Append(new("exp_avg.logit_scale", weights["logit_scale"])));

        SameWeights.Assert(weights, CheckpointFile.Load(_folder["m.safetensors"]));
    }

    [Fact]
    public void Open_clips_custom_text_tower_is_the_plain_one()
    {
        var weights = RandomModel.Weights(RandomModel.Config);
        var custom = weights.Select(w => w.Key.StartsWith("visual.", StringComparison.Ordinal) || w.Key == "logit_scale"
            ? w
            : new($"text.{w.Key}", w.Value));
        SafetensorsWriter.Write(_folder["m.safetensors"], custom);

        SameWeights.Assert(weights, CheckpointFile.Load(_folder["m.safetensors"]));
    }

    [SkippableTheory]
    [InlineData("vit/torchscript.pt", "TorchScript archive", true, "float16")]
    [InlineData("rn/legacy.pt", "PyTorch pickle", false, "float16")]
    [InlineData("rn/bf16.safetensors", "safetensors", false, "bfloat16")]
    [InlineData("hf/hf/model.safetensors", "safetensors", false, "float32")]
    [GoldenData("dev_vit/extra/model_torchscript_fp16.pt", "TorchScript archive", true, "float16")]
    [GoldenData("dev_vit/model.pt", "PyTorch pickle", false, "float32")]
    [GoldenData("dev_vit/extra/model_bf16all.safetensors", "safetensors", false, "bfloat16")]
    [GoldenData("dev_vit/hf/model.safetensors", "safetensors", false, "float32")]
    public void A_file_tells_where_it_comes_from(string file, string format, bool isOpenAIs, string type)
    {
        using var checkpoint = CheckpointFile.Open(Golden.Path($"golden/{file}"));

        Assert.Equal((format, isOpenAIs), (checkpoint.Format, checkpoint.IsOpenAIs));
        Assert.Equal(file.Contains("/hf/", StringComparison.Ordinal), checkpoint.HasHuggingFaceNames);
        Assert.Equal(type, checkpoint.ElementCounts.MaxBy(c => c.Value).Key);
        Assert.Equal(checkpoint.Weights.Values.Sum(w => (long)w.Data.Length), checkpoint.ElementCounts.Values.Sum());
    }
}
