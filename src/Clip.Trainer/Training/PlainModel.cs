using Clip.Conversion.Architectures;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Conversion.ModelFolders;
using Clip.Trainer.Modeling;
using Clip.Trainer.Modeling.Graphs;
using Clip.Trainer.Objectives;
using Microsoft.ML.Clip;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>A model whose sizes are a <see cref="ClipConfig"/>: of torch's own modules, or a SigLIP, by its graphs.</summary>
/// <param name="config">Its sizes, which went through the objective.</param>
/// <param name="source">Where they came from, for messages.</param>
/// <param name="leftOut">What of the config the objective leaves out, in a sentence; null for nothing.</param>
internal sealed class PlainModel(ClipConfig config, string source, string? leftOut = null) : TrainableModel
{
    public override int ImageSize => config.Vision.ImageSize;

    public override bool HasTextTower => config.TextSide == TextSide.Tower;

    public override ParameterLayout Layout => ParameterLayout.Of(config);

    public override string ConfigJson => ClipConfigJson.ToHuggingFace(config);

    public override string? TokenizerName => config.Text.Tokenizer?.Name;

    public override string? LeftOut => leftOut;

    /// <inheritdoc cref="TrainableModel.Read"/>
    public static new PlainModel Read(RunModel model, TrainingOptions training)
    {
        var read = ModelConfigFile.Read(model.Config);
        var config = training.Objective.Config(read);
        config.RequireTrainable();
        if (config.IsSiglip && training.Objective != ObjectiveKind.SigLip)
            throw new ClipException($"{model.Config} is a SigLIP's, which is trained with `Objective` siglip; give that.");
        if (config.IsSiglip && training.GradCheckpointing)
            throw new ClipException(
                "`GradCheckpointing` is not offered for SigLIPs; leave it out, and raise `AccumFrequency` to save memory.");
        // Whoever names another objective than clip, the usual one, knows it.
        var losesBias = read is { IsSiglip: false, LogitBiasInit: not null } && training.Objective == ObjectiveKind.Clip;
        return new PlainModel(
            config, model.Config,
            losesBias
                ? $"{model.Config} has a logit_bias, which `Objective` siglip trains; `Objective` clip is without, and it is left out."
                : null);
    }

    public override ModelTokenizer OpenTokenizer(string path, string? pretrained)
    {
        var tokenizer = ModelTokenizer.Open(path, config, pretrained is null ? null : Pretrained.TableRows(config, pretrained));
        if (tokenizer.Vocabulary is null && !HasTextTower)
            throw new ClipException(
                $"The objectives virtex and bow predict the tokens of CLIP's kind of vocabulary, and {path} is of another kind; give "
                + "a CLIP tokenizer, or leave `Tokenizer` out to learn one.");
        if (config.IsSiglip && tokenizer.Vocabulary is not null)
            throw new ClipException(
                $"A SigLIP's texts are SentencePiece's, and {path} is a vocabulary of CLIP's kind; give a `Tokenizer` with tokenizer.json "
                + "or spiece.model.");
        return tokenizer;
    }

    public override TrainableModel With(ModelTokenizer tokenizer) => new PlainModel(tokenizer.Config.Validate(source), source);

    public override bool HasSameTokens(ModelTokenizer tokenizer, string path, string theirs, string theirConfig)
    {
        var own = ModelConfigFile.Read(theirConfig);
        var isTheirs = Path.GetFullPath(theirs) == Path.GetFullPath(path) && own.Text.Tokenizer == config.Text.Tokenizer;
        return isTheirs || own.TextSide != config.TextSide || ModelTokenizer.Open(theirs, own).Hash == tokenizer.Hash;
    }

    public override IObjective CreateObjective(TrainingOptions training)
    {
        if (!config.IsSiglip) return training.Objective.Create(config, training.LabelSmoothing, training.MaxLogitScale);
        var model = GraphModel.Of(config);
        TorchWeights.Load(model, RandomWeights.Create(config, training.Seed), "the seed");
        return training.Objective.On(model, training.LabelSmoothing, training.MaxLogitScale);
    }

    public override IReadOnlyList<string> LoadPretrained(nn.Module module, string path) => Pretrained.Load(module, config, path);

    public override ClipImagePreprocessing Preprocessing(CompanionFiles around) => ModelPreprocessing.Of(around, config);

    public override void WriteFolder(
        nn.Module module, ClipImagePreprocessing preprocessing, ModelTokenizer tokenizer, string target) =>
        ModelFolderWriter.Write(new ModelFolderContents(config, ModelStart.Export(module), preprocessing, tokenizer.Write), target);
}
