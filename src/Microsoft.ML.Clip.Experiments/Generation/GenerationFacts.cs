namespace Microsoft.ML.Clip.Experiments.Generation;

/// <summary>A column of the data, as generated code reads it.</summary>
/// <param name="Name">As the data has it.</param>
/// <param name="Index">Its place in a table's rows; null where the data is a folder.</param>
internal sealed record GeneratedColumn(string Name, int? Index)
{
    /// <summary>The property's name, which must not be its class's.</summary>
    public string Property => Identifier.Of(Name) == "ModelInput" ? "ModelInputColumn" : Identifier.Of(Name);
}

/// <summary>What an experiment's generated code is made from.</summary>
internal sealed record GenerationFacts
{
    /// <summary>What classes, files and projects are named after, a C# identifier, as <c>Pets</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The labels in the order of the scores.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>The column of labels.</summary>
    public required GeneratedColumn Label { get; init; }

    /// <summary>The column of pictures' paths; null where there is none.</summary>
    public GeneratedColumn? Image { get; init; }

    /// <summary>The column of texts; null where there is none.</summary>
    public GeneratedColumn? Text { get; init; }

    /// <summary>The folder with a folder a label, or the table.</summary>
    public required string Data { get; init; }

    /// <summary>What separates a table's fields; null where the data is a folder.</summary>
    public char? Separator { get; init; }

    /// <summary>The winner's pipeline: a C# expression of an estimator, of <c>mlContext</c>.</summary>
    public required string Pipeline { get; init; }

    /// <summary>The namespaces that <see cref="Pipeline"/> needs, other than Microsoft.ML and Microsoft.ML.Clip.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>The packages that a project needs, with their versions.</summary>
    public required IReadOnlyList<(string Name, string Version)> Packages { get; init; }

    /// <summary>The columns that are asked about: pictures, texts, or both.</summary>
    public IEnumerable<GeneratedColumn> Inputs => new[] { Image, Text }.OfType<GeneratedColumn>();

    /// <summary>All columns that are read.</summary>
    public IEnumerable<GeneratedColumn> Columns => [.. Inputs, Label];
}
