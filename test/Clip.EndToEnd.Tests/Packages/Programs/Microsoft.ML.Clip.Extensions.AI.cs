using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.ML.Clip;

namespace Programs;

/// <summary>Someone's application that has <c>Microsoft.ML.Clip.Extensions.AI</c>.</summary>
public static class MicrosoftMLClipExtensionsAI
{
    /// <param name="args">A model folder.</param>
    public static IEnumerable<string> Run(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        using var model = ClipModel.Open(args[0]);
        var vector = model.AsTextEmbeddingGenerator().GenerateVectorAsync("a red square").GetAwaiter().GetResult();
        return [vector.Length.ToString(CultureInfo.InvariantCulture)];
    }
}
