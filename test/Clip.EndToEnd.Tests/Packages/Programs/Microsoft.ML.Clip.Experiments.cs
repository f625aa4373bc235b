using System.Globalization;
using Microsoft.ML.Clip.Experiments;

namespace Programs;

/// <summary>Someone's application that has <c>Microsoft.ML.Clip.Experiments</c>.</summary>
public static class MicrosoftMLClipExperiments
{
    /// <param name="args">A model folder, a picture, a config and a path to write to.</param>
    public static IEnumerable<string> Run(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        var options = new ClipExperimentOptions { ModelFolders = [args[0]], Folds = 32 };
        return [options.Folds.ToString(CultureInfo.InvariantCulture)];
    }
}
