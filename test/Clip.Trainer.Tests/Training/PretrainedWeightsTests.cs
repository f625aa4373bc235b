using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Trainer.Modeling;
using Clip.Trainer.Training;

namespace Clip.Trainer.Tests.Training;

/// <summary>Weights to start from: whether they are of this model, beyond their shapes.</summary>
public sealed class PretrainedWeightsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ClipModel _model = TrainingStepTests.Model();

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<string, ClipConfig> Unseen()
    {
        using var model = TrainingStepTests.Model();
        var (config, vision) = (model.Config, (VisionTransformerConfig)model.Config.Vision);
        return new()
        {
            { "vision heads 4", config with { Vision = vision with { Heads = 4 } } },
            { "vision activation Gelu", config with { VisionActivation = Activation.Gelu } },
            { "vision LayerNorm epsilon 0.001", config with { VisionLayerNormEps = 1e-3 } },
            { "text heads 4", config with { Text = config.Text with { Heads = 4 } } },
            { "text activation Gelu", config with { Activation = Activation.Gelu, VisionActivation = Activation.QuickGelu } },
            { "text LayerNorm epsilon 0.001", config with { LayerNormEps = 1e-3, VisionLayerNormEps = 1e-5 } },
        };
    }

    /// <summary>Weights of the same shapes mean another model where it computes with them otherwise.</summary>
    [Theory]
    [MemberData(nameof(Unseen))]
    public void WhatDoesNotShowInTheWeightsIsComparedByTheConfigs(string what, ClipConfig theirs)
    {
        SafetensorsWriter.Write(_folder["model.safetensors"], TorchWeights.Of(_model));
        File.WriteAllText(_folder["config.json"], ClipConfigJson.ToHuggingFace(theirs));

        Refused.With($"was trained with {what} (by ", () => Pretrained.Load(_model, _model.Config, _folder.Path));
    }

    /// <summary>OpenAI's own files say nothing of it, and all have quick-GELU.</summary>
    [Theory]
    [InlineData(Activation.QuickGelu, false)]
    [InlineData(Activation.Gelu, true)]
    public void OpenAIsWeightsAreForQuickGelu(Activation activation, bool isRefused)
    {
        var weights = TorchWeights.Of(_model);
        foreach (var name in new[] { "input_resolution", "context_length", "vocab_size" })
            weights.Add(name, new WeightTensor([], new float[] { name == "input_resolution" ? 16 : name == "context_length" ? 6 : 32 }));
        SafetensorsWriter.Write(_folder["ViT.safetensors"], weights);
        using var model = new ClipModel(_model.Config with { Activation = activation });

        var error = Record.Exception(() => Pretrained.Load(model, model.Config, _folder["ViT.safetensors"]));

        Assert.Equal(isRefused, error is ClipException);
        if (isRefused) Assert.EndsWith("give a `Model` with quick_gelu.", error!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("visual.head.weight", "holds a weight 'visual.head.weight' that the model has no place for")]
    [InlineData("transformer.resblocks.3.ln_1.bias", "transformer.resblocks.3.")]
    public void AWeightTooManyOfAPartThatIsTakenIsRefused(string name, string message)
    {
        var weights = TorchWeights.Of(_model);
        weights.Add(name, new WeightTensor([1], new float[] { 1 }));
        SafetensorsWriter.Write(_folder["more.safetensors"], weights);

        Refused.With(message, () => Pretrained.Load(_model, _model.Config, _folder["more.safetensors"]));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void AWeightThatIsNoNumberIsNamed(float value)
    {
        var weights = TorchWeights.Of(_model);
        var proj = weights["visual.proj"];
        var numbers = proj.Data.ToArray();
        numbers[3] = value;
        weights["visual.proj"] = new WeightTensor(proj.Shape, numbers);
        SafetensorsWriter.Write(_folder["none.safetensors"], weights);
        var before = TorchWeights.Of(_model)["visual.conv1.weight"].Data.ToArray();

        Refused.With("visual.proj", () => Pretrained.Load(_model, _model.Config, _folder["none.safetensors"]));

        Assert.Equal(before, TorchWeights.Of(_model)["visual.conv1.weight"].Data.ToArray());
    }
}
