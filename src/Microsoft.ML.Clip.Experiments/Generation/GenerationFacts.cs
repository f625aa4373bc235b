namespace Microsoft.ML.Clip.Experiments.Generation;

/// <summary>A column of the data, as generated code reads it.</summary>
/// <param name="Name">As the data has it.</param>
/// <param name="Index">Its place in a table's rows; null where the data is a folder.</param>
internal sealed record GeneratedColumn(string Name, int? Index)
{
    /// <summary>The property's name, which must not be its class's.</summary>
    public string Property { get; init; } = Identifier.Of(Name) == "ModelInput" ? "ModelInputColumn" : Identifier.Of(Name);
}

/// <summary>What an experiment's generated code is made from.</summary>
internal sealed record GenerationFacts
{
    /// <summary>What classes, files and projects are named after, a C# identifier, as <c>Pets</c>.</summary>
    public required string Name { get; init; }

    /// <summary>How many labels there are.</summary>
    public required int Labels { get; init; }

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

    /// <summary>Decides what is drawn in training.</summary>
    public int Seed { get; init; }

    /// <summary>Whether a field of the table in quotes may hold separators.</summary>
    public bool Quotes { get; init; }

    /// <summary>
    /// The winner's pipeline: the body of a C# method of <c>mlContext</c> and <c>trainData</c> (<see cref="PipelineCode"/>).
    /// </summary>
    public required string Pipeline { get; init; }

    /// <summary>The namespaces that <see cref="Pipeline"/> needs, other than Microsoft.ML and Microsoft.ML.Clip.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>The packages that a project needs, with their versions.</summary>
    public required IReadOnlyList<(string Name, string Version)> Packages { get; init; }

    /// <summary>The label of pictures that are none of the others; null where there is no such label.</summary>
    public string? NoneLabel { get; init; }

    /// <summary>The list of the pictures that it was learned from, a path a line.</summary>
    public string NoneList { get; init; } = "";

    /// <summary>C# that loads what is trained on: the data, and the pictures that are none of its labels.</summary>
    /// <param name="path">C# of the data's path.</param>
    public string LoadForTraining(string path) =>
        NoneLabel is null ? $"LoadData(mlContext, {path})" : $"WithNone(mlContext, LoadData(mlContext, {path}))";

    /// <summary>The columns that are asked about: pictures, texts, or both.</summary>
    public IEnumerable<GeneratedColumn> Inputs => new[] { Image, Text }.OfType<GeneratedColumn>();

    /// <summary>All columns that are read.</summary>
    public IEnumerable<GeneratedColumn> Columns => [.. Inputs, Label];

    /// <summary>The same, where no two columns have properties of one name.</summary>
    public GenerationFacts WithDistinctProperties()
    {
        var taken = new HashSet<string>();
        return this with { Image = Distinct(Image), Text = Distinct(Text), Label = Distinct(Label)! };

        GeneratedColumn? Distinct(GeneratedColumn? column)
        {
            if (column is null) return null;
            var name = column.Property;
            for (var i = 2; !taken.Add(name); i++) name = FormattableString.Invariant($"{column.Property}{i}");
            return column with { Property = name };
        }
    }
}
