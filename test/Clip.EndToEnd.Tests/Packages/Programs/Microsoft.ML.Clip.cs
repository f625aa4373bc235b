using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Clip;

namespace Programs;

/// <summary>Someone's application that has <c>Microsoft.ML.Clip</c> alone, and registers nothing.</summary>
public static class MicrosoftMLClip
{
    /// <param name="args"><c>load MODEL.ZIP COLUMN VALUE…</c>, or what all programs get: a model folder first.</param>
    public static IEnumerable<string> Run(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        if (args[0] == "load")
        {
            var ml = new MLContext();
            return Predictions.Of(ml, ml.Model.Load(args[1], out _), column: args[2], values: args[3..]);
        }

        using var model = ClipModel.Open(args[0]);
        return [model.EmbedText("a red square").Length.ToString(CultureInfo.InvariantCulture)];
    }
}
