using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Programs;

/// <summary>What a saved pipeline is asked.</summary>
public sealed class Question
{
    public string ImagePath { get; set; } = "";

    public string Text { get; set; } = "";
}

/// <summary>What it answers, in a column that is named when asking.</summary>
public sealed class Answer
{
    public float[] Vector { get; set; } = [];
}

/// <summary>
/// Asks a pipeline in both of ML.NET's ways. Compiled into the tests and into the application, to compare what each of them gets.
/// </summary>
public static class Predictions
{
    /// <summary>
    /// A line a value from <c>Transform</c>, then a line a value from a <see cref="PredictionEngine{TSrc,TDst}"/>; every digit counts.
    /// </summary>
    public static IEnumerable<string> Of(MLContext ml, ITransformer model, string column, IReadOnlyList<string> values)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(model);
        var questions = values.Select(value => new Question { ImagePath = value, Text = value }).ToArray();
        var output = model.Transform(ml.Data.LoadFromEnumerable(questions));
        var labels = output.Schema.GetColumnOrNull("PredictedLabel") is null
            ? Enumerable.Repeat("", values.Count)
            : ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(output).Transform(output).GetColumn<string>("PredictedLabel");
        foreach (var (vector, label) in output.GetColumn<float[]>(column).Zip(labels)) yield return Line("transform", vector, label);

        var answer = SchemaDefinition.Create(typeof(Answer));
        answer[nameof(Answer.Vector)].ColumnName = column;
        var options = new PredictionEngineOptions { OutputSchemaDefinition = answer, OwnsTransformer = false };
        using var engine = ml.Model.CreatePredictionEngine<Question, Answer>(model, options);
        foreach (var question in questions) yield return Line("engine", engine.Predict(question).Vector, "");
    }

    private static string Line(string way, float[] vector, string label) =>
        string.Join(' ', vector.Select(v => v.ToString("R", CultureInfo.InvariantCulture)).Prepend(way).Append(label)).TrimEnd();
}
