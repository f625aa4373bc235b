using Clip.Conversion.Checkpoints;
using Clip.Conversion.Configs;

namespace Clip.Conversion.ModelFolders;

/// <summary>Writes the model between two model folders.</summary>
internal static class InterpolatedFolder
{
    /// <summary>Writes a model folder with the first one's tokenizer and preprocessing.</summary>
    /// <param name="before">A model folder.</param>
    /// <param name="after">A model folder of the same architecture and vocabulary.</param>
    /// <param name="alpha">From 0, the weights of <paramref name="before"/>, to 1, those of <paramref name="after"/>.</param>
    /// <param name="output">The folder to write.</param>
    /// <exception cref="ClipException">The models are of different kinds, or a folder is incomplete.</exception>
    public static void Write(string before, string after, double alpha, string output)
    {
        ModelFolderWriter.EnsureReplaceable(output, before, after);
        var config = ClipConfigJson.Load(before);
        if (Shape(config) != Shape(ClipConfigJson.Load(after)))
            throw new ClipException(
                $"{before} and {after} are of different architectures; between them is no model. Give two of one architecture.");
        if (!SameTokens(before, after))
            throw new ClipException(
                $"{before} and {after} have different vocabularies, so their rows mean different words; give two of one vocabulary.");

        using var first = CheckpointFile.OpenFor(config, before);
        using var second = CheckpointFile.OpenFor(config, after);
        FiniteWeights.Require(first.Weights, first.Path);
        FiniteWeights.Require(second.Weights, second.Path);
        var weights = WeightInterpolation.Between(first.Weights, second.Weights, alpha);
        ModelFolderWriter.Write(new ModelFolderContents(config, weights, ModelPreprocessing.Of(before, config), CopyTokenizer), output);

        void CopyTokenizer(string folder)
        {
            foreach (var name in TokenizerSource.FileNames.Append("bpe_simple_vocab_16e6.txt.gz"))
            {
                if (File.Exists(Path.Combine(before, name))) File.Copy(Path.Combine(before, name), Path.Combine(folder, name));
            }
        }
    }

    /// <summary>Where logit scale and bias started is nothing of the architecture.</summary>
    private static ClipConfig Shape(ClipConfig config) =>
        config with { LogitScaleInit = 0, LogitBiasInit = config.LogitBiasInit is null ? null : 0 };

    private static bool SameTokens(string before, string after)
    {
        var (first, second) = (new CompanionFiles(before).AnyTokenizer, new CompanionFiles(after).AnyTokenizer);
        return first is null || second is null ? first == second : HashOf(first, before) == HashOf(second, after);
    }

    private static string HashOf(string tokenizer, string folder) => ModelTokenizer.Open(tokenizer, ClipConfigJson.Load(folder)).Hash;
}
