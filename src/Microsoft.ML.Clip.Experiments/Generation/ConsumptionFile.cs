using static Microsoft.ML.Clip.Experiments.Generation.Identifier;

namespace Microsoft.ML.Clip.Experiments.Generation;

/// <summary><c>Pets.consumption.cs</c>: loads the model once and answers, by the names that Model Builder's users know.</summary>
internal static class ConsumptionFile
{
    /// <summary>The file.</summary>
    /// <param name="facts">The experiment's.</param>
    public static string Of(GenerationFacts facts) => $"""
        // Made by an experiment. Uses the model; made anew by the next one.
        using Microsoft.ML;
        using Microsoft.ML.Data;

        {Class(facts, "Path.Combine(AppContext.BaseDirectory, \"model.zip\")")}
        """;

    /// <summary>The class alone.</summary>
    /// <param name="facts">The experiment's.</param>
    /// <param name="modelPath">C# of the model's path.</param>
    public static string Class(GenerationFacts facts, string modelPath) => $$"""
        public partial class {{facts.Name}}
        {
            /// <summary>A row of the data.</summary>
            public class ModelInput
            {
        {{string.Join("\n", facts.Columns.Select(Property))}}
            }

            /// <summary>What the model says of it.</summary>
            public class ModelOutput
            {
                /// <summary>The most probable label.</summary>
                [ColumnName("PredictedLabel")]
                public string PredictedLabel { get; set; } = "";

                /// <summary>The probability of each label, in the order of <see cref="Labels"/>.</summary>
                [ColumnName("Score")]
                public float[] Score { get; set; } = [];
            }

            /// <summary>Where the model is.</summary>
            public static readonly string MLNetModelPath = {{modelPath}};

            // A prediction engine serves one caller at a time.
            private static readonly Lazy<PredictionEngine<ModelInput, ModelOutput>> PredictEngine = new(CreatePredictEngine, true);

            /// <summary>The labels in the order of the scores, as the model has them.</summary>
            public static IReadOnlyList<string> Labels => LabelsOf(PredictEngine.Value.OutputSchema);

            /// <summary>The most probable label and all scores.</summary>
            public static ModelOutput Predict(ModelInput input)
            {
                lock (PredictEngine) return PredictEngine.Value.Predict(input);
            }

            /// <summary>All labels with their scores, the most probable first.</summary>
            public static IOrderedEnumerable<KeyValuePair<string, float>> PredictAllLabels(ModelInput input) =>
                GetSortedScoresWithLabels(Predict(input));

            /// <summary>An answer's labels with their scores, the most probable first.</summary>
            public static IOrderedEnumerable<KeyValuePair<string, float>> GetSortedScoresWithLabels(ModelOutput result) =>
                Labels.Zip(result.Score, KeyValuePair.Create).OrderByDescending(pair => pair.Value);

            private static string[] LabelsOf(DataViewSchema schema)
            {
                VBuffer<ReadOnlyMemory<char>> names = default;
                schema["Score"].GetSlotNames(ref names);
                return [.. names.DenseValues().Select(name => name.ToString())];
            }

            private static PredictionEngine<ModelInput, ModelOutput> CreatePredictEngine()
            {
                var mlContext = new MLContext();
                var model = mlContext.Model.Load(MLNetModelPath, out _);
                return mlContext.Model.CreatePredictionEngine<ModelInput, ModelOutput>(model);
            }
        }

        """;

    private static string Property(GeneratedColumn column)
    {
        var place = $"[{(column.Index is { } index ? $"LoadColumn({index}), " : "")}ColumnName({Literal(column.Name)})]";
        return $$"""
                    {{place}}
                    public string {{column.Property}} { get; set; } = "";
            """;
    }
}
