using static Microsoft.ML.Clip.Experiments.Generation.Identifier;

namespace Microsoft.ML.Clip.Experiments.Generation;

/// <summary><c>Pets.training.cs</c>: the winner's pipeline, and its training on the same data or on more.</summary>
internal static class TrainingFile
{
    public static string Of(GenerationFacts facts) => $$"""
        // Made by an experiment. Trains the pipeline that it found; made anew by the next one.
        {{Usings(facts)}}

        {{Class(facts)}}
        """;

    /// <summary>What it needs: Microsoft.ML's namespaces, and those of the pipeline.</summary>
    public static string Usings(GenerationFacts facts) => string.Join(
        "\n",
        new[] { "Microsoft.ML", "Microsoft.ML.Clip", "Microsoft.ML.Data" }.Concat(facts.Namespaces).Distinct()
            .Order(StringComparer.Ordinal).Select(name => $"using {name};"));

    /// <summary>The class alone.</summary>
    public static string Class(GenerationFacts facts) => $$"""
        public partial class {{facts.Name}}
        {
            /// <summary>The data of the experiment.</summary>
            public const string RetrainFilePath = {{Literal(facts.Data)}};
        {{(facts.NoneLabel is null ? "" : NoneList(facts))}}

            /// <summary>Trains on data and saves the model.</summary>
            public static void Train(string outputModelPath, string inputDataFilePath = RetrainFilePath)
            {
                var mlContext = new MLContext(seed: {{facts.Seed}});
                var data = {{facts.LoadForTraining("inputDataFilePath")}};
                var model = RetrainModel(mlContext, data);
                mlContext.Model.Save(model, data.Schema, outputModelPath);
            }

            /// <summary>Trains on loaded data.</summary>
            public static ITransformer RetrainModel(MLContext mlContext, IDataView trainData) =>
                BuildPipeline(mlContext, trainData).Fit(trainData);

        {{(facts.Separator is { } separator ? Table(facts, separator) : Folder(facts))}}
        {{(facts.NoneLabel is null ? "" : WithNone(facts, facts.NoneLabel))}}

            /// <summary>The pipeline that won.</summary>
            public static IEstimator<ITransformer> BuildPipeline(MLContext mlContext, IDataView trainData)
            {
                {{Indented(facts.Pipeline)}}
            }

            // A table of labels, in the order that scores shall have.
            private static IDataView Keys(MLContext mlContext, IEnumerable<string> labels) =>
                mlContext.Data.LoadFromEnumerable(labels.Select(label => new LabelRow { Label = label }));

            private sealed class LabelRow
            {
                public string Label { get; set; } = "";
            }
        }

        """;

    private static string Indented(string body) =>
        string.Join("\n", body.Split('\n').Select(line => line.Length > 0 ? $"        {line}" : line)).TrimStart();

    private static string NoneList(GenerationFacts facts) => $$"""

            /// <summary>The pictures that are none of the data's labels, as the experiment chose them: a path a line.</summary>
            public const string NoneListPath = {{Literal(facts.NoneList)}};

        """;

    private static string WithNone(GenerationFacts facts, string label) => $$"""

            /// <summary>The rows of data, and the pictures that are none of its labels, under a label of their own.</summary>
            private static IDataView WithNone(MLContext mlContext, IDataView data) => mlContext.Data.LoadFromEnumerable(
                mlContext.Data.CreateEnumerable<ModelInput>(data, reuseRowObject: false).Concat(File.ReadLines(NoneListPath)
                    .Select(path => new ModelInput { {{facts.Image!.Property}} = path, {{facts.Label.Property}} = {{Literal(label)}} }))
                .ToArray());

        """;

    private static string Folder(GenerationFacts facts) => $$"""
            /// <summary>The pictures of a folder that has a folder a label.</summary>
            public static IDataView LoadData(MLContext mlContext, string inputDataFilePath)
            {
                string[] endings = [".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"];
                return mlContext.Data.LoadFromEnumerable(Directory.GetDirectories(inputDataFilePath).Order(StringComparer.Ordinal)
                    .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                        .Where(file => endings.Contains(Path.GetExtension(file).ToLowerInvariant()))
                        .Select(file => new ModelInput
                        {
                            {{facts.Image!.Property}} = file, {{facts.Label.Property}} = Path.GetFileName(folder),
                        })).ToArray());
            }
        """;

    private static string Table(GenerationFacts facts, char separator)
    {
        var character = separator == '\t' ? "\\t" : $"{separator}";
        var quotes = facts.Quotes ? "true, ReadMultilines = true" : "false";
        var load = $$"""
                mlContext.Data.LoadFromTextFile<ModelInput>(inputDataFilePath, new TextLoader.Options
                    {
                        Separators = ['{{character}}'], HasHeader = true, AllowQuoting = {{quotes}},
                    })
            """.Trim();
        if (facts.Image is not { } image)
            return $$"""
                    /// <summary>The rows of a table.</summary>
                    public static IDataView LoadData(MLContext mlContext, string inputDataFilePath) =>
                        {{load}};
                """;
        return $$"""
                /// <summary>The rows of a table, whose pictures' paths are relative to its folder.</summary>
                public static IDataView LoadData(MLContext mlContext, string inputDataFilePath)
                {
                    var folder = Path.GetDirectoryName(Path.GetFullPath(inputDataFilePath))!;
                    var table = {{load}};
                    var rows = mlContext.Data.CreateEnumerable<ModelInput>(table, reuseRowObject: false).ToArray();
                    foreach (var row in rows) row.{{image.Property}} = Path.Combine(folder, row.{{image.Property}});
                    return mlContext.Data.LoadFromEnumerable(rows);
                }
            """;
    }
}
