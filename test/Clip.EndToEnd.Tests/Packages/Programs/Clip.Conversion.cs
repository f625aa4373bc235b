using System.Globalization;
using Clip.Conversion.Configs;
using Clip.Conversion.Initialization;
using Clip.Conversion.ModelFolders;
using Microsoft.ML.Clip;

namespace Programs;

/// <summary>Someone's application that has <c>Clip.Conversion</c>: it writes a model folder and opens its image tower.</summary>
public static class ClipConversion
{
    /// <param name="args">A model folder, a picture, a config and a folder to write to.</param>
    public static IEnumerable<string> Run(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        var config = ClipConfigJson.Load(args[2]);
        var pictures = ClipImagePreprocessing.ForSize(config.Vision.ImageSize);
        ModelFolderWriter.Write(new ModelFolderContents(config, RandomWeights.Create(config, seed: 1), pictures, Tokenizer: null), args[3]);
        using var model = ClipModel.Open(args[3]);
        return [model.EmbedImage(args[1]).Length.ToString(CultureInfo.InvariantCulture)];
    }
}
