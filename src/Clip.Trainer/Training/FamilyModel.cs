using Clip.Conversion.Architectures;
using Clip.Conversion.Checkpoints;
using Clip.Conversion.ModelFolders;
using Clip.Conversion.Onnx;
using Clip.Conversion.Zoo;
using Clip.Conversion.Zoo.Towers;
using Clip.Trainer.Modeling;
using Clip.Trainer.Modeling.Graphs;
using Clip.Trainer.Objectives;
using Microsoft.ML.Clip;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>A model of one of the zoo's families, with its own config and names; it starts from weights.</summary>
internal sealed class FamilyModel : TrainableModel
{
    private readonly ZooFiles _files;
    private readonly ZooModel _model;

    private FamilyModel(ZooFiles files, ZooModel model) => (_files, _model, Layout) = (files, model, ParameterLayout.Of(model.Layout()));

    public override int ImageSize => _model.Image!.ImageSize;

    public override bool HasTextTower => true;

    public override ParameterLayout Layout { get; }

    public override string ConfigJson => _files.ForFolder(_model);

    /// <summary>Reads a family's model off its config and the weights that it starts from.</summary>
    /// <param name="files">Its config.</param>
    /// <param name="training">Objective, and what to start from.</param>
    /// <exception cref="ClipException">The weights are of another model, or an option asks for what it is not trained with.</exception>
    public static FamilyModel Read(ZooFiles files, TrainingOptions training)
    {
        var path = training.FineTuning.Pretrained ?? throw new ArgumentException("A family's model starts from weights.", nameof(training));
        var around = CompanionFiles.Of(path);
        using var checkpoint = CheckpointFile.OpenAsNamed(path);
        var weights = LowRankMerge.Apply(ZooFiles.Weights(checkpoint, around));
        var model = files.Model(weights);
        // Heads and activations do not show in the weights' shapes.
        if (ZooFiles.Find(null, around) is { } beside && !files.IsSame(beside, model))
            throw new ClipException(
                $"`Model` {files.Source} is another config than {beside.Source}, which lies beside the weights; leave `Model` out.");
        if (model.Image is null || model.Text is null)
            throw new ClipException(
                $"{files.Source} is of one tower alone, which cannot be trained, for what is trained is their agreement; give one of "
                + "both.");
        ZooExporter.RefuseLeftovers(model, weights);
        var fitting = model.HasLogitBias ? ObjectiveKind.SigLip : ObjectiveKind.Clip;
        if (training.Objective != fitting)
            throw new ClipException(
                $"The model of {files.Source} has {(model.HasLogitBias ? "a" : "no")} logit_bias and is trained with `Objective` "
                + $"{fitting.Name()}, not {training.Objective.Name()}; give that.");
        if (training.GradCheckpointing)
            throw new ClipException(
                $"`GradCheckpointing` is not offered for {model.Family}; leave it out, and raise `AccumFrequency` to save memory.");
        return new FamilyModel(files, model);
    }

    public override ModelTokenizer OpenTokenizer(string path, string? pretrained) => ModelTokenizer.Of(_files, _model, path);

    public override bool HasSameTokens(ModelTokenizer tokenizer, string path, string theirs, string config) =>
        Path.GetFullPath(theirs) == Path.GetFullPath(path) || OpenTokenizer(theirs, null).Hash == tokenizer.Hash;

    public override IObjective CreateObjective(TrainingOptions training) =>
        training.Objective.On(GraphModel.Of(_model), training.LabelSmoothing, training.MaxLogitScale);

    public override IReadOnlyList<string> LoadPretrained(nn.Module module, string path)
    {
        using var checkpoint = CheckpointFile.OpenAsNamed(path);
        var weights = LowRankMerge.Apply(ZooFiles.Weights(checkpoint, CompanionFiles.Of(path)));
        FiniteWeights.Require(weights, path);
        foreach (var (name, target) in module.state_dict())
        {
            if (!weights.TryGetValue(name, out var value))
                throw new ClipException(
                    $"{path} has no weight '{name}', which the model of {_files.Source} needs; give a complete checkpoint.");
            TorchWeights.CopyInto(target, value, name);
        }

        return [];
    }

    public override ClipImagePreprocessing Preprocessing(CompanionFiles around) =>
        ZooFolder.FindPreprocessing(_files, _model, around).Settings!;

    public override void WriteFolder(
        nn.Module module, ClipImagePreprocessing preprocessing, ModelTokenizer tokenizer, string target)
    {
        var weights = ModelStart.Export(module);
        FiniteWeights.Require(weights);
        new ZooFolder(_files, _model, weights, preprocessing, tokenizer.Write).Write(
            ModelFolderWriter.EnsureReplaceable(target), [OnnxPrecision.Fp32]);
    }
}
