using Clip.Conversion.Architectures;
using Clip.Conversion.ModelFolders;
using Clip.Trainer.Objectives;
using Microsoft.ML.Clip;
using static TorchSharp.torch;

namespace Clip.Trainer.Training;

/// <summary>
/// A model as a run needs to know it: its pictures and texts, its parameters, what it starts from, and the folder it becomes. Torch's own
/// modules train plain CLIPs; the families of the zoo run by the graphs that they are converted to.
/// </summary>
internal abstract class TrainableModel
{
    /// <summary>Height and width of its pictures.</summary>
    public abstract int ImageSize { get; }

    /// <summary>Whether texts go through a tower of their own.</summary>
    public abstract bool HasTextTower { get; }

    /// <summary>What its parameters are: names, towers, layers.</summary>
    public abstract ParameterLayout Layout { get; }

    /// <summary>Its config as JSON, for records: what decides all but the weights.</summary>
    public abstract string ConfigJson { get; }

    /// <summary>What its config says of a tokenizer that is not CLIP's; null where it says nothing.</summary>
    public virtual string? TokenizerName => null;

    /// <summary>What of its config the objective leaves out, in a sentence; null where that is nothing.</summary>
    public virtual string? LeftOut => null;

    /// <summary>Finds out what a run is to train.</summary>
    /// <param name="model">Its config.</param>
    /// <param name="training">Objective, and what to start from.</param>
    /// <exception cref="ClipException">The config is none, or asks for what is not trained.</exception>
    public static TrainableModel Read(RunModel model, TrainingOptions training)
    {
        if (ZooFiles.Find(model.Config, new CompanionFiles(null)) is not { } family) return PlainModel.Read(model, training);
        try
        {
            // What torch has modules of its own for, they train.
            return PlainModel.Read(model, training);
        }
        catch (ClipException) when (training.FineTuning.Pretrained is not null)
        {
            return FamilyModel.Read(family, training);
        }
    }

    /// <summary>Opens a tokenizer for it.</summary>
    /// <param name="path">As of <see cref="RunModel.Tokenizer"/>.</param>
    /// <param name="pretrained">What it starts from; null for random weights.</param>
    /// <exception cref="ClipException">There is none, or it does not fit.</exception>
    public abstract ModelTokenizer OpenTokenizer(string path, string? pretrained);

    /// <summary>The model with what its tokenizer decides of it.</summary>
    public virtual TrainableModel With(ModelTokenizer tokenizer) => this;

    /// <summary>Whether a tokenizer makes of texts what the one beside the starting weights makes of them.</summary>
    /// <param name="tokenizer">The one to train with, from <paramref name="path"/>.</param>
    /// <param name="path">Where it is.</param>
    /// <param name="theirs">Where the one beside the weights is.</param>
    /// <param name="config">The config beside the weights.</param>
    public abstract bool HasSameTokens(ModelTokenizer tokenizer, string path, string theirs, string config);

    /// <summary>An objective on the model with random weights from torch's global generator; the caller disposes its module.</summary>
    public abstract IObjective CreateObjective(TrainingOptions training);

    /// <summary>Gives a module the weights of a checkpoint.</summary>
    /// <returns>Names of the parameters that keep their random start.</returns>
    /// <exception cref="ClipException">They do not fit.</exception>
    public abstract IReadOnlyList<string> LoadPretrained(nn.Module module, string path);

    /// <summary>How its pictures are prepared by what lies beside its weights, or as such models mostly have it.</summary>
    public abstract ClipImagePreprocessing Preprocessing(CompanionFiles around);

    /// <summary>Writes a trained module's model folder.</summary>
    public abstract void WriteFolder(nn.Module module, ClipImagePreprocessing preprocessing, ModelTokenizer tokenizer, string target);
}
