using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;
using Clip.Conversion.Onnx;

namespace Clip.Conversion.ModelFolders;

/// <summary>Writes the model between two model folders.</summary>
internal static class InterpolatedFolder
{
    private const string OwnWeights = "give a folder with its own weights";

    /// <summary>Writes a model folder with the first one's tokenizer and preprocessing.</summary>
    /// <param name="before">A model folder.</param>
    /// <param name="after">A model folder of the same architecture and vocabulary.</param>
    /// <param name="alpha">From 0, the weights of <paramref name="before"/>, to 1, those of <paramref name="after"/>.</param>
    /// <param name="output">The folder to write.</param>
    /// <exception cref="ClipException">The models are of different kinds, or a folder is incomplete.</exception>
    public static void Write(string before, string after, double alpha, string output)
    {
        ModelFolderWriter.EnsureReplaceable(output, before, after);
        var (config, family) = ModelConfigFile.ReadFolder(before);
        var (other, otherFamily) = ModelConfigFile.ReadFolder(after);
        if (family is not null && otherFamily is not null)
        {
            WriteFamily(family, otherFamily, before, after, alpha, output);
            return;
        }

        if (config is null || other is null || Shape(config) != Shape(other)) throw DifferentArchitectures(before, after);
        if (!SameTokens(before, after, (tokenizer, folder) => ModelTokenizer.Open(tokenizer, folder == before ? config : other).Hash))
            throw DifferentVocabularies(before, after);

        using var first = CheckpointFile.OpenFor(config, before, OwnWeights);
        using var second = CheckpointFile.OpenFor(config, after, OwnWeights);
        FiniteWeights.Require(first.Weights, first.Path);
        FiniteWeights.Require(second.Weights, second.Path);
        var weights = WeightInterpolation.Between(first.Weights, second.Weights, alpha);
        var pictures = ModelPreprocessing.Of(before, config);
        ModelFolderWriter.Write(new ModelFolderContents(config, weights, pictures, folder => CopyTokenizer(before, folder)), output);
    }

    /// <summary>The same of a family of the zoo, by its own names; what no feature depends on may be in one folder alone.</summary>
    private static void WriteFamily(ZooFiles files, ZooFiles otherFiles, string before, string after, double alpha, string output)
    {
        using var first = CheckpointFile.OpenAsNamed(before);
        using var second = CheckpointFile.OpenAsNamed(after);
        FiniteWeights.Require(first.Weights, first.Path);
        FiniteWeights.Require(second.Weights, second.Path);
        var model = files.Model(first.Weights);
        if (!files.IsSame(otherFiles, model)) throw DifferentArchitectures(before, after);
        if (model.Text is not null && !SameTokens(before, after, (tokenizer, _) => ModelTokenizer.Of(files, model, tokenizer).Hash))
            throw DifferentVocabularies(before, after);
        var names = model.Layout().Select(p => p.Name).ToHashSet();
        var weights = WeightInterpolation.Between(Own(first), Own(second), alpha);
        var preprocessing = ZooFolder.FindPreprocessing(files, model, new CompanionFiles(before)).Settings;
        new ZooFolder(files, model, weights, preprocessing, folder => CopyTokenizer(before, folder)).Write(output, [OnnxPrecision.Fp32]);

        Dictionary<string, WeightTensor> Own(CheckpointFile file) => file.Weights.Where(w => names.Contains(w.Key)).ToDictionary();
    }

    private static void CopyTokenizer(string from, string folder)
    {
        foreach (var name in TokenizerSource.FileNames.Append("bpe_simple_vocab_16e6.txt.gz"))
        {
            if (File.Exists(Path.Combine(from, name))) File.Copy(Path.Combine(from, name), Path.Combine(folder, name));
        }
    }

    private static ClipException DifferentArchitectures(string before, string after) => new(
        $"{before} and {after} are of different architectures; between them is no model. Give two of one architecture.");

    private static ClipException DifferentVocabularies(string before, string after) => new(
        $"{before} and {after} have different vocabularies, so their rows mean different words; give two of one vocabulary.");

    /// <summary>Where logit scale and bias started is nothing of the architecture.</summary>
    private static ClipConfig Shape(ClipConfig config) =>
        config with { LogitScaleInit = 0, LogitBiasInit = config.LogitBiasInit is null ? null : 0 };

    private static bool SameTokens(string before, string after, Func<string, string, string> hashOf)
    {
        var (first, second) = (new CompanionFiles(before).AnyTokenizer, new CompanionFiles(after).AnyTokenizer);
        return first is null || second is null ? first == second : hashOf(first, before) == hashOf(second, after);
    }
}
