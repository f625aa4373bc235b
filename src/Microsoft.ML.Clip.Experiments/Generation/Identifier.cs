using System.Text;

namespace Microsoft.ML.Clip.Experiments.Generation;

/// <summary>C#'s names and literals, from names that people give to data.</summary>
internal static class Identifier
{
    private static readonly HashSet<string> Taken =
    [
        "Answer", "App", "Builder", "ClipModel", "Column", "Console", "CrossValidate", "DataViewSchema", "Directory", "Enumerable",
        "Evaluate", "File", "IDataView", "Keys", "LabelRow", "Labels", "LabelsOf", "Literal", "LoadData", "MLContext", "Microsoft",
        "ModelInput", "ModelOutput", "Path", "Predict", "Program", "Question", "Results", "RetrainModel", "StringComparer", "System",
        "TextLoader", "Train",
    ];

    /// <summary>A name in Pascal case that C# takes: <c>image path</c> becomes <c>ImagePath</c>.</summary>
    /// <param name="name">Any text.</param>
    public static string Of(string name)
    {
        var result = new StringBuilder();
        var starts = true;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c))
            {
                starts = true;
                continue;
            }

            result.Append(starts ? char.ToUpperInvariant(c) : c);
            starts = false;
        }

        if (result.Length == 0) return "Column";
        return char.IsAsciiDigit(result[0]) ? "_" + result : result.ToString();
    }

    /// <summary>A name for a class, its files and projects: one that generated code uses otherwise gets <c>Model</c> behind it.</summary>
    /// <param name="name">Any text.</param>
    public static string ProjectName(string name) => Of(name) is var made && Taken.Contains(made) ? made + "Model" : made;

    /// <summary>A string literal.</summary>
    public static string Literal(string text)
    {
        var result = new StringBuilder("\"");
        foreach (var c in text)
        {
            result.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\t' => "\\t",
                '\n' => "\\n",
                '\r' => "\\r",
                _ when char.IsControl(c) || c is '\u2028' or '\u2029' or '\u0085' => FormattableString.Invariant($"\\u{(int)c:x4}"),
                _ => c.ToString(),
            });
        }

        return result.Append('"').ToString();
    }
}
