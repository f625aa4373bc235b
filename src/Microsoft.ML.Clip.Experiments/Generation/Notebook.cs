using System.Text.Encodings.Web;
using System.Text.Json;

namespace Microsoft.ML.Clip.Experiments.Generation;

/// <summary>A Polyglot notebook (Jupyter's format 4.5) that loads the model, asks it, and trains it anew.</summary>
internal static class Notebook
{
    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(GenerationFacts facts) => JsonSerializer.Serialize(
        new
        {
            cells = Cells(facts).Select((cell, i) => cell.IsCode
                ? (object)new
                {
                    cell_type = "code",
                    execution_count = (int?)null,
                    id = $"cell-{i}",
                    metadata = new { },
                    outputs = Array.Empty<object>(),
                    source = Lines(cell.Text),
                }
                : new { cell_type = "markdown", id = $"cell-{i}", metadata = new { }, source = Lines(cell.Text) }),
            metadata = new
            {
                kernelspec = new { display_name = ".NET (C#)", language = "C#", name = ".net-csharp" },
                language_info = new { name = "csharp" },
            },
            nbformat = 4,
            nbformat_minor = 5,
        },
        Indented) + "\n";

    private static IEnumerable<(bool IsCode, string Text)> Cells(GenerationFacts facts)
    {
        var name = facts.Name;
        yield return (
            false,
            $"# {name}\n\nMade by an experiment. `model.zip` beside this notebook tells {facts.Labels} labels apart; "
            + "it is read from the folder that the notebook is opened in.");
        yield return (true, string.Join("\n", facts.Packages.Select(p => $"#r \"nuget: {p.Name}, {p.Version}\"")));
        // One cell: the parts of a partial class must be compiled together.
        yield return (true, string.Join(
            "\n",
            TrainingFile.Usings(facts),
            "",
            ConsumptionFile.Class(facts, "Path.GetFullPath(\"model.zip\")"),
            TrainingFile.Class(facts),
            EvaluateFile.Class(facts)).TrimEnd());
        yield return (false, "Ask the model about the first row of the data.");
        yield return (true, $"""
            var data = {name}.LoadData(new MLContext(), {name}.RetrainFilePath);
            var rows = new MLContext().Data.CreateEnumerable<{name}.ModelInput>(data, reuseRowObject: false);
            foreach (var pair in {name}.PredictAllLabels(rows.First()).Take(5)) Console.WriteLine($"{"{pair.Value,7:P1}  {pair.Key}"}");
            """);
        yield return (false, "How good is the pipeline on data that it was not trained on? It is trained once for each of five folds.");
        yield return (true, $"Console.WriteLine($\"accuracy {{{name}.CrossValidate().Average(fold => fold.MicroAccuracy):P1}}\");");
        yield return (false, "Train the same pipeline again, on this data or on more of it.");
        yield return (true, $"{name}.Train(\"retrained.zip\");");
    }

    private static string[] Lines(string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        return [.. lines.Select((line, i) => i < lines.Length - 1 ? line + "\n" : line)];
    }
}
