using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Clip;
using Microsoft.ML.Clip.Experiments;
using Microsoft.ML.Data;

namespace Programs;

/// <summary>
/// Someone's application that has <c>Microsoft.ML.Clip.Experiments</c>: it makes the best of a few texts, and loads the model again.
/// </summary>
public static class MicrosoftMLClipExperiments
{
    /// <param name="args">A model folder, a picture, a config and a path to write to.</param>
    public static IEnumerable<string> Run(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        var ml = new MLContext(seed: 0);
        var rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 8).SelectMany(i => new[]
        {
            new Line { Text = $"a red square {i}", Color = "red" }, new Line { Text = $"a blue ring {i}", Color = "blue" },
        }).ToList());
        var options = new ClipExperimentOptions
        {
            ModelFolders = [args[0]],
            TextColumnName = "Text",
            TimeLimit = TimeSpan.FromSeconds(20),
        };
        using (var result = ClipExperiment.Classify(ml, rows, "Color", imageColumn: null, options)) result.SaveModel(args[3]);
        var model = new MLContext().Model.Load(args[3], out _);
        var said = model.Transform(rows).GetColumn<string>("PredictedLabel").Count();
        using var clip = ClipModel.Open(args[0]);
        return [(said + clip.Dimension - 16).ToString(CultureInfo.InvariantCulture)];
    }

    private sealed class Line
    {
        public string Text { get; set; } = "";

        public string Color { get; set; } = "";
    }
}
